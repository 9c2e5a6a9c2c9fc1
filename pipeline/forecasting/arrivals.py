"""New business: deals that are not born yet and will be won before the window ends."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from pipeline.forecasting.chances import Past, likes
from pipeline.forecasting.history import value_at

RECENT = 90.0  # half-life, in days, of the flow of new deals
MEMORY = 550.0  # and of how many of them are won in time, and for how much
SEASON_SPREAD = 0.18  # how much seasons are believed to differ before any year was seen
GROWTH_SPREAD = 0.15
YEAR = 364  # whole weeks


@dataclass(slots=True)
class Arrivals:
    """`count` deals are expected to be born and won in the window, each for about one of `amounts`, `mean` on average."""

    count: float
    mean: float
    amounts: list[float]

    @property
    def total(self) -> float:
        return self.count * self.mean


def expect(past: Past, as_of: int, days: int, skip: int = 0) -> Arrivals:
    """From what was known in the morning of `as_of`: born from then on, won in the `days` days that follow `skip` others."""
    births = sorted(deal.created for deal in past.ledger.deals if deal.created < as_of)
    if not births:
        return Arrivals(0.0, 0.0, [])
    born = (
        flow(births, as_of, past.first)
        * (skip + days)
        * math.exp(_season(births, as_of, skip + days, past.first))
    )
    share, mean, amounts = _yield(past, births, as_of, days, skip)
    return Arrivals(born * share, mean, amounts)


def flow(births: list[int], day: int, first: int) -> float:
    """New deals a day lately."""
    decay = math.log(2) / RECENT
    known = bisect_left(births, day)
    seen = sum(math.exp(-decay * (day - birth)) for birth in births[max(0, known - 2000) : known])
    return seen * decay / (1 - math.exp(-decay * (day - first + 1)))


def _season(births: list[int], as_of: int, days: int, first: int) -> float:
    """Log of the coming window's flow against the recent one: growth, and what the same window of past years did."""
    found, noise = 0.0, 0.0
    expected = _growth(births, as_of, first) * (RECENT / math.log(2) + days / 2) / YEAR
    for year in range(1, 6):
        start = as_of - YEAR * year
        if start - first < 90:
            break
        before = flow(births, start, first) * days
        after = bisect_left(births, start + days) - bisect_left(births, start)
        weight = 0.8**year
        noise += weight
        found += weight * math.log((after + 2) / (before + 2))
    if not noise:
        return expected
    count = max(5.0, flow(births, as_of, first) * days)
    variance = (1 / count + 1 / max(count, 5.0) + 0.01) / noise
    trust = SEASON_SPREAD**2 / (SEASON_SPREAD**2 + variance)
    return expected + trust * (found / noise - expected)


def _growth(births: list[int], as_of: int, first: int) -> float:
    """Log of the last year's births against those of the year before, shrunk; nothing when there were not two years."""
    if as_of - 2 * YEAR < first:
        return 0.0
    middle = bisect_left(births, as_of - YEAR)
    newer, older = bisect_left(births, as_of) - middle, middle - bisect_left(births, as_of - 2 * YEAR)
    variance = 1 / (newer + 1) + 1 / (older + 1)
    return math.log((newer + 1) / (older + 1)) * GROWTH_SPREAD**2 / (GROWTH_SPREAD**2 + variance)


def _yield(
    past: Past, births: list[int], as_of: int, days: int, skip: int
) -> tuple[float, float, list[float]]:
    """The share of a window's births that is won in it, what they bring on average, and these amounts."""
    decay = math.log(2) / MEMORY
    born = won = money = everything = wins = 0.0
    amounts: list[float] = []
    for deal in past.ledger.deals:
        day = deal.won_by(as_of)
        if day is not None:
            paid, worth = value_at(deal.amounts, as_of) or 0.0, math.exp(-decay * (as_of - day))
            everything, wins = everything + worth * paid, wins + worth
    usual = everything / wins if wins else 0.0
    span = skip + days
    ends = [end for end in likes(past, as_of, as_of + span) if end - span >= past.first]
    windows = [(end - span, end, math.exp(-decay * (as_of - end))) for end in ends]
    for start, end, worth in windows:
        born += worth * (bisect_left(births, end) - bisect_left(births, start))
    for deal in past.ledger.deals:
        for start, end, worth in windows:
            if start <= deal.created < end and (deal.won_by(end) or 0) >= start + skip:
                paid = value_at(deal.amounts, end) or 0.0
                won, money = won + worth, money + worth * paid
                amounts.append(paid)
    # Few windows with few births: the average of all won deals steps in.
    mean = (money + 8 * usual) / (won + 8)
    return (won + 0.1) / (born + 5), mean, amounts[-400:]
