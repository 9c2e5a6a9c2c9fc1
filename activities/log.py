"""What was done for a customer, written down in one go: the activity, what it changes, and what comes next."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Company, Contact
from activities import first_calls, todos
from activities import minutes as minutes_kept
from activities.activity_events import ActivityEvent
from activities.models import CONTACT_KINDS, Activity, ActivityKind, TextUse, TextVersion
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
    text: TextVersion | None = None,
) -> Activity:
    """The activity. A contact that `reached` somebody stops the clock of a lead; `next_on` makes the next todo.

    An activity of a lead that has become a deal counts for the deal. `text`: the template that it was written with.
    """
    at = at or timezone.now()
    deal = _locked_deal(deal, lead)
    activity = _write(
        kind=kind, deal=deal, lead=lead, body=clean_text(body).strip(), reached=reached, minutes=minutes,
        company=company, contact=contact, by=by, at=at,
    )  # fmt: skip
    if text is not None:
        TextUse.objects.create(version=text, activity=activity)
    if reached and kind in CONTACT_KINDS:
        _stop_the_clock(lead, deal, at, by=by)
    if next_on is not None:
        _plan(activity, next_title, next_kind, next_on, by=by)
    if deal is not None:
        _let_the_deal_know(deal, activity, by=by)
    # `kind` is the event's own.
    events.record(
        ActivityEvent.LOGGED, activity, by=by, at=at, activity=kind, body=activity.body, reached=reached,
        minutes=minutes, next_on=next_on, contact=activity.contact_id, text=text.pk if text else None,
    )  # fmt: skip
    return activity


def _locked_deal(deal: Deal | None, lead: Lead | None) -> Deal | None:
    if lead is not None and deal is None and lead.deal_id:
        deal = lead.deal
    return Deal.objects.select_for_update().get(pk=deal.pk) if deal else None


def _let_the_deal_know(deal: Deal, activity: Activity, *, by: User) -> None:
    """What lists, stalls and criteria ask of the deal's activities, its next action, and what the memo answers."""
    counts = activity.reached and activity.kind in CONTACT_KINDS
    noted = note_on_deal(
        deal,
        kinds=[activity.kind] if activity.reached else [],
        last_at=activity.at,
        contacted_at=activity.at if counts else None,
    )
    todos.store_next_action(deal, by=by, also=noted)
    activity.answered = tuple(minutes_kept.keep_answers(deal, activity.body, by=by, at=activity.at))


def _write(*, company: Company | None, contact: Contact | None, by: User, **values: Any) -> Activity:
    """The row, and the day of the last contact beside it; company and person come from what it is about, unless they are given."""
    about = values["deal"] or values["lead"]
    activity = Activity.objects.create(
        **values,
        company_id=company.pk if company else about.company_id if about else None,
        contact_id=contact.pk if contact else about.contact_id if about else None,
        by=by,
        team_id=by.team_id,
    )
    _touch(Company, activity.company_id, activity.at)
    _touch(Contact, activity.contact_id, activity.at)
    return activity


def _plan(activity: Activity, title: str, kind: str, due_on: date, *, by: User) -> None:
    """The next todo, of the deal where there is one."""
    kind = kind or ActivityKind.CALL
    todos.write_todo(
        title or str(ActivityKind(kind).label),
        owner=by,
        by=by,
        due_on=due_on,
        kind=kind,
        deal=activity.deal,
        lead=activity.lead if activity.deal is None else None,
        company=activity.company,
    )


def note_on_deal(
    deal: Deal, *, kinds: list[str], last_at: datetime | None, contacted_at: datetime | None
) -> list[str]:
    """Sets on the locked deal what lists, stalls and criteria ask of its activities; the names of what is to be stored."""
    if last_at and (deal.last_activity_at is None or deal.last_activity_at < last_at):
        deal.last_activity_at = last_at
    if contacted_at and (deal.first_contacted_at is None or contacted_at < deal.first_contacted_at):
        deal.first_contacted_at = contacted_at
    deal.activity_kinds = sorted({*deal.activity_kinds, *kinds})
    if last_at:
        done = dict.fromkeys(kinds, last_at.astimezone(UTC).isoformat())
        deal.last_done |= {kind: max(deal.last_done.get(kind, ""), at) for kind, at in done.items()}
    return ["last_activity_at", "first_contacted_at", "activity_kinds", "last_done"]


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
