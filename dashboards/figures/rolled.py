"""The figures of `sales` and `kpis` for all that a person may see, from what is added up ahead.

Defined there, where they are counted row by row (for one owner, or for any days); here months are added up. Each takes
periods of whole months. What the database tallies for each figure is told in `pipeline.models.Figure`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from crm.lib import questions
from crm.lib.questions import Question, Row
from dashboards.figures import kpis, links, sales
from dashboards.figures.asking import Rolled, Tallies
from dashboards.figures.kpis import ComparedRate, Days, LeadTime, MonthOfLeadTime, Rate, StageRates
from dashboards.figures.periods import Period
from dashboards.figures.sales import Deals, Expected, InStage
from dashboards.models import TargetQuerySet
from pipeline.models import Deal, Figure, Stage
from pipeline.rollups import FIRST, UNDATED, Tally, Want
from staff.models import User


def expected(targets: TargetQuerySet, period: Period, today: date) -> Rolled[Expected]:
    """受注見込み, as `sales.expected`."""
    due = sales.due_days(period, today)

    def make(
        won: Tallies, due_deals: Tallies, undated: Tallies, stages: list[Stage], target: Decimal | None
    ) -> Expected:
        by_stage = {tally.key: tally for tally in due_deals}
        return Expected(
            won=Deals(_sum(won, "n1"), Decimal(_sum(won, "n2")), links.closed_deals(Stage.Kind.WON, period)),
            stages=[
                InStage(
                    stage, tally.n1, Decimal(tally.n3), links.deals(stage=stage.pk, **due), Decimal(tally.n2)
                )
                for stage in reversed(stages)
                if (tally := by_stage.get(stage.pk))
            ],
            undated=Deals(
                _sum(undated, "n1"), Decimal(_sum(undated, "n3")), links.deals(close="none")
            ),
            target=target,
            due_url=links.deals(**due),
        )  # fmt: skip

    return Rolled(
        make,
        {
            "won": Want(Figure.WON, period.first, period.last),
            "due_deals": Want(Figure.DUE, FIRST if today in period else period.first, period.last),
            "undated": Want(Figure.DUE, UNDATED, UNDATED),
        },
        {"stages": stages_by_place(), "target": sales.target(targets, period)},
    )


def stages_by_place() -> Question[list[Stage]]:
    """The stages that are not closed, of all pipelines, in their order."""
    rows = Stage.objects.filter(kind=Stage.Kind.OPEN).order_by("position", "pk")
    return Question(
        rows.values("id", "name_ja", "name_en", "position", "pipeline_id"),
        lambda rows: [_stage(r) for r in rows],
    )


def _stage(row: Row) -> Stage:
    return Stage(**row)


def lead_to_deal_rate(period: Period, before: Period) -> Rolled[ComparedRate]:
    """商談化率, as `kpis.lead_to_deal_rate`."""

    def make(now: Tallies, then: Tallies) -> ComparedRate:
        return ComparedRate(
            Rate(_sum(now, "n2"), _sum(now, "n3")),
            Rate(_sum(then, "n2"), _sum(then, "n3")),
            links.leads(period, state="decided"),
        )

    return Rolled(
        make,
        {name: _months(Figure.LEADS_BY_MONTH, span) for name, span in (("now", period), ("then", before))},
    )


def lead_time(period: Period, before: Period) -> Rolled[LeadTime]:
    """平均リードタイム, as `kpis.lead_time`."""

    def make(now: Tallies, then: Tallies) -> LeadTime:
        return LeadTime(days_of(now), days_of(then), links.closed_deals(Stage.Kind.WON, period))

    return Rolled(
        make, {name: _months(Figure.LEAD_TIME, span) for name, span in (("now", period), ("then", before))}
    )


# Up to so many days; what took longer is the last band.
BANDS = (30, 60, 90, 120, 180)


@dataclass(frozen=True)
class Band:
    """Orders that took so many days: from `first` to `last`, or longer."""

    first: int
    last: int | None
    count: int


@dataclass(frozen=True)
class LeadTimes:
    """Lead times of orders: the months in which any was won, and how they spread over all of them."""

    months: list[MonthOfLeadTime]
    bands: list[Band]


def lead_times(period: Period) -> Rolled[LeadTimes]:
    """平均リードタイム month by month, and its distribution; deals as in `kpis.lead_time`."""

    def make(won: Tallies) -> LeadTimes:
        months = sorted({tally.day for tally in won if tally.day})
        return LeadTimes(
            [MonthOfLeadTime(month, days_of([t for t in won if t.day == month])) for month in months],
            [
                Band(
                    first,
                    last,
                    sum(
                        t.n1 for t in won if (t.key >= first or not first) and (last is None or t.key <= last)
                    ),
                )
                for first, last in zip((0, *(n + 1 for n in BANDS)), (*BANDS, None), strict=True)
            ],
        )

    return Rolled(make, {"won": Want(Figure.LEAD_TIME, period.first, period.last, by_day=True)})


def days_of(tallies: Sequence[Tally]) -> Days:
    """Of how many deals took how many days: the average, and the middle (between the two middle ones)."""
    count = sum(tally.n1 for tally in tallies)
    if not count:
        return Days()
    total = sum(tally.key * tally.n1 for tally in tallies)
    middle = Decimal(_nth(tallies, (count - 1) // 2) + _nth(tallies, count // 2)) / 2
    return Days(count, kpis.rounded(Decimal(total) / count), kpis.rounded(middle))


def _nth(tallies: Sequence[Tally], place: int) -> int:
    """The days of the deal at this place, the quickest first."""
    for tally in sorted(tallies, key=lambda tally: tally.key):
        place -= tally.n1
        if place < 0:
            return tally.key
    raise IndexError(place)


def stage_rates(user: User, period: Period, before: Period) -> Rolled[list[StageRates]]:
    """ステージ別Win率 and 通過率, as `kpis.stage_rates`.

    Between a change of the stages and the worker that makes cohorts anew, they are counted row by row.
    """

    def make(now: Tallies, then: Tallies, stale: Tallies, stages: list[Stage]) -> list[StageRates]:
        if stale:
            return questions.ask(kpis.stage_rates(Deal.objects.visible_to(user), period, before))
        both = {tally.key: tally for tally in now}, {tally.key: tally for tally in then}
        return [
            _rates(stage, following, period, *(tallies.get(stage.pk, _NOTHING) for tallies in both))
            for stage, following in zip(stages, [*stages[1:], None], strict=True)
        ]

    stages = Stage.objects.filter(kind=Stage.Kind.OPEN, pipeline__is_default=True).order_by("position")
    names: Question[Any] = Question(
        stages.values("id", "name_ja", "name_en", "position", "pipeline_id"),
        lambda rows: [_stage(r) for r in rows],
    )
    return Rolled(
        make,
        {
            "now": _months(Figure.COHORT, period),
            "then": _months(Figure.COHORT, before),
            "stale": Want(Figure.STALE),
        },
        {"stages": names},
    )


_NOTHING = Tally(None, 0, 0, 0, 0, 0)


def _rates(stage: Stage, following: Stage | None, period: Period, now: Tally, then: Tally) -> StageRates:
    gone, closed = (links.reached(stage.pk, period, fate) for fate in ("gone", "closed"))
    return StageRates(
        stage,
        following,
        passed=ComparedRate(Rate(now.n1, now.n2), Rate(then.n1, then.n2), gone),
        won=ComparedRate(Rate(now.n3, now.n4), Rate(then.n3, then.n4), closed),
    )


def _months(figure: Figure, period: Period) -> Want:
    return Want(figure, period.first, period.last)


def _sum(tallies: Sequence[Tally], name: str) -> int:
    return sum(getattr(tally, name) for tally in tallies)
