"""The clock of a new lead: by when somebody must have spoken with it, and what happens when nobody has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import Channel
from crm.lib import workdays
from leads.lead_events import LeadEvent
from leads.models import FirstContactRule, Lead
from staff import events, notices, teams
from staff.models import CompanyProfile, Event, User


class Clocks:
    """The active rules and the company's calendar, read once for many leads."""

    @classmethod
    def for_reader(cls, user: User) -> Clocks:
        """With the calendar that came with the reader of a page."""
        clocks = cls()
        clocks.calendar = user.company.calendar()
        return clocks

    @cached_property
    def rules(self) -> list[FirstContactRule]:
        return list(FirstContactRule.objects.filter(is_active=True))

    @cached_property
    def calendar(self) -> workdays.Calendar:
        return CompanyProfile.load().calendar()

    def rule_for(self, channel: Channel) -> FirstContactRule | None:
        """The first rule that fits the channel; None when no clock runs."""
        return next((r for r in self.rules if r.channel_id in (None, channel.pk)), None)

    def due_at(self, rule: FirstContactRule | None, received_at: datetime) -> datetime | None:
        if rule is None:
            return None
        return workdays.due(received_at, rule.hours, workdays.Unit(rule.unit), self.calendar)


def due_at(rule: FirstContactRule | None, received_at: datetime) -> datetime | None:
    """The moment by which the first contact must have happened. List, timer and alert read the stored answer."""
    return Clocks().due_at(rule, received_at)


@dataclass(frozen=True)
class Timer:
    """What a list shows of a clock: `left` in the rule's own hours, negative when over; `done_in` once contacted."""

    total: timedelta
    left: timedelta
    done_in: timedelta | None = None
    unit: workdays.Unit = workdays.Unit.CALENDAR
    due_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.done_in is None and self.left <= timedelta(0)

    @property
    def hours(self) -> int:
        return round(self.total.total_seconds() / 3600)

    @property
    def share(self) -> float:
        """How much of the time is gone, 0 to 1."""
        return min(1.0, max(0.0, 1 - self.left / self.total)) if self.total else 1.0


def timer(lead: Lead, now: datetime, clocks: Clocks) -> Timer | None:
    """The lead's clock as it stands now; None when it has none or was put aside first. Reads `lead.clock_rule`."""
    if lead.first_contact_due_at is None:
        return None
    if lead.first_contacted_at is None and lead.state not in Lead.OPEN:
        return None
    rule = lead.clock_rule
    unit = workdays.Unit(rule.unit) if rule else workdays.Unit.CALENDAR
    total = timedelta(hours=rule.hours) if rule else lead.first_contact_due_at - lead.received_at
    if lead.first_contacted_at:
        used = workdays.elapsed(lead.received_at, lead.first_contacted_at, unit, clocks.calendar)
        return Timer(total, total - used, used)
    left = workdays.remaining(now, lead.first_contact_due_at, unit, clocks.calendar)
    return Timer(total, left, unit=unit, due_at=lead.first_contact_due_at)


@transaction.atomic
def mark_contacted(lead: Lead, at: datetime, *, by: User) -> Lead:
    """Somebody has spoken with the lead: its clock stops. A later contact changes nothing, an earlier one corrects."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    known = lead.first_contacted_at
    if known is not None and known <= at:
        return lead
    lead.first_contacted_at = at
    if lead.state == Lead.State.NEW:
        lead.state = Lead.State.CONTACTED
    lead.save(update_fields=["first_contacted_at", "state"])
    if known is None:
        events.record(LeadEvent.CONTACTED, lead, by=by, at=at)
    return lead


def raise_alerts(now: datetime, *, by: User) -> int:
    """Records once per lead that its deadline has passed. Returns how many."""
    raised = 0
    for lead in list(
        Lead.objects.breached(now).filter(breach_alerted_at=None).order_by("first_contact_due_at")
    ):
        with transaction.atomic():
            claim = Lead.objects.breached(now).filter(pk=lead.pk, breach_alerted_at=None)
            if claim.update(breach_alerted_at=now):  # 0: contacted meanwhile, or another worker was first
                events.record(LeadEvent.BREACHED, lead, by=by, at=now, due_at=lead.first_contact_due_at)
                raised += 1
    return raised


def warn(now: datetime, *, by: User) -> int:
    """Records once per lead that three quarters of its time, counted in its own hours, are gone. Returns how many."""
    clocks, warned = Clocks(), 0
    soon = now + timedelta(days=10)
    waiting = Lead.objects.waiting().filter(near_alerted_at=None, first_contact_due_at__range=(now, soon))
    for lead in waiting.select_related("clock_rule").order_by("first_contact_due_at")[:2000]:
        clock = timer(lead, now, clocks)
        if clock is None or clock.share < 0.75:
            continue
        with transaction.atomic():
            claim = Lead.objects.waiting().filter(pk=lead.pk, near_alerted_at=None)
            if claim.update(near_alerted_at=now):
                events.record(LeadEvent.CLOCK_NEAR, lead, by=by, at=now, due_at=lead.first_contact_due_at)
                warned += 1
    return warned


def tell_of_breach(event: Event) -> None:
    """Subscriber of `lead.breached`: the owner and the managers above hear of this deadline once."""
    lead = Lead.objects.select_related("owner", "team").get(pk=event.subject_id)
    notices.tell(
        [lead.owner, *teams.managers_of(lead.team)],
        topic=f"lead {lead.pk} overdue {event.data['due_at']}",
        kind=LeadEvent.BREACHED,
        text=gettext_noop("%(lead)s is past its first-contact deadline."),
        url=lead.get_absolute_url(),
        about=lead,
        lead=lead.search_title,
    )


def tell_new_owner(event: Event) -> None:
    """Subscriber of `lead.assigned`: whoever was handed a lead by somebody else hears of it."""
    lead = Lead.objects.select_related("owner").get(pk=event.subject_id)
    if lead.owner_id == event.actor_id:
        return
    notices.tell(
        [lead.owner],
        topic=f"lead {lead.pk} assigned {event.pk}",
        kind=LeadEvent.ASSIGNED,
        text=gettext_noop("%(lead)s is yours now."),
        url=lead.get_absolute_url(),
        about=lead,
        lead=lead.search_title,
    )


@transaction.atomic
def change_rule(
    rule: FirstContactRule, *, hours: int, unit: str, by: User, now: datetime | None = None
) -> FirstContactRule:
    """Another number of hours or another way to count them, for all leads that still wait under the rule."""
    rule = FirstContactRule.objects.select_for_update().get(pk=rule.pk)
    before = {"hours": rule.hours, "unit": rule.unit}
    rule.hours, rule.unit = hours, unit
    after = {"hours": rule.hours, "unit": rule.unit}
    if after == before:
        return rule
    rule.save(update_fields=["hours", "unit"])
    recompute(Lead.objects.waiting().filter(clock_rule=rule), now or timezone.now())
    events.record(LeadEvent.CLOCK_CHANGED, rule, by=by, before=before, after=after)
    return rule


def recompute(leads: Iterable[Lead], now: datetime, batch: int = 1000) -> None:
    """Sets the deadlines anew. One that lies in the future again is armed again."""
    clocks = Clocks()
    changed = []
    for lead in leads.select_related("clock_rule").iterator(chunk_size=batch):  # type: ignore[attr-defined]
        lead.first_contact_due_at = clocks.due_at(lead.clock_rule, lead.received_at)
        if lead.first_contact_due_at and lead.first_contact_due_at > now:
            lead.breach_alerted_at = None
        changed.append(lead)
    Lead.objects.bulk_update(changed, ["first_contact_due_at", "breach_alerted_at"], batch_size=batch)


def follow_calendar(event: Event) -> None:
    """Subscriber of `calendar.changed`: every lead that waits gets its deadline anew, through the same function."""
    recompute(Lead.objects.waiting().exclude(clock_rule=None), timezone.now())
