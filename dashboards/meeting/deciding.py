"""Deciding about a deal in the meeting: at once a todo, a change of the deal where there is one, and its history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from activities import todos
from activities.models import ActivityKind
from crm.lib.text import clean_text
from dashboards.meeting import agenda
from dashboards.meeting.meeting_events import MeetingEvent
from dashboards.meeting.models import Decision, Meeting
from pipeline import deals, moves
from pipeline.deal_events import DealEvent
from pipeline.models import Deal, LossReason
from staff import access, events, notices, versions
from staff.models import Event, User

Kind = Decision.Kind


class NothingToDo(Exception):
    """A decision says what is to be done."""


@dataclass(frozen=True)
class Choice:
    """What was decided: what to do, who, by when; a new expected close, or the reason of a loss."""

    kind: str
    title: str
    owner: User
    due_on: date
    close_on: date | None = None
    reason: LossReason | None = None


@transaction.atomic
def decide(meeting: Meeting, deal: Deal, choice: Choice, *, by: User, seen: int, now: datetime) -> Decision:
    """Writes the decision down and does it: todo, new date or loss. The meeting goes on to its next item.

    `seen` is the version of the deal that was on the screen. Raises MeetingOver, Stale, Conflict, ReasonMissing or
    PermissionDenied; then nothing has changed.
    """
    title = clean_text(choice.title).strip()[:160]
    if not title:
        raise NothingToDo
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "edit deal", deal)
    versions.require(deal, seen)
    if choice.kind == Kind.LOSE:
        choice = replace(choice, owner=deal.owner, due_on=timezone.localdate(now))
    _require_sight(choice.owner, deal)
    made = _change(deal, choice, by=by, seen=seen, now=now)
    todo = None
    if choice.kind != Kind.LOSE:
        todo = todos.add_todo(
            title, owner=choice.owner, by=by, due_on=choice.due_on, kind=ActivityKind.CALL, deal=deal, at=now
        )
    meeting = agenda.locked(meeting, by=by)
    decision = Decision.objects.create(
        meeting=meeting, deal=deal, topic=meeting.topic, kind=choice.kind, title=title, owner=choice.owner,
        due_on=choice.due_on, todo=todo, made=made, by=by, at=now,
    )  # fmt: skip
    events.record(
        MeetingEvent.DECIDED, deal, by=by, at=now, decision=choice.kind, title=title, owner=choice.owner.pk,
        who=choice.owner.family_name, due_on=choice.due_on, meeting=meeting.pk,
    )  # fmt: skip
    _tell(decision, by)
    agenda.went_on(meeting, agenda.step(meeting, 1))
    return decision


def _require_sight(person: User, deal: Deal) -> None:
    """A promise about a deal that one may not see would never be found again."""
    if not Deal.objects.visible_to(person).filter(pk=deal.pk).exists():
        raise PermissionDenied(_("%(name)s may not see this deal.") % {"name": person.full_name})


def _change(deal: Deal, choice: Choice, *, by: User, seen: int, now: datetime) -> dict[str, Any]:
    """What the decision changes on the deal itself; and what undoing it will need."""
    if choice.kind == Kind.LOSE:
        return _lose(deal, choice, by=by, seen=seen, now=now)
    if choice.kind != Kind.NEW_DATE or choice.close_on is None:
        return {}
    changed = deals.edit_deal(deal, {"close_on": choice.close_on}, {"close_on": deal.close_on}, by=by, at=now)
    if changed.version == deal.version:
        return {}
    edit = Event.objects.filter(deal_id=deal.pk, kind=DealEvent.EDITED).order_by("-pk")[0]
    return {"edit": edit.pk}


def _lose(deal: Deal, choice: Choice, *, by: User, seen: int, now: datetime) -> dict[str, Any]:
    if choice.reason is None:
        raise moves.ReasonMissing
    lost = moves.lose_deal(deal, by=by, seen=seen, reason=choice.reason, at=now)
    return {"lost": lost.version}


def _tell(decision: Decision, by: User) -> None:
    """Whoever has to do it hears of it, unless they decided it themselves or sat there as the deal's owner."""
    if decision.todo is None or decision.owner_id in (by.pk, decision.deal.owner_id):
        return
    notices.tell(
        [decision.owner],
        topic=f"decision {decision.pk}",
        kind=MeetingEvent.DECIDED,
        text=gettext_noop("Decided in the meeting: %(title)s (%(deal)s)"),
        url=decision.deal.get_absolute_url(),
        about=decision.deal,
        title=decision.title,
        deal=decision.deal.name,
    )


@transaction.atomic
def take_back(decision: Decision, *, by: User, now: datetime) -> Decision:
    """Undoes a decision: its todo goes unless it is done, the date or the loss is taken back.

    Raises Stale, Conflict or NotMet when somebody has changed the deal since; then nothing has changed.
    """
    deal = Deal.objects.select_for_update().get(pk=decision.deal_id)
    access.require(by, "edit deal", deal)
    meeting = agenda.locked(decision.meeting, by=by)
    decision = Decision.objects.select_for_update().get(pk=decision.pk)
    if decision.undone_at is not None:
        return decision
    if "lost" in decision.made:
        moves.take_back(deal, by=by, seen=decision.made["lost"])
    if "edit" in decision.made:
        deals.take_back_edit(deal, Event.objects.get(pk=decision.made["edit"]), by=by)
    if decision.todo is not None:
        todos.withdraw_todo(decision.todo, by=by)
        decision.todo = None
    decision.undone_at = now
    decision.save(update_fields=["undone_at", "todo"])
    events.record(MeetingEvent.TAKEN_BACK, deal, by=by, at=now, title=decision.title, meeting=meeting.pk)
    agenda.went_on(meeting, _place_after(meeting, decision))
    return decision


def _place_after(meeting: Meeting, undone: Decision) -> tuple[str, int]:
    """What was decided last is open again: back to it. Earlier decisions are taken back from where the meeting is."""
    items = meeting.agenda.get(undone.topic, [])
    if undone.deal_id not in items or meeting.decisions.standing().filter(at__gt=undone.at).exists():
        return meeting.topic, meeting.place
    return undone.topic, items.index(undone.deal_id)
