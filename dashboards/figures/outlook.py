"""受注見込み from the company's own history: the latest forecast that a worker stored, as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from crm.lib.questions import Question, Row
from dashboards.figures.business import StageToPull
from dashboards.figures.periods import Period
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


def outlook(user: User, period: Period) -> Question[Outlook | None]:
    """The company's forecast of a quarter; None where there is none, or too little to learn from.

    It knows all deals, also those of restricted companies: only who may read everything is shown it.
    """
    rows = QuarterForecast.objects.filter(
        first_on=period.first, team=None, method=QuarterForecast.Method.HISTORY
    )
    if not roles.can(user, "read everything"):
        rows = rows.none()
    wanted = ("point", "low80", "high80", "won", "unborn", "by_stage", "course", "checks", "made_at")
    return Question(rows.values(*wanted), lambda found: _read(found[0]) if found else None)


def _read(row: Row) -> Outlook:
    checks = QuarterForecast(checks=row["checks"])
    return Outlook(
        **{name: Decimal(row[name]) for name in ("point", "low80", "high80", "won", "unborn")},
        stages=[_from_stage(part) for part in reversed(row["by_stage"])],
        course=[(date.fromisoformat(day), *values) for day, *values in row["course"]],
        made_at=datetime.fromisoformat(row["made_at"]),
        checked=len(row["checks"]),
        held=checks.held,
        error_percent=checks.error_percent,
    )


def _from_stage(part: Row) -> FromStage:
    stage = Stage(
        pk=part["stage"], position=part["position"], name_ja=part["name_ja"], name_en=part["name_en"]
    )
    gains = [Decimal(gain) for gain in part.get("gains", ())]
    return FromStage(stage, Decimal(part["amount"]), part.get("count", 0), gains)
