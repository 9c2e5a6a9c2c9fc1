"""The three figures of the sales method, each defined once for every page: 商談化率, ステージ別Win率, 平均リードタイム.

All of them look only at what is decided. A rate over what is still open would fall each time a new lead comes in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, ClassVar

from django.db.models import Aggregate, Avg, Count, DurationField, ExpressionWrapper, Q
from django.db.models.functions import Extract, TruncDate

from crm.lib.questions import Question, Row, Sql, only, sql_of, totals
from dashboards.figures import links
from dashboards.figures.periods import Period
from leads.models import Lead, LeadQuerySet
from pipeline.models import Stage
from pipeline.models.deal import DealQuerySet

IS_WON = Q(stage__kind=Stage.Kind.WON, closed_at__isnull=False, deleted_at=None)
IS_LOST = Q(stage__kind=Stage.Kind.LOST, closed_at__isnull=False, deleted_at=None)


@dataclass(frozen=True)
class Rate:
    """`part` of `whole`; without a whole there is no rate."""

    part: int = 0
    whole: int = 0

    @property
    def percent(self) -> int | None:
        return rounded(Decimal(100 * self.part) / self.whole) if self.whole else None


class Change:
    """How a `change` against the period before reads: its size without a sign, and whether it is good news."""

    more_is_better: ClassVar[bool] = True

    @property
    def change(self) -> int | None:
        raise NotImplementedError

    @property
    def change_size(self) -> int:
        return abs(self.change or 0)

    @property
    def is_better(self) -> bool:
        return (self.change or 0) > 0 if self.more_is_better else (self.change or 0) < 0


@dataclass(frozen=True)
class ComparedRate(Change):
    """A rate, the same of the period before, and the list behind it."""

    now: Rate
    before: Rate
    url: str

    @property
    def change(self) -> int | None:
        """Points of percent more than before."""
        if self.now.percent is None or self.before.percent is None:
            return None
        return self.now.percent - self.before.percent


DECIDED = Lead.DECIDED


def lead_to_deal_rate(
    leads: LeadQuerySet, period: Period, before: Period, **keys: Any
) -> Question[ComparedRate]:
    """商談化率 (SQL率): of the leads received in the period whose outcome is decided, the share that became deals.

    Decided are converted, 対象外 and 育成; those nobody has decided on do not count yet.
    """
    counts = {}
    for name, span in (("now", period), ("before", before)):
        counts[f"{name}_part"] = Count("pk", filter=span.has_moment("received_at") & Q(state="converted"))
        counts[f"{name}_whole"] = Count("pk", filter=span.has_moment("received_at") & Q(state__in=DECIDED))
    rows = leads.filter(
        deleted_at=None,
        received_at__gte=min(before.begins, period.begins),
        received_at__lt=max(before.ends, period.ends),
    )

    def read(rows: list[Row]) -> ComparedRate:
        row = only(rows)
        return ComparedRate(
            now=Rate(row["now_part"], row["now_whole"]),
            before=Rate(row["before_part"], row["before_whole"]),
            url=links.leads(period, state="decided", **keys),
        )

    return Question(totals(rows, **counts), read)


# Lead time ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Days:
    """How long something took: over how many, on average and in the middle; rounded to whole days."""

    count: int = 0
    average: int | None = None
    median: int | None = None


@dataclass(frozen=True)
class LeadTime(Change):
    more_is_better: ClassVar[bool] = False
    now: Days
    before: Days
    url: str

    @property
    def change(self) -> int | None:
        """Days more than before; fewer is better."""
        if self.now.average is None or self.before.average is None:
            return None
        return self.now.average - self.before.average


@dataclass(frozen=True)
class MonthOfLeadTime:
    month: date
    days: Days


class Median(Aggregate):
    """The middle of the values: unlike the average it is not moved by one deal of two years."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


# Whole days between two days of the calendar, not stretches of 24 hours: that is how people count them.
DAYS_TO_WIN = Extract(
    ExpressionWrapper(TruncDate("closed_at") - TruncDate("first_contacted_at"), output_field=DurationField()),
    "day",
)


def lead_time(deals: DealQuerySet, period: Period, before: Period) -> Question[LeadTime]:
    """平均リードタイム: days from the first contact to the order, of the deals won in the period; average and median.

    Deals won without any recorded first contact are left out.
    """
    sums: dict[str, Aggregate] = {}
    for name, span in (("now", period), ("before", before)):
        mine = span.has_moment("closed_at")
        sums[f"{name}_count"] = Count("pk", filter=mine)
        sums[f"{name}_average"] = Avg("days", filter=mine)
        sums[f"{name}_median"] = Median("days", filter=mine)
    rows = _won_after_contact(deals, min(before.first, period.first), max(before.last, period.last))

    def read(rows: list[Row]) -> LeadTime:
        row = only(rows)
        return LeadTime(_days(row, "now_"), _days(row, "before_"), links.closed_deals(Stage.Kind.WON, period))

    return Question(totals(rows, **sums), read)


def _won_after_contact(deals: DealQuerySet, first: date, last: date) -> DealQuerySet:
    return deals.filter(
        IS_WON, Period(first, last).has_moment("closed_at"), first_contacted_at__isnull=False
    ).annotate(days=DAYS_TO_WIN)


def _days(row: Row, prefix: str = "") -> Days:
    count = row[f"{prefix}count"]
    if not count:
        return Days()
    return Days(count, rounded(row[f"{prefix}average"]), rounded(row[f"{prefix}median"]))


# Stages ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StageRates:
    """How the deals that reached a stage went on."""

    stage: Stage
    # The stage after it; None after the last one, which leads to 受注.
    following: Stage | None
    # The share that reached the next stage, of those that did so or are lost.
    passed: ComparedRate
    # The share won, of those that are won or lost.
    won: ComparedRate


def stage_rates(deals: DealQuerySet, period: Period, before: Period) -> Question[list[StageRates]]:
    """ステージ別Win率 and 通過率 of the deals that first reached a stage in the period (a cohort, not a snapshot).

    A deal has reached a stage when it entered it or a later one; how it came back or jumped does not matter.
    通過率 = reached the next stage ÷ (reached it or lost). Win率 = won ÷ (won or lost). Open deals are undecided.
    """
    some = deals.filter(
        Q(closed_at=None) | Q(closed_at__gte=min(before.begins, period.begins)), deleted_at=None
    )
    text, params = sql_of(some.order_by().values("id", "stage_id"))
    spans = (period.begins, period.ends, before.begins, before.ends)

    def read(rows: list[Row]) -> list[StageRates]:
        following = [*(_stage(row) for row in rows[1:]), None]
        return [_stage_rates(row, after, period) for row, after in zip(rows, following, strict=True)]

    return Question(Sql(_STAGE_RATES.replace("{deals}", text), (*params, *spans)), read)


_STAGE_RATES = """
WITH d AS MATERIALIZED ({deals}),
steps AS (
  -- Each move with how far its deal had come before it, and how far it came in all.
  SELECT d.stage_id AS stands, t.pipeline_id, t.position, m.at, max(t.position) OVER (PARTITION BY m.deal_id) AS top,
         coalesce(max(t.position) OVER (PARTITION BY m.deal_id ORDER BY m.at, m.id
                                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), -1) AS before
  FROM d
  JOIN pipeline_stagemove m ON m.deal_id = d.id
  JOIN pipeline_stage t ON t.id = m.to_stage_id AND t.kind IN ('open', 'won')
),
fate AS (
  -- A move onwards is the first to reach every stage between.
  SELECT s.id AS stage, steps.at, now.kind, s.position < steps.top AS passed
  FROM steps
  JOIN pipeline_stage s ON s.pipeline_id = steps.pipeline_id AND s.kind = 'open'
                       AND s.position > steps.before AND s.position <= steps.position
  JOIN pipeline_stage now ON now.id = steps.stands
),
cohort AS MATERIALIZED (
  SELECT f.stage, p.name AS period,
         count(*) FILTER (WHERE f.passed) AS passed,
         count(*) FILTER (WHERE f.passed OR f.kind = 'lost') AS gone,
         count(*) FILTER (WHERE f.kind = 'won') AS won,
         count(*) FILTER (WHERE f.kind <> 'open') AS closed
  FROM fate f
  JOIN (VALUES ('now', %s::timestamptz, %s::timestamptz), ('before', %s, %s)) p (name, begins, ends)
    ON f.at >= p.begins AND f.at < p.ends
  GROUP BY f.stage, p.name
)
SELECT s.id, s.name_ja, s.name_en, s.position, s.pipeline_id,
       coalesce(n.passed, 0) AS now_passed, coalesce(n.gone, 0) AS now_left,
       coalesce(n.won, 0) AS now_won, coalesce(n.closed, 0) AS now_closed,
       coalesce(b.passed, 0) AS before_passed, coalesce(b.gone, 0) AS before_left,
       coalesce(b.won, 0) AS before_won, coalesce(b.closed, 0) AS before_closed
FROM pipeline_stage s
JOIN pipeline_pipeline pl ON pl.id = s.pipeline_id AND pl.is_default
LEFT JOIN cohort n ON n.stage = s.id AND n.period = 'now'
LEFT JOIN cohort b ON b.stage = s.id AND b.period = 'before'
WHERE s.kind = 'open'
ORDER BY s.position
"""


def _stage(row: Row) -> Stage:
    names = {name: row[name] for name in ("name_ja", "name_en", "position", "pipeline_id")}
    return Stage(pk=row["id"], **names)


def _stage_rates(row: Row, following: Stage | None, period: Period) -> StageRates:
    stage = _stage(row)
    gone, closed = (links.reached(stage.pk, period, fate) for fate in ("gone", "closed"))
    return StageRates(
        stage,
        following,
        passed=ComparedRate(
            Rate(row["now_passed"], row["now_left"]), Rate(row["before_passed"], row["before_left"]), gone
        ),
        won=ComparedRate(
            Rate(row["now_won"], row["now_closed"]), Rate(row["before_won"], row["before_closed"]), closed
        ),
    )


def rounded(number: Decimal | int) -> int:
    """To the nearest whole number, a half up."""
    return int(Decimal(number).quantize(Decimal(1), rounding=ROUND_HALF_UP))
