"""Is this line of a list somebody who is in work as a lead already?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from accounts.matching import CERTAIN, Match
from crm.lib import names, phones
from integrations.imports.understanding import person_key
from integrations.models import Import, ImportRow
from leads.models import Lead

_IN_WORK = (Lead.State.NEW, Lead.State.CONTACTED, Lead.State.NURTURE)


def find(
    batch: Import, rows: Sequence[ImportRow], companies: Sequence[list[Match]]
) -> dict[int, dict[str, Any]]:
    """Line → the lead that is the same person, for all rows with one statement."""
    emails = {row.values["email"] for row in rows if row.values.get("email")}
    numbers = {row.values["phone"] for row in rows if row.values.get("phone")}
    known = {match.record.pk for matches in companies for match in matches[:1] if match.verdict == CERTAIN}
    written = {row.values["company_name"] for row in rows if row.values.get("company_name")}
    leads = Lead.objects.filter(state__in=_IN_WORK, deleted_at=None).filter(
        Q(email__in=emails - {""}) | Q(phone__in=numbers) | Q(company__in=known) | Q(company_name__in=written)
    )
    leads = leads.only(
        "pk", "email", "phone", "company_id", "company_name", "family_name", "given_name"
    ).order_by("pk")
    by_value: dict[tuple[str, Any], list[Lead]] = {}
    for lead in leads:
        for key in _keys(lead):
            by_value.setdefault(key, []).append(lead)
    visible = set(
        Lead.objects.visible_to(batch.by)
        .filter(pk__in=[lead.pk for lead in leads])
        .values_list("pk", flat=True)
    )
    found = {}
    for row, matches in zip(rows, companies, strict=True):
        company = matches[0].record.pk if matches and matches[0].verdict == CERTAIN else None
        for lead, reasons in _same_person(row, company, by_value):
            told = {"of": "lead", "id": lead.pk, "verdict": CERTAIN, "reasons": reasons}
            told["score"] = min(99, sum(reason["points"] for reason in reasons))
            if lead.pk not in visible:
                told["hidden"] = True
            found[row.line] = told
            break
    return found


def _keys(lead: Lead) -> list[tuple[str, Any]]:
    keys: list[tuple[str, Any]] = []
    if lead.email:
        keys.append(("email", lead.email))
    if lead.phone and not phones.placeholder(lead.phone):
        keys.append(("phone", lead.phone))
    if lead.company_id:
        keys.append(("company", lead.company_id))
    if lead.company_name:
        keys.append(("name", names.company_key(lead.company_name)))
    return keys


def _same_person(
    row: ImportRow, company: int | None, by_value: dict[tuple[str, Any], list[Lead]]
) -> list[tuple[Lead, list[dict[str, Any]]]]:
    """Leads of the same address, phone or company under the same name; of the same address when one has no name."""
    values, person = row.values, person_key(row)
    wanted = {
        "email": values.get("email"),
        "phone": values.get("phone"),
        "company": company,
        "name": names.company_key(values["company_name"]) if values.get("company_name") else None,
    }
    points = {"email": 60, "phone": 40, "company": 50, "name": 50}
    found: dict[int, tuple[Lead, list[dict[str, Any]]]] = {}
    for key, value in wanted.items():
        for lead in by_value.get((key, value), ()) if value else ():
            there = names.person_key(lead.family_name, lead.given_name)
            if there != person and not (key == "email" and not (there and person)):
                continue  # a shared mailbox or switchboard is not one person
            if not person and key != "email":
                continue
            reasons = found.setdefault(lead.pk, (lead, []))[1]
            if not reasons and person and there == person:
                reasons.append({"key": "person", "points": 40, "a": person, "b": there})
            told = "name" if key == "company" else key
            if all(reason["key"] != told for reason in reasons):
                reasons.append({"key": told, "points": points[key], "a": str(value), "b": str(value)})
    return sorted(found.values(), key=lambda pair: -sum(reason["points"] for reason in pair[1]))
