"""Lines of deals become deals where they stand, with their company and person; lines of history become their past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import companies, contacts, matching
from accounts.models import Channel, Company, Contact
from crm.lib import names
from integrations.imports import known_deals, run_own
from integrations.imports.catalogue import Catalogue
from integrations.imports.results import Group, Result, labels
from integrations.imports.understanding import company_values, person_values
from integrations.models import Import, ImportRow
from pipeline import deals, entering
from pipeline.models import Deal, LossReason, Stage
from staff import access
from staff.models import User

Outcome, Decision = ImportRow.Outcome, ImportRow.Decision


def because(batch: Import) -> str:
    """What stands at every move that came in by a list."""
    return _("brought in by the list %(name)s") % {"name": batch.name[:120]}


def run(batch: Import, groups: Sequence[Group]) -> Result:
    """Fills deals that are known, enters the others."""
    result = Result()
    known = {row.line: pk for group in groups if (pk := _deal_of(row := group.leader))}
    there = Deal.objects.filter(deleted_at=None).in_bulk(known.values())
    fresh = []
    for group in groups:
        for row in group.followers:
            if row.line not in group.left_out:
                row.outcome, row.reason = (
                    Outcome.SKIPPED,
                    _("the same as line %(line)s") % {"line": group.leader.line},
                )
        deal = there.get(known.get(group.leader.line, 0))
        if deal is not None:
            _fill(batch, group.leader, deal, result)
        else:
            fresh.append(group.leader)
    _enter(batch, fresh, result)
    for group in groups:
        for row in group.followers:
            if row.line not in group.left_out:
                row.deal_id, row.company_id = group.leader.deal_id, group.leader.company_id
    run_own.run(batch, groups, result)
    return result


def _deal_of(row: ImportRow) -> int | None:
    if row.decision != Decision.APPEND:
        return None
    return next((match["id"] for match in row.matches if match["of"] == "deal"), None)


def _fill(batch: Import, row: ImportRow, deal: Deal, result: Result) -> None:
    """Empty fields only, as with everything that is there already, of deals that the person may edit."""
    row.deal_id, row.company_id, row.contact_id = deal.pk, deal.company_id, deal.contact_id
    values = {name: value for name, value in _facts(row).items() if name in deals.EDITABLE}
    blank = {name: value for name, value in values.items() if getattr(deal, name) in (None, "")}
    if blank and (refusal := access.refusal(batch.by, "edit deal", deal)):
        result.not_filled(row, labels(Deal, blank), refusal)
        blank = {}
    if not blank:
        row.outcome = Outcome.UNCHANGED
        return
    deals.edit_deal(deal, blank, {name: getattr(deal, name) for name in blank}, by=batch.by)
    row.outcome = Outcome.APPENDED


def _enter(batch: Import, rows: Sequence[ImportRow], result: Result) -> None:
    if not rows:
        return
    catalogue, now = Catalogue(batch), timezone.now()
    company_of = _companies(batch, rows, now, result)
    contact_of = _people(batch, rows, company_of, now, result)
    stages = Stage.objects.in_bulk()
    reasons = LossReason.objects.in_bulk()
    people = User.objects.select_related("team").in_bulk(
        {r.values["owner"] for r in rows if r.values.get("owner")}
    )
    entries = []
    for row in rows:
        owner = people.get(row.values.get("owner"), catalogue.somebody)
        stage = stages[row.values["stage"]]
        created, entered = _days(row, stage, now)
        facts: dict[str, Any] = _facts(row) | {"contact": contact_of.get(row.line)}
        if reason := row.values.get("loss_reason"):
            facts["loss_reason"] = reasons[reason] if stage.kind == Stage.Kind.LOST else None
        entries.append(
            entering.Entry(
                row.values["deal_name"], company_of[row.line], owner, stage, created, entered, facts
            )
        )
    for row, deal in zip(
        rows, entering.enter_many(entries, by=batch.by, because=because(batch)), strict=True
    ):
        row.outcome, row.deal_id, row.company_id, row.contact_id = (
            Outcome.CREATED,
            deal.pk,
            deal.company_id,
            deal.contact_id,
        )
        if unknown := row.values.get("unknown_owner"):
            row.reason = (
                _("%(name)s is nobody of ours: the deal went to %(owner)s.")
                % {"name": unknown, "owner": deal.owner}
            )[:200]
    result.count("deals", len(rows))


def _facts(row: ImportRow) -> dict[str, Any]:
    values = row.values
    facts: dict[str, Any] = {
        name: values[name] for name in ("competitor", "outcome_note") if values.get(name)
    }
    if values.get("amount") is not None:
        facts["amount"] = Decimal(values["amount"])
    if values.get("close_on"):
        facts["close_on"] = date.fromisoformat(values["close_on"])
    if values.get("channel"):
        facts["channel"] = Channel.objects.get(pk=values["channel"])
    return facts


def _days(row: ImportRow, stage: Stage, now: datetime) -> tuple[datetime, datetime]:
    """When the deal was made, and since when it stands in its stage. What the list does not say is now."""
    values = row.values
    created = _noon(values.get("created_on"), now)
    entered = _noon(values.get("closed_on") if not stage.is_open else values.get("stage_on"), now)
    if created is None:
        created = entered or now
    if entered is None:
        entered = created if stage.position == 1 else now
    return min(created, entered), entered


def _noon(day: str | None, now: datetime) -> datetime | None:
    return min(now, timezone.make_aware(datetime.combine(date.fromisoformat(day), time(12)))) if day else None


def _companies(batch: Import, rows: Sequence[ImportRow], now: datetime, result: Result) -> dict[int, Company]:
    """Line → its company: the one it was found to be, or a new one, once for all lines of the name."""
    told = {row.line: next((m["id"] for m in row.matches if m["of"] == "company"), None) for row in rows}
    # Lines of this list may have brought their company in a moment ago.
    found = known_deals.companies_of(batch, [row for row in rows if told[row.line] is None])
    told |= {line: pk for line, pk in found.items() if isinstance(pk, int)}
    known = Company.objects.active().in_bulk([pk for pk in told.values() if pk])
    company_of = {line: known[pk] for line, pk in told.items() if pk in known}
    new: dict[tuple[str, str], list[ImportRow]] = {}
    for row in rows:
        if row.line not in company_of:
            key = (names.company_key(row.values["company_name"]), row.values.get("corporate_number", ""))
            new.setdefault(key, []).append(row)
    made = companies.create_many([company_values(same[0]) for same in new.values()], by=batch.by, at=now)
    for same, company in zip(new.values(), made, strict=True):
        company_of |= {row.line: company for row in same}
    result.count("companies", len(made))
    return company_of


def _people(
    batch: Import, rows: Sequence[ImportRow], company_of: dict[int, Company], now: datetime, result: Result
) -> dict[int, Contact]:
    contact_of: dict[int, Contact] = {}
    new: dict[tuple[int, str], tuple[Company, dict[str, Any]]] = {}
    lines: dict[tuple[int, str], list[int]] = {}
    asked = [(row, company_of[row.line], values) for row in rows if (values := person_values(row))]
    candidates = [
        matching.Candidate(
            person=f"{values['family_name']} {values.get('given_name', '')}".strip(),
            email=values.get("email", ""),
        )
        for _row, _company, values in asked
    ]
    found = matching.find_contacts_many(
        [(company, candidate) for (_row, company, _v), candidate in zip(asked, candidates, strict=True)]
    )
    for (row, company, values), matches in zip(asked, found, strict=True):
        if match := next((m for m in matches if m.is_certain), None):
            contact_of[row.line] = match.record
            continue
        key = (company.pk, names.person_key(values["family_name"], values.get("given_name", "")))
        new.setdefault(key, (company, values))
        lines.setdefault(key, []).append(row.line)
    made = contacts.create_many(list(new.values()), by=batch.by, at=now)
    for key, contact in zip(new, made, strict=True):
        contact_of |= dict.fromkeys(lines[key], contact)
    result.count("people", len(made))
    return contact_of


# History -----------------------------------------------------------------------------------------


def run_history(batch: Import, groups: Sequence[Group]) -> Result:
    """Moves and changes with their days; the deals stay as they are."""
    rows = [row for group in groups for row in group.wanted]
    there = Deal.objects.select_related("stage").in_bulk([row.matches[0]["id"] for row in rows])
    stages, now = Stage.objects.in_bulk(), timezone.now()
    changes = []
    for row in rows:
        deal, values = there[row.matches[0]["id"]], row.values
        after = {key: values[key] for key in ("amount", "close_on") if values.get(key) not in (None, "")}
        before = {key: values[f"old_{key}"] for key in after if values.get(f"old_{key}") not in (None, "")}
        at = _noon(values["happened_on"], now) or now
        changes.append(entering.Change(deal, at, stages.get(values.get("stage") or 0), before, after))
        row.deal_id, row.company_id = deal.pk, deal.company_id
    result = Result()
    for row, is_new in zip(
        rows, entering.record_past(changes, by=batch.by, because=because(batch)), strict=True
    ):
        row.outcome = Outcome.APPENDED if is_new else Outcome.UNCHANGED
        result.count("changes", int(is_new))
    return result
