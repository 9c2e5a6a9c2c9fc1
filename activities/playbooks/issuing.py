"""Todos that a deal gets by itself where it arrives: each step of the playbook once a deal, however often it comes by."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from activities import switching, todos
from activities.models import PlaybookStep, Todo
from crm.lib import workdays
from crm.lib.text import clean_text
from pipeline.deal_events import DealEvent
from pipeline.models import Deal, Stage
from staff import events, versions, working_time
from staff.models import Event, User


class PlaybookEvent:
    CHANGED = "playbook.changed"


def issue(event: Event) -> None:
    """Subscriber: a deal was made, moved, won or lost. The todos of the stage where it stands now, due on its owner's days.

    A move that is taken back brings none: it takes away what it had brought, as far as nobody has done it. A deal that is
    opened again takes away what its end had brought.
    """
    if event.data.get("undo") or event.kind == DealEvent.REOPENED:
        _withdraw(event)
    if event.data.get("undo"):
        return
    deal = Deal.objects.select_related("owner", "stage").get(pk=event.subject_id)
    if event.after.get("stage") not in (None, deal.stage_id):
        return  # it has moved on meanwhile; that move brings its own
    steps = list(PlaybookStep.objects.filter(stage=deal.stage_id, is_active=True))
    if not steps:
        return
    calendar, system = working_time.of_person(deal.owner), User.objects.system()
    for step in steps:
        todos.add_todo(
            step.title,
            owner=deal.owner,
            by=system,
            due_on=workdays.add(timezone.localdate(event.happened_at), step.due_days, calendar),
            kind=step.kind,
            deal=deal,
            origin=f"playbook {step.pk} deal {deal.pk}",
        )


@transaction.atomic
def _withdraw(event: Event) -> None:
    deal = Deal.objects.select_for_update().get(pk=event.subject_id)
    left = event.before.get("stage")
    came = deal.moves.filter(to_stage=left, at__lte=event.happened_at).order_by("-pk").first()
    if came is None:
        return
    steps = PlaybookStep.objects.filter(stage=left).values_list("pk", flat=True)
    origins = [f"playbook {step} deal {deal.pk}" for step in steps]
    todos.remove_issued(deal, Todo.objects.filter(origin__in=origins, created_at__gte=came.at))


@transaction.atomic
def save_step(
    stage: Stage,
    title: str,
    kind: str,
    due_days: int,
    *,
    by: User,
    step: PlaybookStep | None = None,
    seen: int | None = None,
    at: datetime | None = None,
) -> PlaybookStep:
    """A new step at the end, or another wording of one, now or `at`. Todos that were issued stay as they are.

    Raises versions.Stale when the `step` is not the version `seen` any more.
    """
    before: dict[str, object] = {}
    if step is None:
        last = PlaybookStep.objects.filter(stage=stage).order_by("-position").first()
        step = PlaybookStep(stage=stage, created_by=by, position=last.position + 1 if last else 0)
    else:
        step = PlaybookStep.objects.select_for_update().get(pk=step.pk)
        if seen is not None:
            versions.require(step, seen)
        before = _told(step)
    step.title, step.kind, step.due_days = clean_text(title).strip()[:120], kind, due_days
    after = _told(step)
    if after != before:
        step.version += bool(before)
        step.save()
        events.record(PlaybookEvent.CHANGED, step, by=by, before=before, after=after, stage=stage.pk, at=at)
    return step


def switch(step: PlaybookStep, on: bool, *, by: User) -> PlaybookStep:
    """In use, or no longer; what it issued stays."""
    return switching.switch(step, on, kind=PlaybookEvent.CHANGED, by=by, stage=step.stage_id)


def _told(step: PlaybookStep) -> dict[str, object]:
    return {"title": step.title, "kind": step.kind, "due_days": step.due_days}
