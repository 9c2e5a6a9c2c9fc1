"""週ごとの3つのKPI: how they stood at the end of each week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboards.figures import links
from dashboards.figures.kpis import Rate
from dashboards.models import WeeklyKpis
from dashboards.weekly.counting import span_of
from pipeline.models import Stage
from staff import access, roles
from staff.http import Request

SHOWN = 26


@dataclass(frozen=True)
class StageWeek:
    """The win rate of a stage, and the deals behind it."""

    won: Rate
    url: str


@dataclass(frozen=True)
class Week:
    """A row: what stood at the end of the week, each figure with its records."""

    row: WeeklyKpis
    rate: Rate
    rate_url: str
    stages: list[StageWeek]
    orders_url: str

    @property
    def last(self) -> date:
        return self.row.week + timedelta(days=6)


@require_safe
@access.requires("lead a team")
def weeks(request: Request) -> HttpResponse:
    """商談化率, ステージ別Win率, リードタイム of the last half year, frozen week by week."""
    user = request.user
    everything = roles.can(user, "read everything")
    rows = WeeklyKpis.objects.visible_to(user).of_team(None if everything else user.team_id)[:SHOWN]
    stages = list(Stage.objects.filter(kind=Stage.Kind.OPEN, pipeline__is_default=True).order_by("position"))
    found = [_week(row, stages) for row in rows]
    context = {
        "weeks": found,
        "stages": stages,
        "whole_company": everything,
        "company_name": user.company.name,
        "rates": _line(week.rate.percent for week in found),
        "days": _line(week.row.days_average for week in found),
        "first": found[0] if found else None,
    }
    return render(request, "dashboards/weeks.html", context)


def _line(values: object) -> list[int]:
    """Oldest first, as a line is read; weeks without a figure are left out."""
    return [value for value in reversed(list(values)) if value is not None]  # type: ignore[call-overload]


def _week(row: WeeklyKpis, stages: list[Stage]) -> Week:
    span, by_stage = span_of(row.week), {found["stage"]: found for found in row.stages}
    return Week(
        row,
        Rate(row.leads_converted, row.leads_decided),
        links.leads(span, state="decided"),
        [
            StageWeek(
                Rate(*by_stage[s.pk]["won"]) if s.pk in by_stage else Rate(),
                links.reached(s.pk, span, "closed"),
            )
            for s in stages
        ],
        links.closed_deals(Stage.Kind.WON, span),
    )
