"""今日: what a rep does now, of their own records alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q

from activities.models import CONTACT_KINDS, Activity, ActivityKind, Todo, TodoQuerySet
from crm.lib import names, workdays
from dashboards.figures import links, periods
from dashboards.figures.questions import Question, Row, only, totals
from django.db.models import DateField
from django.db.models.functions import TruncWeek
from django.urls import reverse
from leads.models import Lead, LeadQuerySet
from pipeline.models import Deal, DealQuerySet
from staff.models import User

MOST_TODOS = 60
MOST_DEALS = 8
MOST_LEADS = 5
WEEKS = 6

# Public key → order inside a group. Those without the value come last.
TODO_ORDERS: dict[str, list[Any]] = {
    "due": [F("due_on"), F("due_time").asc(nulls_last=True), F("pk")],
    "amount": [F("deal__amount").desc(nulls_last=True), F("due_on"), F("pk")],
    "score": [F("lead__score").desc(nulls_last=True), F("due_on"), F("pk")],
}


@dataclass(frozen=True)
class FollowUps:
    """How many todos are open until the end of the week: overdue, of today, of the rest of the week."""

    overdue: int
    today: int
    week: int

    @property
    def count(self) -> int:
        return self.overdue + self.today + self.week


def due_this_week(user: User, today: date) -> TodoQuerySet:
    """今週やるべきフォロー: one's open todos that are overdue or due until Sunday. Menu and page count the same."""
    last = periods.week_of(today).last
    return Todo.objects.visible_to(user).open().filter(owner=user, due_on__lte=last)


def follow_up_counts(user: User, today: date) -> Question[FollowUps]:
    """The todos of `due_this_week`, counted by group."""
    rows = totals(
        due_this_week(user, today),
        overdue=Count("pk", filter=Q(due_on__lt=today)),
        today=Count("pk", filter=Q(due_on=today)),
        week=Count("pk", filter=Q(due_on__gt=today)),
    )
    return Question(
        rows, lambda rows: FollowUps(*(only(rows)[name] for name in ("overdue", "today", "week")))
    )


def follow_ups(user: User, today: date, order: str) -> list[Todo]:
    """The first of them to show, group by group, each in the order asked for."""
    group = Q(due_on__lt=today), Q(due_on=today)
    rows = due_this_week(user, today).for_rows()
    if order != "due":
        rows = rows.alias(is_later=Q(due_on__gt=today), is_now=group[1]).order_by(
            "is_later", "is_now", *TODO_ORDERS[order]
        )
    else:
        rows = rows.order_by(*TODO_ORDERS["due"])
    return list(rows[:MOST_TODOS])


# Missing -------------------------------------------------------------------------------------------


def deals_in_hand(user: User) -> DealQuerySet:
    """商談別の足りないもの: one's open deals, the most valuable first; the page shows what each still lacks."""
    return (
        Deal.objects.visible_to(user)
        .open()
        .filter(owner=user)
        .for_cards()
        .select_related("contact")
        .order_by("-weighted_amount", "pk")
    )


# First contact -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WaitingLead:
    """A lead whose clock runs, as the short list shows it."""

    name: str
    score: int
    received_at: datetime
    due_at: datetime | None
    hours: int
    left: timedelta | None
    url: str

    @property
    def is_over(self) -> bool:
        return self.left is not None and self.left < timedelta(0)
