"""Running automations: an event (or a date) sets them off, their conditions are asked of the record as it stands now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from activities.automation import actions, conditions
from activities.automation.actions import Occurrence
from activities.automation.conditions import Facts
from activities.models import Automation, AutomationRun
from leads.lead_events import LeadEvent
from leads.models import Lead
from pipeline.deal_events import DealEvent
from pipeline.exit_criteria import NotMet
from pipeline.models import Deal
from pipeline.moves import ReasonMissing
from staff import deliveries
from staff.custom.values import CHANGED as OWN_CHANGED
from staff.models import CustomField, CustomValue, Event, User

log = structlog.get_logger(__name__)
Trigger = Automation.Trigger
TRIGGERS: dict[str, list[str]] = {
    DealEvent.CREATED: [Trigger.DEAL_CREATED],
    DealEvent.MOVED: [Trigger.STAGE_ENTERED],
    DealEvent.REOPENED: [Trigger.STAGE_ENTERED],
    DealEvent.WON: [Trigger.WON],
    DealEvent.LOST: [Trigger.LOST],
    DealEvent.STALLED: [Trigger.STALLED],
    DealEvent.EDITED: [Trigger.FIELD_CHANGED],
    OWN_CHANGED: [Trigger.FIELD_CHANGED],
    LeadEvent.RECEIVED: [Trigger.LEAD_RECEIVED],
    LeadEvent.CLOCK_NEAR: [Trigger.CLOCK_NEAR],
    LeadEvent.BREACHED: [Trigger.CLOCK_OVER],
}
# What automations do to deals themselves; it sets off no further ones, so that two cannot chase each other.
_CHAINS = (DealEvent.EDITED, OWN_CHANGED, DealEvent.MOVED, DealEvent.WON, DealEvent.REOPENED)
REHEARSED_DAYS = 90
_LOOKED_BACK = timedelta(days=7)


def react(event: Event) -> None:
    """Subscriber of every kind in TRIGGERS. A second run does nothing."""
    waiting = Automation.objects.filter(is_active=True, trigger__in=TRIGGERS[event.kind]).order_by("pk")
    concerned = [automation for automation in waiting if concerns(automation, event)]
    # Most events concern none: they cost this one statement.
    if not concerned:
        return
    system = User.objects.system()
    if _is_of_an_automation(event, system):
        return
    _run_all(concerned, event, None, system, Facts())


def react_to_stalls(event: Event) -> None:
    """Subscriber of `stalls.raised`: the same for all deals that it stands for, whose records are read together."""
    waiting = list(Automation.objects.filter(is_active=True, trigger=Trigger.STALLED).order_by("pk"))
    if not waiting:
        return
    system, told = User.objects.system(), Event.objects.filter(pk__in=event.data["events"]).order_by("pk")
    wanted = [(one, found) for one in told if (found := [a for a in waiting if concerns(a, one)])]
    records = _deals().in_bulk([one.subject_id for one, _found in wanted])
    facts = Facts(records.values())
    for one, concerned in wanted:
        try:
            with transaction.atomic():
                _run_all(concerned, one, records.get(one.subject_id), system, facts)
        except Exception:
            log.exception("automation failed", stall=one.pk)
            deliveries.queue_alone(one, react)


def _run_all(concerned: list[Automation], event: Event, record: Any, system: User, facts: Facts) -> None:
    """Each whose conditions hold of the record (read anew where it is not at hand)."""
    for automation in concerned:
        record = record or _record_of(automation, event.subject_id)
        if record is not None and conditions.hold(automation.conditions, record, facts):
            run(automation, Occurrence(f"event {event.pk}", record, system))
            record, facts = None, Facts()  # what it did has changed the record


def _is_of_an_automation(event: Event, system: User) -> bool:
    return event.kind in _CHAINS and event.actor_id == system.pk


def concerns(automation: Automation, event: Event) -> bool:
    """Whether the event is the one that the automation waits for: its stage, its field."""
    if automation.trigger == Trigger.STAGE_ENTERED:
        # A move taken back is no coming.
        return not event.data.get("undo") and automation.stage_id in (None, event.after.get("stage"))
    if automation.trigger == Trigger.STALLED:
        return automation.stage_id in (None, event.data.get("stage"))
    return automation.trigger != Trigger.FIELD_CHANGED or automation.field in event.after


def _record_of(automation: Automation, pk: int) -> Any:
    if automation.about == "lead":
        return Lead.objects.select_related("owner", "team", "company").filter(pk=pk).first()
    return _deals().filter(pk=pk).first()


def _deals() -> Any:
    return Deal.objects.filter(deleted_at=None).for_cards().select_related("team")


@transaction.atomic
def run(automation: Automation, occurrence: Occurrence) -> AutomationRun | None:
    """Does all its actions, or none: what one of them is refused is told in the run. None when it has run for this before."""
    run, made = AutomationRun.objects.get_or_create(
        automation=automation,
        occurrence=occurrence.name,
        defaults={"deal": occurrence.deal, "lead": occurrence.lead},
    )
    if not made:
        return None
    try:
        with transaction.atomic():
            for n, action in enumerate(automation.actions):
                current = Occurrence(
                    occurrence.name, _record_of(automation, occurrence.record.pk), occurrence.by
                )
                actions.do(action, current, f"automation {automation.pk} {occurrence.name} {n}")
    except NotMet as refusal:
        _refuse(run, _("Exit criteria not met: %(criteria)s") % {"criteria": refusal})
    except (ReasonMissing, PermissionDenied, ValueError, User.DoesNotExist) as refusal:
        _refuse(run, str(refusal))
    return run


def _refuse(run: AutomationRun, note: str) -> None:
    run.state, run.note = AutomationRun.State.REFUSED, note[:300]
    run.save(update_fields=["state", "note"])


def run_dates(today: date) -> int:
    """For the daily job: dates that were reached today, and in the week before if it did not run. Returns how many."""
    ran, system = 0, User.objects.system()
    for automation in Automation.objects.filter(is_active=True, trigger=Trigger.DATE_REACHED):
        # A new automation begins with today, not with last week.
        first = max(today - _LOOKED_BACK, timezone.localdate(automation.created_at))
        reached = list(_reached(automation, first, today))
        facts = Facts(deal for deal, _day in reached)
        for deal, day in reached:
            if conditions.hold(automation.conditions, deal, facts):
                name = f"{automation.field} {day} of deal {deal.pk}"
                ran += run(automation, Occurrence(name, deal, system)) is not None
    return ran


def _reached(automation: Automation, first: date, last: date) -> Iterator[tuple[Deal, date]]:
    """Deals whose date, moved by the automation's days, lies between the two."""
    offset = timedelta(days=automation.offset_days)
    days = (first - offset, last - offset)
    rows = Deal.objects.filter(deleted_at=None)
    rows = rows.select_related("owner", "team", "company", "stage").defer("search_text", "search_grams")
    if own := CustomField.pk_of(automation.field):
        yield from _reached_own(rows.filter(closed_at=None), own, days)
        return
    rows = rows.filter(**{f"{automation.field}__range": days})
    if automation.field != "call_again_on":
        rows = rows.filter(closed_at=None)
    for deal in rows.order_by(automation.field, "pk")[:1000]:
        yield deal, getattr(deal, automation.field)


def _reached_own(rows: Any, field: int, days: tuple[date, date]) -> Iterator[tuple[Deal, date]]:
    """The same of a day that the company has added; none of one that is out of use."""
    held = CustomValue.objects.filter(field=field, field__retired_at=None, day__range=days)
    day_of = dict(held.order_by("day", "subject_id").values_list("subject_id", "day")[:1000])
    deals = rows.in_bulk(list(day_of))
    yield from ((deals[pk], day) for pk, day in day_of.items() if day and pk in deals)


# Looking before leaping -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rehearsal:
    """One occurrence of the past for which it would have acted."""

    at: datetime | date
    record: Any


def rehearse(automation: Automation, now: datetime, limit: int = 50) -> tuple[list[Rehearsal], int]:
    """What it would have done in the last 90 days: the newest occurrences, and how many events were looked at.

    The conditions are asked of the records as they are today. Nothing is written.
    """
    since = now - timedelta(days=REHEARSED_DAYS)
    if automation.trigger == Trigger.DATE_REACHED:
        today = timezone.localdate(now)
        found = list(_reached(automation, timezone.localdate(since), today))
        facts = Facts(deal for deal, _day in found)
        held = [
            Rehearsal(day, deal) for deal, day in found if conditions.hold(automation.conditions, deal, facts)
        ]
        return held[::-1][:limit], len(found)
    kinds = [kind for kind, triggers in TRIGGERS.items() if automation.trigger in triggers]
    past = Event.objects.filter(kind__in=kinds, happened_at__gte=since).order_by("-happened_at", "-id")[:1000]
    system = User.objects.system()
    events = [e for e in past if concerns(automation, e) and not _is_of_an_automation(e, system)]
    model: Any = Lead if automation.about == "lead" else Deal
    related = ("owner", "company") if automation.about == "lead" else ("owner", "company", "stage")
    rows = model.objects.filter(pk__in={e.subject_id for e in events}).select_related(*related)
    records = {row.pk: row for row in rows}
    facts = Facts(records.values())
    held = [
        Rehearsal(e.happened_at, records[e.subject_id])
        for e in events
        if e.subject_id in records and conditions.hold(automation.conditions, records[e.subject_id], facts)
    ]
    return held[:limit], len(events)
