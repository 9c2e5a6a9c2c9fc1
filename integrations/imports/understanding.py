"""A line of cells becomes named values: what it says of a company, of a person, of a lead, and what has to be corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from accounts.matching import Candidate
from crm.lib import domains, names, phones
from integrations.imports import cleaning, fields
from integrations.models import Import, ImportRow
from leads import intake
from leads.models import Lead

_COMPANY = {
    "company_name": "name", "company_kana": "kana", "latin_name": "latin_name", "corporate_number": "corporate_number",
    "company_phone": "phone", "domain": "domain", "industry": "industry", "employees": "employees", "notes": "notes",
    "postal_code": "postal_code", "prefecture": "prefecture", "city": "city", "street": "street",
}  # fmt: skip
_PERSON = (
    "family_name", "given_name", "family_kana", "given_kana", "department", "title", "email", "phone", "mobile",
)  # fmt: skip
# Who is reached by these has to have a name.
_REACHES_A_PERSON = ("department", "title", "email", "phone", "mobile", "family_kana")


def understand(batch: Import, row: ImportRow, today: date) -> None:
    """Sets `values` and `problems` of the row from its cells and what a person corrected."""
    is_list_of_leads = batch.kind == Import.Kind.LEADS
    cells = _cells(batch, row)
    context = cleaning.Context(today, person_is_enough=is_list_of_leads and _names_somebody(cells))
    values: dict[str, Any] = {}
    problems: list[dict[str, Any]] = []
    for key, cell in cells.items():
        if cleaning.is_blank(cell):
            continue
        try:
            value = fields.BY_KEY[key].clean(cell, context)
        except cleaning.Bad as bad:
            problems.append(bad.as_problem(key, cell))
            continue
        # Parts of a field in one piece give way to what has a column of its own.
        for name, part in value.items() if isinstance(value, dict) else [(key, value)]:
            if part not in ("", None) and not values.get(name):
                values[name] = part
    if is_list_of_leads:
        _complete_lead(values, problems, cells)
    else:
        _complete_company(values, problems, cells)
    row.values, row.problems = values, problems


def _cells(batch: Import, row: ImportRow) -> dict[str, str]:
    """Field → cell, those in pieces before those in one; corrections count instead."""
    cells = {
        column["field"]: cell
        for column, cell in zip(batch.columns, row.raw, strict=False)
        if column["field"] and column["field"] not in row.fixes
    }
    in_one_piece = ("address", "person", "person_kana")
    ordered = sorted({**cells, **row.fixes}.items(), key=lambda item: item[0] in in_one_piece)
    return dict(ordered)


def _names_somebody(cells: Mapping[str, str]) -> bool:
    return any(not cleaning.is_blank(cells.get(key, "")) for key in ("person", "family_name", "email"))


def _complete_lead(values: dict[str, Any], problems: list[dict[str, Any]], cells: Mapping[str, str]) -> None:
    if not values.get("phone") and values.get("mobile"):
        values["phone"] = values.pop("mobile")
    said = {problem["field"] for problem in problems}
    if not said & {"company_name", "person", "family_name", "email"} and not any(
        values.get(key) for key in ("company_name", "family_name", "email")
    ):
        problems.append(cleaning.Bad("nobody").as_problem("company_name", cells.get("company_name", "")))


def _complete_company(
    values: dict[str, Any], problems: list[dict[str, Any]], cells: Mapping[str, str]
) -> None:
    if "company_name" not in values and all(problem["field"] != "company_name" for problem in problems):
        problems.append(cleaning.Bad("no_company").as_problem("company_name", cells.get("company_name", "")))
    if not values.get("domain") and (domain := domains.matching_domain(values.get("email", ""))):
        values["domain"] = domain
    has_name_problem = any(problem["field"] in ("person", "family_name") for problem in problems)
    if (
        not values.get("family_name")
        and not has_name_problem
        and any(values.get(key) for key in _REACHES_A_PERSON)
    ):
        field = "person" if "person" in cells or "family_name" not in cells else "family_name"
        bad = cleaning.Bad("no_person", cleaning.contact_unknown())
        problems.append(bad.as_problem(field, cells.get(field, "")))


def company_values(row: ImportRow) -> dict[str, Any]:
    """For `accounts.companies`."""
    found = {name: row.values[key] for key, name in _COMPANY.items() if row.values.get(key) not in (None, "")}
    if day := row.values.get("changed_on"):
        found["changed_on"] = date.fromisoformat(day)
    return found


def person_values(row: ImportRow) -> dict[str, Any]:
    """For `accounts.contacts`; empty when the line names nobody."""
    if not row.values.get("family_name"):
        return {}
    return {key: row.values[key] for key in _PERSON if row.values.get(key)}


def lead_values(row: ImportRow) -> dict[str, Any]:
    """For `leads.intake`."""
    return {key: value for key, value in row.values.items() if key in intake.FIELDS}


def person_key(row: ImportRow) -> str:
    values = row.values
    return names.person_key(values.get("family_name", ""), values.get("given_name", ""))


def candidate_of(batch: Import, row: ImportRow) -> Candidate:
    """What the line knows of a company and a person, as matching asks for it."""
    if batch.kind == Import.Kind.LEADS:
        return intake.candidate_of(Lead(**intake.clean(lead_values(row))))
    values = row.values
    mobile = values.get("mobile", "")
    phone = values.get("company_phone", "")
    if not phone and values.get("phone") and not phones.is_mobile(values["phone"]):
        phone = values["phone"]
    return Candidate(
        name=values.get("company_name", ""),
        kana=values.get("company_kana", ""),
        phone=phone,
        domain=values.get("domain", ""),
        email=values.get("email", ""),
        corporate_number=values.get("corporate_number", ""),
        person=f"{values.get('family_name', '')}{values.get('given_name', '')}",
        prefecture=values.get("prefecture", ""),
        city=values.get("city", ""),
        street=values.get("street", ""),
        mobile=mobile,
    )


def candidates_of(batch: Import, rows: Sequence[ImportRow]) -> list[Candidate]:
    return [candidate_of(batch, row) for row in rows]
