"""The next action of many deals at once: what the list's bulk edit can do beyond the deals themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from activities import todos
from activities.activity_events import ActivityEvent
from activities.forms import FutureDay
from activities.models import ActivityKind, Todo
from crm.lib import workdays
from pipeline import bulk_edit
from pipeline.models import Deal
from staff import access, events
from staff.models import User


class NextForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("The todo"), max_length=160)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=ActivityKind.choices, initial=ActivityKind.CALL
    )
    due_on = FutureDay(label=gettext_lazy("Due"), initial=lambda: workdays.add(timezone.localdate(), 3))


def _plan(deal: Deal, values: dict[str, Any], *, seen: int, by: User) -> dict[str, Any]:
    access.require(by, "edit deal", deal)
    todo = todos.add_todo(
        values["title"], owner=deal.owner, by=by, due_on=values["due_on"], kind=values["kind"], deal=deal
    )
    return {"todo": todo.pk}


@transaction.atomic
def _unplan(deal: Deal, undo: dict[str, Any], *, by: User) -> None:
    """The todo is gone as if it had never been planned; one that is done or put off meanwhile stays."""
    access.require(by, "edit deal", deal)
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    todo = Todo.objects.open().filter(pk=undo["todo"], version=1).first()
    if todo is None:
        raise bulk_edit.NothingToDo
    events.record(ActivityEvent.TODO_WITHDRAWN, todo, by=by, title=todo.title)
    todo.delete()
    todos.refresh_next_action(deal)


def register() -> None:
    """Called once, when the app is ready."""
    label = gettext_lazy("Decide the next action")
    bulk_edit.register(bulk_edit.Action("next", label, "clock", NextForm, _plan, _unplan))
