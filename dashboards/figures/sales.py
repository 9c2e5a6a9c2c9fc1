"""What is won and what is expected, against the target: the same for a person, a team and the company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Count, F, Q, Sum

from crm.lib.questions import Combined, Question, Row, only, totals
from dashboards.figures import links
from dashboards.figures.kpis import IS_WON
from dashboards.figures.periods import Period
from dashboards.models import TargetQuerySet
from pipeline.models import Stage
from pipeline.models.deal import DealQuerySet


@dataclass(frozen=True)
class Deals:
    """So many deals with so much money, and the list of them."""

    count: int
    amount: Decimal
    url: str


@dataclass(frozen=True)
class InStage:
    """The open deals of a stage that are due in the period: how many, their weighted amount, and the whole of it."""

    stage: Stage
    count: int
    weighted: Decimal
    url: str
    amount: Decimal


@dataclass(frozen=True)
class Expected:
    """受注見込み: won so far, plus the weighted amounts of what is due; `undated` is not in it."""

    won: Deals
    stages: list[InStage]
    undated: Deals
    target: Decimal | None
    # The open deals in it, of all stages.
    due_url: str

    @property
    def open_amount(self) -> Decimal:
        return sum((s.weighted for s in self.stages), Decimal(0))

    @property
    def open_count(self) -> int:
        return sum(s.count for s in self.stages)

    @property
    def amount(self) -> Decimal:
        return self.won.amount + self.open_amount

    @property
    def gap(self) -> Decimal | None:
        """What is missing for the target; nothing when it is reached."""
        return None if self.target is None else max(self.target - self.amount, Decimal(0))

    @property
    def percent(self) -> int | None:
        return int(100 * self.amount / self.target) if self.target else None

    @property
    def due_amount(self) -> Decimal:
        """What is due, not weighted."""
        return sum((s.amount for s in self.stages), Decimal(0))

    @property
    def cover(self) -> Decimal | None:
        """How many times what is left to the target is due; None without a target, or when it is won already."""
        if self.target is None or self.target <= self.won.amount:
            return None
        return (self.due_amount / (self.target - self.won.amount)).quantize(Decimal("0.1"))


def expected(
    deals: DealQuerySet, targets: TargetQuerySet, period: Period, today: date, **keys: Any
) -> Combined[Expected]:
    """受注見込み of the period: 受注済み + 加重 of the open deals due in it, beside the target.

    `keys` narrow the lists behind it as `deals` is narrowed (owner=…).
    """
    return Combined(
        partial(Expected, due_url=links.deals(**due_days(period, today), **keys)),
        {
            "won": won(deals, period, **keys),
            "stages": weighted_by_stage(deals, period, today, **keys),
            "undated": undated(deals, **keys),
            "target": target(targets, period),
        },
    )


def won(deals: DealQuerySet, period: Period, **keys: Any) -> Question[Deals]:
    """受注済み: the amounts of the deals won in the period."""
    rows = totals(
        deals.filter(IS_WON, period.has_moment("closed_at")), count=Count("pk"), amount=Sum("amount")
    )
    return Question(rows, lambda rows: _deals(only(rows), links.closed_deals(Stage.Kind.WON, period, **keys)))


def due_in(period: Period, today: date) -> Q:
    """Expected to close in the period. What should have closed before and is still open is due now."""
    if today in period:
        return Q(close_on__lte=period.last)
    return period.has_day("close_on")


def due_days(period: Period, today: date) -> dict[str, date]:
    """`due_in` as the list of deals says it."""
    until = {"close_to": period.last}
    return until if today in period else {"close_from": period.first} | until


def weighted_by_stage(
    deals: DealQuerySet, period: Period, today: date, **keys: Any
) -> Question[list[InStage]]:
    """The stored weighted amounts (amount × probability) of the open deals due in the period, the latest stage first."""
    rows = (
        deals.open()
        .filter(due_in(period, today))
        .order_by()
        .values("stage_id", position=F("stage__position"), ja=F("stage__name_ja"), en=F("stage__name_en"))
        .annotate(count=Count("pk"), weighted=Sum("weighted_amount"), amount=Sum("amount"))
        .order_by("-position")
    )
    keys |= due_days(period, today)

    def read(rows: list[Row]) -> list[InStage]:
        return [
            InStage(
                _stage(row),
                row["count"],
                Decimal(row["weighted"]),
                links.deals(stage=row["stage_id"], **keys),
                Decimal(row["amount"] or 0),
            )
            for row in rows
        ]

    return Question(rows, read)


def undated(deals: DealQuerySet, **keys: Any) -> Question[Deals]:
    """The open deals without an expected close: their weighted amount belongs to no period."""
    rows = totals(deals.open().filter(close_on=None), count=Count("pk"), amount=Sum("weighted_amount"))
    return Question(rows, lambda rows: _deals(only(rows), links.deals(close="none", **keys)))


def target(targets: TargetQuerySet, period: Period) -> Question[Decimal | None]:
    """The sum of the months' targets; None when none is set."""
    rows = totals(targets.filter(period.has_day("month")), amount=Sum("amount"))

    def read(rows: list[Row]) -> Decimal | None:
        amount = only(rows)["amount"]
        return Decimal(amount) if amount else None

    return Question(rows, read)


def _deals(row: Row, url: str) -> Deals:
    return Deals(row["count"], Decimal(row["amount"] or 0), url)


def _stage(row: Row) -> Stage:
    return Stage(pk=row["stage_id"], name_ja=row["ja"], name_en=row["en"], position=row["position"])
