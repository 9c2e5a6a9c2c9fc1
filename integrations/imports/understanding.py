"""A line of cells becomes named values: what it says of a company, of a person, of a lead, and what has to be corrected."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from accounts.dedup import words
from accounts.matching import Candidate
from crm.lib import domains, names, phones
from crm.lib.text import fold
from integrations.imports import cleaning, deal_lines, fields, sites
from integrations.imports.catalogue import Catalogue
from integrations.models import Import, ImportRow
from leads import intake
from leads.models import Lead
from staff.models import CustomField

_COMPANY = {
    "company_name": "name", "company_kana": "kana", "latin_name": "latin_name", "corporate_number": "corporate_number",
    "company_phone": "phone", "domain": "domain", "industry": "industry", "employees": "employees", "notes": "notes",
    "postal_code": "postal_code", "prefecture": "prefecture", "city": "city", "street": "street",
}  # fmt: skip
_PERSON = (
    "family_name", "given_name", "family_kana", "given_kana", "department", "title", "email", "phone", "mobile",
)  # fmt: skip
_PEOPLE_ARE_ENOUGH = (Import.Kind.LEADS, Import.Kind.TOUCHES)
_COMPLETE: dict[Import.Kind, Callable[[ImportRow, dict[str, Any], list[dict[str, Any]], Catalogue], None]] = {
    Import.Kind.DEALS: deal_lines.complete_deal,
    Import.Kind.HISTORY: deal_lines.complete_change,
    Import.Kind.TOUCHES: deal_lines.complete_touch,
}
# Who is reached by these has to have a name.
_REACHES_A_PERSON = ("department", "title", "email", "phone", "mobile", "family_kana")


def understand(batch: Import, row: ImportRow, today: date, catalogue: Catalogue | None = None) -> None:
    """Sets `values` and `problems` of the row from its cells and what a person corrected."""
    catalogue = catalogue or Catalogue(batch)
    is_list_of_leads = batch.kind == Import.Kind.LEADS
    cells = _cells(batch, row)
    row.reason = ""
    if _is_total(row, cells):
        row.values, row.problems = {}, []
        row.sender_id, row.reason = "", _("This line is a total, not a record.")
        return
    names_somebody = batch.kind in _PEOPLE_ARE_ENOUGH and _names_somebody(cells)
    context = cleaning.Context(today, person_is_enough=names_somebody)
    values: dict[str, Any] = {}
    problems: list[dict[str, Any]] = []
    extensions: list[str] = []
    known = catalogue.fields
    for key, cell in cells.items():
        field = known.get(key)
        if field is None or (cleaning.is_blank(cell) and not _means_something(field, cell)):
            continue
        try:
            of_field = replace(context, unit=catalogue.units[key]) if key in catalogue.units else context
            value = field.clean(cell, of_field)
        except cleaning.Bad as bad:
            problems.append(bad.as_problem(key, cell))
            continue
        if field.clean is cleaning.phone and (extension := phones.extension(cell)):
            extensions.append(f"{phones.national(value)} {_('ext.')} {extension}".strip())
        # Parts of a field in one piece give way to what has a column of its own.
        for name, part in value.items() if isinstance(value, dict) else [(key, value)]:
            if part not in ("", None) and not values.get(name):
                values[name] = part
    row.sender_id = str(values.pop("sender_id", ""))
    if other := values.pop("other_phone", ""):
        values.setdefault("phone", other)
    if is_list_of_leads:
        _complete_lead(values, problems, cells)
    elif batch.kind in (Import.Kind.COMPANIES, Import.Kind.CONTACTS):
        _complete_company(batch, values, problems, cells, catalogue)
    else:
        _COMPLETE[Import.Kind(batch.kind)](row, values, problems, catalogue)
    _keep_extensions(Import.Kind(batch.kind), values, extensions)
    _refuse_trials(values, problems, cells)
    row.values, row.problems = values, problems


# Where it stands what a phone's cell says beyond the number: of a line that names somebody, and of one that does not.
_TOLD_IN = {
    Import.Kind.LEADS: ("interest", "interest"),
    Import.Kind.COMPANIES: ("person_notes", "notes"),
    Import.Kind.CONTACTS: ("person_notes", "notes"),
}


def _keep_extensions(kind: Import.Kind, values: dict[str, Any], extensions: list[str]) -> None:
    """Extensions have no field of their own, and are kept as notes."""
    if extensions and kind in _TOLD_IN:
        key = _TOLD_IN[kind][0 if values.get("family_name") else 1]
        values[key] = "\n".join(filter(None, [values.get(key, ""), *dict.fromkeys(extensions)]))


def _means_something(field: fields.Field, cell: str) -> bool:
    """なし says no where the answer is yes or no."""
    return bool(field.means) and cleaning.plain(cell).casefold() in field.means


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


_TOTALS = frozenset(
    ["合計", "小計", "総計", "計", "総合計", "合計金額", "total", "subtotal", "grand total", "sum"]
)
_TOTAL = re.compile("計|[TtＴｔSsＳｓGgＧｇ]")
_TRIALS = frozenset(
    [
        "test",
        "テスト",
        "テストテスト",
        "てすと",
        "ダミー",
        "dummy",
        "サンプル",
        "sample",
        "テスト会社",
        "テスト太郎",
        "テストユーザー",
        "testuser",
        "testtest",
        "ああああ",
        "あああ",
        "aaa",
        "hoge",
        "xxx",
    ]
)


def _is_total(row: ImportRow, cells: Mapping[str, str]) -> bool:
    """Whether the line adds up those above it: one of its first filled cells says so, and it names no person."""
    filled = list(islice((cell for cell in row.raw if cell and cell.strip()), 2))
    says_so = any(
        unicodedata.normalize("NFKC", c).replace(" ", "").strip(":").casefold() in _TOTALS
        for c in filled
        if _TOTAL.search(c)
    )
    return says_so and not any(
        cells.get(key)
        for key in ("person", "family_name", "email", "deal_name")
        if cells.get(key) not in filled
    )


def _refuse_trials(values: dict[str, Any], problems: list[dict[str, Any]], cells: Mapping[str, str]) -> None:
    """Somebody tried the form out. Not so where a corporate number is given: odd names are registered, too."""
    if values.get("corporate_number"):
        return
    told = {"company_name": names.company_key(values["company_name"]) if values.get("company_name") else ""}
    told["person"] = (
        names.person_key(values.get("family_name", ""), values.get("given_name", ""))
        if values.get("family_name")
        else ""
    )
    for key, name in told.items():
        if (
            len(name) <= _LONGEST_TRIAL
            and fold(name) in _TRIAL_KEYS
            and not any(problem["field"] == key for problem in problems)
        ):
            field = key if key in cells or key != "person" else "family_name"
            problems.append(cleaning.Bad("trial").as_problem(field, cells.get(field, "")))
            return


_TRIAL_KEYS = frozenset(map(fold, _TRIALS))
_LONGEST_TRIAL = max(map(len, _TRIAL_KEYS)) + 2


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
    batch: Import,
    values: dict[str, Any],
    problems: list[dict[str, Any]],
    cells: Mapping[str, str],
    catalogue: Catalogue,
) -> None:
    has_reference = bool(values.get("company_ref"))
    if (
        not has_reference
        and "company_name" not in values
        and all(problem["field"] != "company_name" for problem in problems)
    ):
        problems.append(cleaning.Bad("no_company").as_problem("company_name", cells.get("company_name", "")))
    if not values.get("domain") and (domain := domains.matching_domain(values.get("email", ""))):
        values["domain"] = domain
    _settle_site(values)
    if batch.kind == Import.Kind.COMPANIES and not values.get("family_name"):
        _give_phone_to_company(values)
    has_name_problem = any(problem["field"] in ("person", "family_name") for problem in problems)
    needs_a_person = batch.kind == Import.Kind.CONTACTS or (
        # A list without people may well have the mail address of the company.
        {"person", "family_name"} & {column["field"] for column in batch.columns}
        and any(values.get(key) for key in _REACHES_A_PERSON)
    )
    # What stands in a field of people needs one to stand with.
    needs_a_person = needs_a_person or any(
        own.subject == CustomField.Subject.CONTACT and key in values for key, own in catalogue.own.items()
    )
    if not values.get("family_name") and not has_name_problem and needs_a_person:
        field = "person" if "person" in cells or "family_name" not in cells else "family_name"
        bad = cleaning.Bad("no_person", cleaning.contact_unknown())
        problems.append(bad.as_problem(field, cells.get(field, "")))


def _give_phone_to_company(values: dict[str, Any]) -> None:
    """A line of a mixed list that names nobody has the company's number in the only column for one (accounting does)."""
    phone = values.get("phone", "")
    if phone and not phones.is_mobile(phone) and not values.get("company_phone"):
        values["company_phone"] = values.pop("phone")


_OF_THE_SITE = ("phone", "postal_code", "prefecture", "city", "street")
_HEADQUARTERS = (*words.HEAD_OFFICES, "本社事務所", "head office", "headquarters")


def _settle_site(values: dict[str, Any]) -> None:
    """大阪支店 in the company's name is a site of the company."""
    if not values.get("company_name") or values.get("site"):
        return
    company, site = sites.split(values["company_name"])
    if site and company:
        values["company_name"], values["site"] = company, site


def site_values(row: ImportRow) -> dict[str, Any]:
    """For `accounts.companies.add_site`: what the line says of the place. Empty when it names none."""
    if not row.values.get("site"):
        return {}
    found = {
        key: row.values[key] for key in ("postal_code", "prefecture", "city", "street") if row.values.get(key)
    }
    phone = row.values.get("company_phone", "")
    return found | ({"phone": phone} if phone else {}) | {"name": row.values["site"]}


def _is_of_headquarters(row: ImportRow) -> bool:
    return row.values.get("site", "").strip().casefold() in _HEADQUARTERS


def company_values(row: ImportRow) -> dict[str, Any]:
    """For `accounts.companies`."""
    found = {name: row.values[key] for key, name in _COMPANY.items() if row.values.get(key) not in (None, "")}
    if row.values.get("family_name") and row.batch.kind == Import.Kind.CONTACTS:
        found.pop("notes", None)  # they are about the person
    if row.values.get("site") and not _is_of_headquarters(row):
        # Address and phone are the site's; the company's own are not known by them.
        found = {name: value for name, value in found.items() if name not in _OF_THE_SITE}
    if day := row.values.get("changed_on"):
        found["changed_on"] = date.fromisoformat(day)
    return found


def person_values(row: ImportRow) -> dict[str, Any]:
    """For `accounts.contacts`; empty when the line names nobody."""
    if not row.values.get("family_name"):
        return {}
    found = {key: row.values[key] for key in _PERSON if row.values.get(key)}
    notes = [
        row.values.get("notes", "") if row.batch.kind == Import.Kind.CONTACTS else "",
        row.values.get("person_notes", ""),
    ]
    if told := "\n".join(filter(None, notes)):
        found["notes"] = told
    return found


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
    place = values if not values.get("site") or _is_of_headquarters(row) else {}
    if not place:
        phone = ""  # those of a site say nothing about the company
    return Candidate(
        name=values.get("company_name", ""),
        kana=values.get("company_kana", ""),
        latin_name=values.get("latin_name", ""),
        phone=phone,
        domain=values.get("domain", ""),
        email=values.get("email", ""),
        corporate_number=values.get("corporate_number", ""),
        person=f"{values.get('family_name', '')} {values.get('given_name', '')}".strip(),
        person_kana=f"{values.get('family_kana', '')} {values.get('given_kana', '')}".strip(),
        prefecture=place.get("prefecture", ""),
        city=place.get("city", ""),
        street=place.get("street", ""),
        mobile=mobile,
    )


def tells_own_phone(row: ImportRow) -> bool:
    """Whether the phone by which the line's company is looked for is the company's own, and not a person's or a site's."""
    return bool(row.values.get("company_phone")) and (not row.values.get("site") or _is_of_headquarters(row))


def candidates_of(batch: Import, rows: Sequence[ImportRow]) -> list[Candidate]:
    return [candidate_of(batch, row) for row in rows]
