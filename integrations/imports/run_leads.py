"""Lines of leads become leads with an owner and a clock; who is in work already gets one more touch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django.utils import timezone

from accounts.models import Channel, Company
from integrations.imports import run_own
from integrations.imports.results import Group, Result, labels
from integrations.imports.understanding import lead_values
from integrations.models import Import, ImportRow
from leads import assignment, editing, intake
from leads.models import Lead, Touch
from staff import access

Decision, Outcome = ImportRow.Decision, ImportRow.Outcome


def run(batch: Import, groups: Sequence[Group]) -> Result:
    """Receives new leads set-wise; adds to the known ones."""
    result = Result()
    known = {group.leader.line: lead for group in groups if (lead := _lead_in_work(group.leader)) is not None}
    _receive(batch, [group for group in groups if group.leader.line not in known], result)
    for group in groups:
        if group.leader.line in known:
            _add(batch, group, known[group.leader.line], result)
    run_own.run(batch, groups, result)
    return result


def _lead_in_work(row: ImportRow) -> Lead | None:
    if row.decision != Decision.APPEND:
        return None
    pk = next((match["id"] for match in row.matches if match["of"] == "lead"), None)
    return Lead.objects.filter(pk=pk, deleted_at=None).first() if pk else None


def _receive(batch: Import, groups: Sequence[Group], result: Result) -> None:
    if not groups:
        return
    leads = _received(batch, [_together(group) for group in groups])
    for group, lead in zip(groups, leads, strict=True):
        for row in group.wanted:
            row.lead_id, row.company_id = lead.pk, lead.company_id
            row.outcome = Outcome.CREATED if row is group.leader else Outcome.APPENDED
        if group.leader.decision == Decision.APPEND and lead.company_id is None:
            _connect(batch, group.leader, lead)
    _date_touches(groups, leads)
    result.count("leads", len(leads))
    result.count("recognised", sum(group.leader.company_id is not None for group in groups))


def _received(batch: Import, rows: Sequence[dict[str, Any]]) -> list[Lead]:
    told: dict[str, Any] = {"channel": channel_of(batch), "by": batch.by, "campaign": batch.campaign}
    try:
        return intake.receive_many(rows, **told)
    except assignment.NobodySells:
        if not batch.by.is_system:
            raise
        # An installation being filled before its people are: the leads wait to be handed out.
        return intake.receive_many(rows, **told, owner=batch.by)


def _together(group: Group) -> dict[str, Any]:
    """The first line's values, with what the others of the same person add."""
    values: dict[str, Any] = {}
    for row in group.wanted:
        for name, value in lead_values(row).items():
            if name == "interest" and values.get(name) and value not in values[name]:
                values[name] = f"{values[name]}\n{value}"
            else:
                values.setdefault(name, value)
    return values


def _connect(batch: Import, row: ImportRow, lead: Lead) -> None:
    """The person said which company it is."""
    pk = next((match["id"] for match in row.matches if match["of"] == "company"), None)
    company = Company.objects.active().visible_to(lead.owner).filter(pk=pk).first() if pk else None
    if company is not None:
        editing.edit_lead(lead, {"company": company}, {"company": None}, by=batch.by)
        row.company_id = company.pk


def _add(batch: Import, group: Group, lead: Lead, result: Result) -> None:
    """Fills what the lead does not say yet, and notes the new touch unless it is the one we have."""
    changed = _fill(batch, group, lead, result)
    channel = channel_of(batch)
    detail = batch.campaign[:200]
    has_touch = lead.touches.filter(channel=channel, detail=detail).exists()
    if not has_touch:
        kind = intake.TOUCH_OF_CHANNEL.get(channel.code, Touch.Kind.OTHER)
        touch = intake.add_touch(
            lead,
            kind,
            by=batch.by,
            channel=channel,
            detail=detail,
            at=_moment(group.leader) or timezone.now(),
        )
        group.leader.made = [["touch", touch.pk]]
    for row in group.wanted:
        row.lead_id = lead.pk
        row.outcome = Outcome.APPENDED
        if has_touch and not changed:
            row.outcome = Outcome.UNCHANGED


def _fill(batch: Import, group: Group, lead: Lead, result: Result) -> bool:
    """Empty fields only, of leads that the person may edit."""
    values = _together(group)
    blank = {name: value for name, value in values.items() if value and not getattr(lead, name)}
    # Half of one address and half of another are no address.
    if any(getattr(lead, part) for part in ("prefecture", "city", "street")):
        blank = {
            name: value
            for name, value in blank.items()
            if name not in ("postal_code", "prefecture", "city", "street")
        }
    if blank and (refusal := access.refusal(batch.by, "edit lead", lead)):
        result.not_filled(group.leader, labels(Lead, blank), refusal)
        return False
    if blank:
        editing.edit_lead(lead, blank, {name: getattr(lead, name) for name in blank}, by=batch.by)
    return bool(blank)


def channel_of(batch: Import) -> Channel:
    """What was chosen with the file; lists without a word on it are lists."""
    return batch.channel or Channel.objects.get(code="list")


def _moment(row: ImportRow) -> datetime | None:
    """When it happened, if the list tells the day."""
    return at_noon(row.values.get("received_on"))


def at_noon(day: str | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(date.fromisoformat(day), time(12))) if day else None


def _date_touches(groups: Sequence[Group], leads: Sequence[Lead]) -> None:
    """The list says when they met; the clock runs from now all the same."""
    now = timezone.now()
    leads_at: dict[datetime, list[Lead]] = {}
    for group, lead in zip(groups, leads, strict=True):
        if moment := _moment(group.leader):
            leads_at.setdefault(min(moment, now), []).append(lead)
    for moment, met in leads_at.items():
        Touch.objects.filter(lead__in=met).update(at=moment)
