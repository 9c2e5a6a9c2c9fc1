"""受注見込み from the company's own history: the forecast that a worker stored last, with what has happened since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from crm.lib.fiscal import Quarter
from crm.lib.questions import Combined, Question, Row
from dashboards.figures.business import StageToPull
from pipeline.forecasting import since
from pipeline.models import QuarterForecast, Stage
from staff import roles
from staff.models import User


@dataclass(frozen=True)
class FromStage:
    """What the open deals of a stage will bring within the quarter, and what winning the best of them would add."""

    stage: Stage
    amount: Decimal
    count: int
    gains: list[Decimal]


@dataclass(frozen=True)
class Outlook:
    """The quarter's point and ranges, what makes it up, its way there, and how good it was before."""

    point: Decimal
    low80: Decimal
    high80: Decimal
    won: Decimal
    unborn: Decimal
    # The latest stage first.
    stages: list[FromStage]
    # Day, point, low, high at the end of the day.
    course: list[tuple[date, float, float, float]]
    made_at: datetime
    checked: int
    held: int
    error_percent: int | None

    def gap(self, target: Decimal | None) -> Decimal | None:
        """What is missing for the target; nothing when the point reaches it."""
        return None if target is None else max(target - self.point, Decimal(0))

    def to_pull(self, url: str) -> list[StageToPull]:
        """The stages with what their deals would add to the point; `url`: the page that lists them stage by stage."""
        return [StageToPull(of.stage, of.count, of.gains, f"{url}#stage-{of.stage.pk}") for of in self.stages]


@dataclass(frozen=True)
class Stored:
    """The forecast that a worker stored last, and the deals to which something has happened since."""

    quarter: Quarter
    forecast: QuarterForecast | None
    touched: list[Row]

    def standing(self, won: Decimal) -> Outlook | None:
        """As it stands now that so much is won; None where there is none, or too little to learn from."""
        if self.forecast is None:
            return None
        return _told(since.laid_over(self.forecast, self.quarter, self.touched, won))


def outlook(user: User, quarter: Quarter) -> Combined[Stored]:
    """The company's forecast of a quarter.

    It knows all deals, also those of restricted companies: only who may read everything is shown it.
    """
    rows = QuarterForecast.objects.filter(
        first_on=quarter.first, team=None, method=QuarterForecast.Method.HISTORY
    )
    touched = since.touched(quarter)
    if not roles.can(user, "read everything"):
        rows, touched = rows.none(), touched.none()
    return Combined(
        lambda forecast, touched: Stored(quarter, forecast, touched),
        {
            "forecast": Question(rows.values(*_READ), lambda found: _read(found[0]) if found else None),
            "touched": Question(touched, list),
        },
    )


_AMOUNTS = ("point", "low80", "high80", "low50", "high50", "won", "unborn")
_READ = (*_AMOUNTS, "by_stage", "course", "checks", "parts", "made_at")


def _read(row: Row) -> QuarterForecast:
    amounts = {name: Decimal(row[name]) for name in _AMOUNTS}
    return QuarterForecast(**row | amounts | {"made_at": datetime.fromisoformat(row["made_at"])})


def _told(forecast: QuarterForecast) -> Outlook:
    return Outlook(
        **{
            name: getattr(forecast, name) for name in ("point", "low80", "high80", "won", "unborn", "made_at")
        },
        stages=[_from_stage(part) for part in reversed(forecast.by_stage)],
        course=[(date.fromisoformat(day), *values) for day, *values in forecast.course],
        checked=len(forecast.checks),
        held=forecast.held,
        error_percent=forecast.error_percent,
    )


def _from_stage(part: Row) -> FromStage:
    stage = Stage(
        pk=part["stage"], position=part["position"], name_ja=part["name_ja"], name_en=part["name_en"]
    )
    gains = [Decimal(gain) for gain in part.get("gains", ())]
    return FromStage(stage, Decimal(part["amount"]), part.get("count", 0), gains)
