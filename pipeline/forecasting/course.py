"""How a forecast is reached week by week: the line and the range between today and the quarter's end."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

from pipeline.forecasting.chances import Past, likes
from pipeline.forecasting.forecast import Forecast

EVEN = 10  # wins spread evenly that are added, so that few past wins make no staircase


@dataclass(frozen=True, slots=True)
class Step:
    """What will have been won by the end of the day, and the 80 % range of it."""

    day: date
    point: int
    low80: int
    high80: int


def steps(past: Past, forecast: Forecast, every: int = 7) -> list[Step]:
    """From the morning of the forecast to the quarter's end; wins come as they came in past windows of this length."""
    start, end = forecast.as_of.toordinal(), forecast.quarter.last.toordinal() + 1
    if end <= start:
        return []
    when = _moments(past, start, end - start)
    days = [*range(start + every - 1, end - 1, every), end - 1]
    rest = forecast.point - forecast.won
    found = []
    for day in days:
        part = (day + 1 - start) / (end - start)
        share = (bisect_right(when, part) + EVEN * part) / (len(when) + EVEN)
        middle = forecast.won + rest * share
        # Of independent orders the spread grows with the root of how many have come.
        spread = math.sqrt(share)
        low = max(forecast.won, middle - spread * (forecast.point - forecast.low80))
        high = middle + spread * (forecast.high80 - forecast.point)
        found.append(Step(date.fromordinal(day), round(middle), round(low), round(high)))
    return found


def _moments(past: Past, as_of: int, days: int) -> list[float]:
    """When, as parts of the window, deals of past windows were won."""
    found = []
    for end in likes(past, as_of, as_of + days):
        for deal in past.ledger.deals:
            day = deal.won_by(end)
            if day is not None and day >= end - days:
                found.append((day + 1 - (end - days)) / days)
    return sorted(found)
