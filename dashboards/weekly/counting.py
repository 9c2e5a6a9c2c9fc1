"""What the three KPIs were at the end of each of many weeks, from three statements whatever their number.

Each week looks back on thirteen: those in which leads were received, deals were won, stages were reached. Only what had
happened by the end of the week counts: a lead converted later was undecided then, a deal lost later was open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from dashboards.figures.periods import Period
from dashboards.figures.rolled import days_of
from pipeline.models import Deal, Stage
from pipeline.rollups import Tally

WEEKS = 13
WEEK = timedelta(weeks=1)


def span_of(week: date) -> Period:
    """The thirteen weeks that end with the week of this Monday."""
    return Period(week - (WEEKS - 1) * WEEK, week + timedelta(days=6))


@dataclass(frozen=True)
class Kpis:
    leads_converted: int
    leads_decided: int
    orders: int
    days_average: int | None
    days_median: int | None
    stages: list[dict[str, Any]]

    @property
    def is_empty(self) -> bool:
        """Nothing has happened in these weeks."""
        return not (
            self.leads_decided or self.orders or any(sum(s["passed"] + s["won"]) for s in self.stages)
        )


# A place is a team and whether the company is restricted; its rows are by the Monday on which they began to count.
Place = tuple[int, bool]
Rows = dict[Place, dict[date, list[tuple[Any, ...]]]]


@dataclass
class Ledger:
    """All rows of the weeks asked for, grouped: leads, orders and stages reached."""

    stages: list[int]
    leads: Rows = field(default_factory=dict)
    orders: Rows = field(default_factory=dict)
    reached: Rows = field(default_factory=dict)

    def kpis(self, week: date, teams: Collection[int] | None) -> Kpis:
        """Of some teams, without restricted companies; of the whole company, with them, for None."""
        leads = [row for row in self._rows(self.leads, week, teams) if row[1] is None or row[1] <= week]
        orders = self._rows(self.orders, week, teams)
        days = days_of([Tally(None, took, count, 0, 0, 0) for took, count in orders])
        return Kpis(
            leads_converted=sum(count for state, _on, count in leads if state == "converted"),
            leads_decided=sum(count for _state, _on, count in leads),
            orders=days.count,
            days_average=days.average,
            days_median=days.median,
            stages=self._rates(week, teams),
        )

    def _rates(self, week: date, teams: Collection[int] | None) -> list[dict[str, Any]]:
        found = {stage: [0, 0, 0, 0] for stage in self.stages}
        for stage, passed_on, kind, closed_on, count in self._rows(self.reached, week, teams):
            passed = passed_on is not None and passed_on <= week
            closed = closed_on is not None and closed_on <= week
            sums = found[stage]
            sums[0] += count * passed
            sums[1] += count * (passed or (closed and kind == "lost"))
            sums[2] += count * (closed and kind == "won")
            sums[3] += count * closed
        return [{"stage": stage, "passed": sums[:2], "won": sums[2:]} for stage, sums in found.items()]

    def _rows(self, rows: Rows, week: date, teams: Collection[int] | None) -> list[tuple[Any, ...]]:
        places = [
            by_week
            for (team, is_restricted), by_week in rows.items()
            if teams is None or (team in teams and not is_restricted)
        ]
        weeks = [week - n * WEEK for n in range(WEEKS)]
        return [row for by_week in places for monday in weeks for row in by_week.get(monday, ())]


def read(first: date, last: date) -> Ledger:
    """For the weeks from one Monday to another."""
    span = Period(first - (WEEKS - 1) * WEEK, last + timedelta(days=6))
    begins, ends, zone = span.begins, span.ends, settings.TIME_ZONE
    stages = Stage.objects.filter(kind=Stage.Kind.OPEN, pipeline__is_default=True).order_by("position")
    with connection.cursor() as cursor:
        return Ledger(
            list(stages.values_list("pk", flat=True)),
            leads=_grouped(cursor, _LEADS, [zone, zone, begins, ends]),
            orders=_grouped(cursor, _ORDERS, [zone, zone, zone, begins, ends]),
            reached=_grouped(cursor, _REACHED, [zone, zone, zone, begins, begins, ends]),
        )


def coverage() -> dict[Place, tuple[int, int]]:
    """What the exit criteria ask of the deals that are open now, by place: how much of it is met, and how much it is."""
    rows = Deal.objects.open().order_by().values("team_id", "company__is_restricted")
    return {
        (row["team_id"], row["company__is_restricted"]): (row["met"], row["asked"])
        for row in rows.annotate(met=Sum("criteria_met"), asked=Sum("criteria_total"))
    }


def sum_of(covered: dict[Place, tuple[int, int]], teams: Collection[int] | None) -> tuple[int, int]:
    """Of some teams, without restricted companies; of the whole company, with them, for None."""
    own = [
        sums
        for (team, is_restricted), sums in covered.items()
        if teams is None or (team in teams and not is_restricted)
    ]
    return sum(met for met, _asked in own), sum(asked for _met, asked in own)


def _grouped(cursor: Any, text: str, params: Iterable[Any]) -> Rows:
    """Each statement begins with team, restricted, week."""
    rows: Rows = defaultdict(lambda: defaultdict(list))
    cursor.execute(text, list(params))
    for team, is_restricted, week, *rest in cursor.fetchall():
        rows[team, is_restricted][week].append(tuple(rest))
    return rows


_LEADS = """
    SELECT l.team_id, coalesce(c.is_restricted, false), date_trunc('week', l.received_at AT TIME ZONE %s)::date, l.state,
           CASE l.state WHEN 'converted' THEN date_trunc('week', l.converted_at AT TIME ZONE %s)::date END, count(*)
    FROM leads_lead l LEFT JOIN accounts_company c ON c.id = l.company_id
    WHERE l.deleted_at IS NULL AND l.state IN ('converted', 'disqualified', 'nurture')
      AND l.received_at >= %s AND l.received_at < %s
    GROUP BY 1, 2, 3, 4, 5
"""
_ORDERS = """
    SELECT d.team_id, c.is_restricted, date_trunc('week', d.closed_at AT TIME ZONE %s)::date,
           (d.closed_at AT TIME ZONE %s)::date - (d.first_contacted_at AT TIME ZONE %s)::date, count(*)
    FROM pipeline_deal d JOIN pipeline_stage s ON s.id = d.stage_id JOIN accounts_company c ON c.id = d.company_id
    WHERE d.deleted_at IS NULL AND s.kind = 'won' AND d.first_contacted_at IS NOT NULL
      AND d.closed_at >= %s AND d.closed_at < %s
    GROUP BY 1, 2, 3, 4
"""
# As `kpis.stage_rates`: the first move to a stage or one beyond it; and when the deal first went beyond.
_REACHED = """
    SELECT team_id, is_restricted, date_trunc('week', reached_at AT TIME ZONE %s)::date, stage,
           date_trunc('week', passed_at AT TIME ZONE %s)::date, kind, date_trunc('week', closed_at AT TIME ZONE %s)::date, count(*)
    FROM (
        SELECT d.team_id, c.is_restricted, s.id AS stage, now.kind, d.closed_at,
               min(m.at) FILTER (WHERE t.position >= s.position) AS reached_at,
               min(m.at) FILTER (WHERE t.position > s.position) AS passed_at
        FROM pipeline_deal d
        JOIN accounts_company c ON c.id = d.company_id
        JOIN pipeline_stage now ON now.id = d.stage_id
        JOIN pipeline_pipeline p ON p.id = now.pipeline_id AND p.is_default
        JOIN pipeline_stage s ON s.pipeline_id = p.id AND s.kind = 'open'
        JOIN pipeline_stagemove m ON m.deal_id = d.id
        JOIN pipeline_stage t ON t.id = m.to_stage_id AND t.pipeline_id = p.id AND t.kind IN ('open', 'won')
        WHERE d.deleted_at IS NULL AND (d.closed_at IS NULL OR d.closed_at >= %s)
        GROUP BY d.id, c.is_restricted, s.id, now.kind
    ) AS walked
    WHERE reached_at >= %s AND reached_at < %s
    GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
