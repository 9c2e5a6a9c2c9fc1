"""Next actions: added, done, taken back, put off. A deal knows its nearest one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Company
from activities.activity_events import ActivityEvent
from activities.models import ActivityKind, Todo
from crm.lib.text import clean_text
from leads.models import Lead
from pipeline import exit_criteria, stalls
from pipeline.models import Deal, ExitCriterion
from staff import events, versions
from staff.models import CompanyProfile, Event, User


@transaction.atomic
def add_todo(
    title: str,
    *,
    owner: User,
    by: User,
    due_on: date,
    kind: str = ActivityKind.CALL,
    deal: Deal | None = None,
    lead: Lead | None = None,
    company: Company | None = None,
    criterion: ExitCriterion | None = None,
    due_time: time | None = None,
    origin: str | None = None,
    at: datetime | None = None,
) -> Todo:
    """The new todo; with an `origin` that has issued one before, that very todo. `at`: when it was planned."""
    _lock(deal)
    todo = write_todo(
        title, owner=owner, by=by, due_on=due_on, kind=kind, deal=deal, lead=lead, company=company,
        criterion=criterion, due_time=due_time, origin=origin, at=at,
    )  # fmt: skip
    refresh_next_action(deal, by=by)
    return todo


def write_todo(
    title: str,
    *,
    owner: User,
    by: User,
    due_on: date,
    kind: str,
    deal: Deal | None,
    lead: Lead | None,
    company: Company | None,
    criterion: ExitCriterion | None = None,
    due_time: time | None = None,
    origin: str | None = None,
    at: datetime | None = None,
) -> Todo:
    """The same for whoever has locked the deal and stores its next action afterwards."""
    if company is None:
        company = deal.company if deal else lead.company if lead else None
    todo = Todo(
        title=clean_text(title).strip()[:160],
        kind=kind,
        deal=deal,
        lead=lead,
        company=company,
        criterion=criterion,
        owner=owner,
        team_id=owner.team_id,
        due_on=due_on,
        due_time=due_time,
        origin=origin,
        created_by=by,
        created_at=at or timezone.now(),
    )
    try:
        with transaction.atomic():
            todo.save()
    except IntegrityError:
        if origin is None:
            raise
        return Todo.objects.get(origin=origin)
    events.record(
        ActivityEvent.TODO_ADDED,
        todo,
        by=by,
        at=todo.created_at,
        title=todo.title,
        due_on=due_on,
        owner=owner.pk,
    )
    return todo


@transaction.atomic
def complete_todo(todo: Todo, *, by: User, at: datetime | None = None) -> Todo:
    """Done. Doing it twice changes nothing: whoever was first has done it."""
    _lock(todo.deal)
    todo = _locked(todo)
    if todo.done_at is not None:
        return todo
    todo.done_at, todo.done_by = at or timezone.now(), by
    todo.save(update_fields=["done_at", "done_by"])
    events.record(ActivityEvent.TODO_COMPLETED, todo, by=by, at=todo.done_at, title=todo.title)
    refresh_next_action(todo.deal, by=by)
    return todo


@transaction.atomic
def reopen_todo(todo: Todo, *, by: User) -> Todo:
    """Takes a completion back."""
    _lock(todo.deal)
    todo = _locked(todo)
    if todo.done_at is None:
        return todo
    todo.done_at, todo.done_by = None, None
    todo.save(update_fields=["done_at", "done_by"])
    events.record(ActivityEvent.TODO_REOPENED, todo, by=by, title=todo.title)
    refresh_next_action(todo.deal, by=by)
    return todo


@transaction.atomic
def withdraw_todo(todo: Todo, *, by: User) -> bool:
    """Takes an open todo away as if it had never been planned; one that was done stays. True when it is gone."""
    _lock(todo.deal)
    found = Todo.objects.select_for_update().filter(pk=todo.pk, done_at=None).first()
    if found is None:
        return False
    events.record(ActivityEvent.TODO_WITHDRAWN, found, by=by, title=found.title)
    found.delete()
    refresh_next_action(todo.deal, by=by)
    return True


@transaction.atomic
def reschedule_todo(todo: Todo, due_on: date, *, by: User, seen: int, due_time: time | None = None) -> Todo:
    """Puts it on another day, and to no hour unless one is given.

    Raises versions.Stale when somebody has put it off or done it since the person saw it (`seen`); then nothing has changed.
    """
    _lock(todo.deal)
    todo = _locked(todo)
    if todo.done_at is not None:
        raise versions.Stale(todo)
    if (todo.due_on, todo.due_time) == (due_on, due_time):
        return todo
    versions.require(todo, seen)
    before = todo.due_on
    todo.due_on, todo.due_time = due_on, due_time
    todo.version += 1
    todo.save(update_fields=["due_on", "due_time", "version"])
    events.record(
        ActivityEvent.TODO_RESCHEDULED,
        todo,
        by=by,
        title=todo.title,
        before={"due_on": before},
        after={"due_on": due_on},
    )
    refresh_next_action(todo.deal, by=by)
    return todo


@transaction.atomic
def hand_over(event: Event) -> None:
    """Subscriber: the deal has another owner, and so have its open todos of the one before."""
    if not event.data.get("todos", True):
        return
    deal = Deal.objects.select_related("owner").get(pk=event.subject_id)
    left = Todo.objects.open().filter(deal=deal, owner=event.before.get("owner")).exclude(owner=deal.owner)
    left.update(owner=deal.owner, team=deal.team_id)


def remove_issued(deal: Deal, issued: QuerySet[Todo]) -> None:
    """Takes away what was issued to the locked deal and nobody has done: what brought it has been taken back."""
    if issued.filter(deal=deal, done_at=None).delete()[0]:
        refresh_next_action(deal)


def refresh_next_action(deal: Deal | None, *, by: User | None = None) -> None:
    """Keeps the nearest open todo on its deal, where board, stalls and criteria read it. Nothing to do without a deal."""
    if deal is not None:
        store_next_action(Deal.objects.select_for_update().get(pk=deal.pk), by=by)


def store_next_action(deal: Deal, *, by: User | None = None, also: Sequence[str] = ()) -> None:
    """The same on a locked deal: the action and what rests on it, with the fields named in `also`, in one UPDATE."""
    nearest = Todo.objects.open().filter(deal=deal).order_by("due_on", "due_time", "pk").first()
    before = [getattr(deal, name) for name in _OF_NEXT_ACTION]
    if nearest is None and deal.next_action_on is not None:
        deal.no_action_since = timezone.localdate()
    deal.next_action_on = nearest.due_on if nearest else None
    deal.next_action_kind = nearest.kind if nearest else ""
    standing = exit_criteria.Standing(deal)
    profile = by.company if by else CompanyProfile.load()
    stalls.settle(deal, standing.way.stall_rules_of(deal.stage), profile.calendar())
    standing.count()
    if also or [getattr(deal, name) for name in _OF_NEXT_ACTION] != before:
        deal.save(update_fields=[*_OF_NEXT_ACTION, *also])


_OF_NEXT_ACTION = (
    "next_action_on", "next_action_kind", "no_action_since", "stalls_on", "stall_why",
    *exit_criteria.COUNTED,
)  # fmt: skip


def _lock(deal: Deal | None) -> None:
    """The deal before its todo, as everywhere: two who tick at once leave the deal with one right answer."""
    if deal is not None:
        Deal.objects.select_for_update().get(pk=deal.pk)


def _locked(todo: Todo) -> Todo:
    return Todo.objects.select_for_update().get(pk=todo.pk)


def follow_owner(person: User) -> None:
    """The person is in another team now: their todos, open and closed, are seen there and no longer in the old one."""
    Todo.objects.filter(owner=person).exclude(team=person.team_id).update(team=person.team_id)
