"""今日: what a rep does now, of their own records alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, DateField, F, Q, QuerySet, Window
from django.db.models.functions import TruncWeek
from django.utils.translation import gettext as _

from activities.models import CONTACT_KINDS, Activity, ActivityKind, Todo, TodoQuerySet
from crm.lib.kept import kept
from crm.lib.questions import Question, Row, only, totals
from dashboards import missing
from dashboards.figures import links, periods
from leads import first_contact
from leads.models import FirstContactRule, Lead
from pipeline.models import Deal
from pipeline.models.deal import DealQuerySet
from staff.models import User
from staff.readers import Reader

# More than anybody does in a day; and what who wants to see all gets.
MOST_TODOS, ALL_TODOS = 25, 200
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


@kept
def follow_ups(reader: Reader, order: str, most: int = MOST_TODOS) -> QuerySet[Todo]:
    """The first of them to show, group by group, each in the order asked for."""
    today = reader.day
    rows = due_this_week(reader.user, today).only_rows()
    rows = rows.alias(is_now=Q(due_on=today), is_later=Q(due_on__gt=today))
    return rows.order_by("is_later", "is_now", *TODO_ORDERS[order])[:most]


# Missing -------------------------------------------------------------------------------------------


@kept
def deals_in_hand(reader: Reader) -> DealQuerySet:
    """商談別の足りないもの: one's most valuable open deals; the page shows what each still lacks."""
    mine = Deal.objects.visible_to(reader.user).open().filter(owner=reader.user)
    return missing.rows(mine).order_by("-weighted_amount", "pk")[:MOST_DEALS]


def nearly_stalled(user: User, today: date) -> list[Deal]:
    """The two deals that will stall next: what to look at when every follow-up is done."""
    upcoming = Deal.objects.visible_to(user).open().filter(owner=user, stalls_on__gt=today)
    return list(missing.rows(upcoming).order_by("stalls_on", "pk")[:2])


# First contact -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WaitingLead:
    """A lead whose clock runs, with the clock as it stands."""

    lead: Lead
    timer: first_contact.Timer | None

    @property
    def hours(self) -> float:
        """How long the clock runs in all."""
        return self.timer.total.total_seconds() / 3600 if self.timer else 0


@dataclass(frozen=True)
class WaitingLeads:
    """How many wait, and the most urgent of them."""

    count: int
    nearest: list[WaitingLead]


_LEAD_FIELDS = "id", "company_name", "family_name", "given_name", "email", "score"


def waiting_leads(user: User) -> Question[tuple[int, list[Lead]]]:
    """初回接触の期限: one's leads nobody has spoken with yet (`Lead.objects.waiting()`): how many, and the nearest deadlines."""
    rows = (
        Lead.objects.visible_to(user)
        .waiting()
        .filter(owner=user)
        .annotate(hours=F("clock_rule__hours"), unit=F("clock_rule__unit"), count=Window(Count("pk")))
        .order_by("first_contact_due_at", "pk")
        .values(*_LEAD_FIELDS, "received_at", "first_contact_due_at", "hours", "unit", "count")[:MOST_LEADS]
    )
    return Question(rows, lambda rows: (rows[0]["count"] if rows else 0, [_lead(row) for row in rows]))


def with_clocks(found: tuple[int, list[Lead]], user: User, now: datetime) -> WaitingLeads:
    """The leads of `waiting_leads` with their clocks as they stand."""
    count, leads = found
    clocks = first_contact.Clocks.for_reader(user)
    return WaitingLeads(count, [WaitingLead(lead, first_contact.timer(lead, now, clocks)) for lead in leads])


def _lead(row: Row) -> Lead:
    due_at = row["first_contact_due_at"]
    return Lead(
        **{name: row[name] for name in _LEAD_FIELDS},
        received_at=datetime.fromisoformat(row["received_at"]),
        first_contact_due_at=datetime.fromisoformat(due_at) if due_at else None,
        clock_rule=FirstContactRule(hours=row["hours"], unit=row["unit"]) if row["hours"] else None,
    )


# Own week ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Effort:
    """One kind of own work: this week, and week by week with this one as the last."""

    key: str
    weeks: list[int]
    url: str

    @property
    def count(self) -> int:
        return self.weeks[-1]

    @property
    def last_week(self) -> int:
        return self.weeks[-2]

    @property
    def label(self) -> str:
        return {"calls": _("Calls"), "first_contacts": _("First contacts"), "proposals": _("Proposals")}[
            self.key
        ]


# 初回接触: the activity that was the first contact of its lead, or of its deal.
IS_FIRST_CONTACT = Q(reached=True, kind__in=CONTACT_KINDS) & (
    Q(lead__first_contacted_at=F("at")) | Q(deal__first_contacted_at=F("at"))
)
EFFORTS = {
    "calls": Q(kind=ActivityKind.CALL),
    "first_contacts": IS_FIRST_CONTACT,
    "proposals": Q(kind=ActivityKind.PROPOSAL),
}


def own_efforts(user: User, today: date) -> Question[list[Effort]]:
    """自分の今週: one's calls, first contacts and proposals by week (Monday to Sunday), counted from what was logged."""
    this_week = periods.week_of(today)
    mondays = [this_week.first - timedelta(weeks=n) for n in reversed(range(WEEKS))]
    rows = (
        Activity.objects.visible_to(user)
        .filter(periods.Period(mondays[0], this_week.last).has_moment("at"), by=user)
        .order_by()
        .values(week=TruncWeek("at", output_field=DateField()))
        .annotate(**{key: Count("pk", filter=which) for key, which in EFFORTS.items()})
    )

    def read(rows: list[Row]) -> list[Effort]:
        by_week = {date.fromisoformat(row["week"][:10]): row for row in rows}
        return [
            Effort(
                key,
                [by_week.get(m, {}).get(key, 0) for m in mondays],
                links.person_week(this_week, user.pk, key),
            )
            for key in EFFORTS
        ]

    return Question(rows, read)
