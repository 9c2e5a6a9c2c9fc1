"""What was done for a customer, written down in one go: the activity, what it changes, and what comes next."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Company, Contact
from activities import first_calls, todos
from activities.activity_events import ActivityEvent
from activities.models import CONTACT_KINDS, Activity, ActivityKind
from crm.lib.text import clean_text
from leads import first_contact
from leads.models import Lead
from pipeline.models import Deal
from staff import events
from staff.models import User


@transaction.atomic
def log_activity(
    kind: str,
    *,
    by: User,
    deal: Deal | None = None,
    lead: Lead | None = None,
    company: Company | None = None,
    contact: Contact | None = None,
    body: str = "",
    reached: bool = True,
    minutes: int | None = None,
    at: datetime | None = None,
    next_title: str = "",
    next_kind: str = "",
    next_on: date | None = None,
) -> Activity:
    """The activity. A contact that `reached` somebody stops the clock of a lead; `next_on` makes the next todo.

    An activity of a lead that has become a deal counts for the deal.
    """
    at = at or timezone.now()
    if lead is not None and deal is None and lead.deal_id:
        deal = lead.deal
    if deal is not None:
        deal = Deal.objects.select_for_update().get(pk=deal.pk)
        company = company or deal.company
        contact = contact or deal.contact
    elif lead is not None:
        company, contact = company or lead.company, contact or lead.contact
    activity = Activity.objects.create(
        kind=kind,
        deal=deal,
        lead=lead,
        company=company,
        contact=contact,
        body=clean_text(body).strip(),
        reached=reached,
        minutes=minutes,
        by=by,
        team_id=by.team_id,
        at=at,
    )
    counts = reached and kind in CONTACT_KINDS
    _touch(Company, activity.company_id, at)
    _touch(Contact, activity.contact_id, at)
    if deal is not None:
        note_on_deal(deal, kinds=[kind] if reached else [], last_at=at, contacted_at=at if counts else None)
    if counts:
        _stop_the_clock(lead, deal, at, by=by)
    if next_on is not None:
        next_kind = next_kind or ActivityKind.CALL
        todos.add_todo(
            next_title or str(ActivityKind(next_kind).label),
            owner=by,
            by=by,
            due_on=next_on,
            kind=next_kind,
            deal=deal,
            lead=lead if deal is None else None,
            company=company,
        )
    elif deal is not None:
        todos.refresh_next_action(deal, by=by)
    events.record(
        ActivityEvent.LOGGED,
        activity,
        by=by,
        at=at,
        # `kind` is the event's own.
        activity=kind,
        body=activity.body,
        reached=reached,
        minutes=minutes,
        next_on=next_on,
        contact=activity.contact_id,
    )
    return activity


def note_on_deal(
    deal: Deal, *, kinds: list[str], last_at: datetime | None, contacted_at: datetime | None
) -> None:
    """Keeps on the locked deal what its lists, stalls and criteria ask of its activities."""
    if last_at and (deal.last_activity_at is None or deal.last_activity_at < last_at):
        deal.last_activity_at = last_at
    if contacted_at and (deal.first_contacted_at is None or contacted_at < deal.first_contacted_at):
        deal.first_contacted_at = contacted_at
    deal.activity_kinds = sorted({*deal.activity_kinds, *kinds})
    if last_at:
        done = dict.fromkeys(kinds, last_at.astimezone(UTC).isoformat())
        deal.last_done |= {kind: max(deal.last_done.get(kind, ""), at) for kind, at in done.items()}
    deal.save(update_fields=["last_activity_at", "first_contacted_at", "activity_kinds", "last_done"])


def _stop_the_clock(lead: Lead | None, deal: Deal | None, at: datetime, *, by: User) -> None:
    """Also of a lead that became a deal before anybody had spoken with it."""
    if lead is None and deal is not None:
        lead = Lead.objects.filter(deal=deal, first_contacted_at=None).first()
    if lead is not None:
        first_contact.mark_contacted(lead, at, by=by)
        first_calls.complete(lead, by=by, at=at)


def _touch(model: type[Company] | type[Contact], pk: int | None, at: datetime) -> None:
    if pk is not None:
        older = Q(last_activity_at=None) | Q(last_activity_at__lt=at)
        model.objects.filter(older, pk=pk).update(last_activity_at=at)
