"""Todos as lists show them: what each is about, whether it is late, whether this person may tick it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from activities import subjects
from activities.models import ActivityKind, Todo
from crm.lib import paths
from crm.lib.text import dot
from leads.models import Lead
from staff import access
from staff.models import User

ICONS = {
    ActivityKind.CALL: "phone",
    ActivityKind.MAIL: "mail",
    ActivityKind.MEETING: "users",
    ActivityKind.VISIT: "visit",
    ActivityKind.PROPOSAL: "doc",
    ActivityKind.MEMO: "edit",
}


@dataclass(frozen=True)
class TodoRow:
    """`url` and `about` are empty for a todo about nothing but oneself."""

    todo: Todo
    icon: str
    about: str
    url: str
    is_late: bool
    is_today: bool
    may_edit: bool
    # Met and all exit criteria of the deal's stage.
    pips: tuple[int, int] | None = None

    @property
    def tick_url(self) -> str:
        """Where the tick leads: done, or open again."""
        name = "activities:todo-open" if self.todo.done_at else "activities:todo-done"
        return paths.of(name, self.todo.pk)

    @property
    def tick_label(self) -> str:
        if self.todo.done_at:
            return _("Open again: %(title)s") % {"title": self.todo.title}
        return _("Done: %(title)s") % {"title": self.todo.title}


def rows(todos: Iterable[Todo], user: User, today: date) -> list[TodoRow]:
    """For todos read with `for_rows()`."""
    return [row(todo, user, today) for todo in todos]


def row(todo: Todo, user: User, today: date) -> TodoRow:
    subject = subjects.of_todo(todo)
    is_open = todo.done_at is None
    return TodoRow(
        todo=todo,
        icon=ICONS.get(ActivityKind(todo.kind), "task"),
        about=_about(subject) if subject else "",
        url=subject.url if subject else "",
        is_late=is_open and todo.due_on < today,
        is_today=is_open and todo.due_on == today,
        may_edit=access.allows(user, "edit todo", todo),
        pips=_pips(todo),
    )


def wants_next(todo: Todo) -> bool:
    """Whether its deal or lead is now without any next action."""
    if todo.deal is not None:
        return todo.deal.is_open and todo.deal.next_action_on is None
    if todo.lead is not None:
        return todo.lead.state in Lead.OPEN and not Todo.objects.open().filter(lead=todo.lead_id).exists()
    return False


def _pips(todo: Todo) -> tuple[int, int] | None:
    deal = todo.deal
    return (deal.criteria_met, deal.criteria_total) if deal and deal.is_open and deal.criteria_total else None


def _about(subject: subjects.Subject) -> str:
    if subject.kind == "deal":
        return f"{subject.record.company.short_name}{dot()}{subject.record.name}"
    return subject.title
