"""How good the forecast was: quarters that are over, forecast again from what was known then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline.forecasting.forecast import Engine, Forecast

OFFSETS = (0, 45)


@dataclass(frozen=True, slots=True)
class Check:
    """A forecast of a past quarter, so many days after it began, beside what came."""

    offset: int
    forecast: Forecast
    actual: int

    @property
    def error(self) -> int:
        """Forecast minus actual."""
        return self.forecast.point - self.actual

    @property
    def is_inside(self) -> bool:
        """Whether the 80 % range held the truth."""
        return self.forecast.low80 <= self.actual <= self.forecast.high80


@dataclass(frozen=True, slots=True)
class Summary:
    """Of many checks. Shares of what was won: WAPE, bias and width; `coverage` is the share of ranges that held."""

    count: int
    wape: float | None
    bias: float | None
    coverage: float | None
    width: float | None


def check(engine: Engine, as_of: date, quarters: int = 12, offsets: Sequence[int] = OFFSETS) -> list[Check]:
    """Every quarter that was over in the morning of `as_of`, at each offset, for the company and each team; oldest first."""
    checks = []
    current = engine.quarter_of(as_of)
    for back in range(quarters, 0, -1):
        quarter = current.plus(-back)
        for offset in offsets:
            day = quarter.first + timedelta(days=offset)
            if engine.past.first + 30 < day.toordinal() and day <= quarter.last:
                for forecast in engine.forecast(quarter, day):
                    checks.append(Check(offset, forecast, round(engine.actual(quarter, forecast.team))))
    return checks


def summaries(checks: Iterable[Check]) -> dict[tuple[int, bool], Summary]:
    """By offset, and whether of teams, of forecasts that learned from history."""
    grouped: dict[tuple[int, bool], list[Check]] = defaultdict(list)
    for one in checks:
        if one.forecast.method == "history":
            grouped[one.offset, one.forecast.team is not None].append(one)
    return {key: summary(found) for key, found in sorted(grouped.items())}


def summary(checks: Sequence[Check]) -> Summary:
    """WAPE, bias, coverage and width of the checks; None where nothing was won."""
    total = sum(one.actual for one in checks)
    if not total:
        return Summary(len(checks), None, None, None, None)
    return Summary(
        count=len(checks),
        wape=sum(abs(one.error) for one in checks) / total,
        bias=sum(one.error for one in checks) / total,
        coverage=sum(one.is_inside for one in checks) / len(checks),
        width=sum(one.forecast.high80 - one.forecast.low80 for one in checks) / total,
    )
