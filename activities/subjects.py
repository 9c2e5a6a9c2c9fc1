"""What an activity or a todo is about: a deal, a lead or a company, named alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import get_language

from accounts.models import Company
from activities.models import Todo
from crm.lib import money
from crm.lib.text import dot
from leads.models import Lead
from pipeline.models import Deal
from staff import access
from staff.models import User

# In the order in which they are asked for; the names of the form fields.
KINDS = ("deal", "lead", "company")


@dataclass(frozen=True)
class Subject:
    """`kind` and `record`, and how a form names them: `title` with the person, `sub` with where it stands."""

    kind: str
    record: Any

    @property
    def pk(self) -> int:
        return int(self.record.pk)

    @property
    def url(self) -> str:
        return str(self.record.get_absolute_url())

    @property
    def is_settled(self) -> bool:
        """Won, lost, converted or turned away: nobody misses a next action."""
        if self.kind == "company":
            return False
        return not self.record.is_open

    @property
    def state(self) -> str:
        """How it ended, for what is settled: nobody is to take a lost deal for one that is under way."""
        if not self.is_settled:
            return ""
        return str(self.record.stage) if self.kind == "deal" else str(self.record.get_state_display())

    @property
    def title(self) -> str:
        if self.kind == "deal":
            return " ".join(filter(None, [self.record.company.short_name, str(self.record.contact or "")]))
        if self.kind == "lead":
            return str(self.record.search_title)
        return str(self.record.name)

    @property
    def sub(self) -> str:
        if self.kind == "deal":
            amount = self.record.amount
            parts = [self.record.name, str(self.record.stage)]
            parts += [money.short(amount, get_language() or "ja")] if amount is not None else []
            return dot().join(parts)
        return str(self.record.search_sub)

    @property
    def initial(self) -> str:
        return self.title[:1]

    def as_arguments(self) -> dict[str, Any]:
        """For `log_activity` and `add_todo`."""
        return {self.kind: self.record}


def rows_of(kind: str) -> QuerySet[Any]:
    if kind == "deal":
        return Deal.objects.filter(deleted_at=None).select_related("company", "contact", "stage", "owner")
    if kind == "lead":
        return Lead.objects.kept().for_rows()
    return Company.objects.filter(deleted_at=None)


def find(user: User, params: Mapping[str, Any], *, to: str = "log activity") -> Subject | None:
    """The record that the parameters name, if the person may do `to` with it (404 or 403 otherwise); None for none."""
    for kind in KINDS:
        given = params.get(kind)
        if given:
            if not str(given).isdecimal() or len(str(given)) > 18:
                raise Http404
            return Subject(kind, access.get_for(user, rows_of(kind), int(given), to=to))
    return None


def of_todo(todo: Todo) -> Subject | None:
    for kind in KINDS:
        record = getattr(todo, kind)
        if record is not None:
            return Subject(kind, record)
    return None


def likely(user: User, limit: int = 8) -> list[Subject]:
    """Whom the person may just have called: what is due for them first, then their waiting leads and newest deals."""
    due = Todo.objects.visible_to(user).open().filter(owner=user).for_rows().select_related("deal__contact")
    found: dict[tuple[str, int], Subject] = {}
    for todo in due.order_by("due_on", "pk")[:limit]:
        _remember(found, of_todo(todo))
    for lead in (
        Lead.objects.visible_to(user).waiting().filter(owner=user).order_by("first_contact_due_at")[:limit]
    ):
        _remember(found, Subject("lead", lead))
    deals = Deal.objects.visible_to(user).open().filter(owner=user).order_by("-last_activity_at", "-pk")
    for deal in deals.select_related("company", "contact", "stage")[:limit]:
        _remember(found, Subject("deal", deal))
    return list(found.values())[:limit]


def _remember(found: dict[tuple[str, int], Subject], subject: Subject | None) -> None:
    if subject is not None:
        found.setdefault((subject.kind, subject.pk), subject)
