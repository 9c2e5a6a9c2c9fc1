"""What makes a forecast up, deal by deal, and what it becomes when some of them go otherwise.

A deal stands in the forecast by its chance and what it is worth when won. Taking it as won, leaving it out, or giving it
another amount or day changes the point by exactly that much; the range keeps its shape and widens or narrows with the
deviation of what is still open.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

# The dearest of the deals are told one by one; the others together.
MOST_PARTS = 300
LARGEST = math.log(1000)  # of a correction, which is nearly all or nothing then


@dataclass(frozen=True, slots=True)
class Part:
    """One open deal in the forecast of a quarter: its chance, its worth, its chance if it closed within it or later, its stage."""

    deal: int
    chance: float
    amount: float
    inside: float
    beyond: float
    # Of its stage among the open ones; -1 in forecasts of older versions.
    place: int = -1

    @property
    def expected(self) -> float:
        return self.chance * self.amount

    @property
    def variance(self) -> float:
        return self.chance * (1 - self.chance) * self.amount**2


@dataclass(frozen=True, slots=True)
class Change:
    """How somebody sees one deal: `outcome` "won" or "out"; another amount; closing within the quarter, or later."""

    outcome: str = ""
    amount: float | None = None
    closes_inside: bool | None = None

    def __bool__(self) -> bool:
        return bool(self.outcome) or self.amount is not None or self.closes_inside is not None


@dataclass(frozen=True, slots=True)
class Outlook:
    """A point with its ranges."""

    point: float
    low80: float
    high80: float
    low50: float
    high50: float


def changed(part: Part, change: Change) -> Part:
    """The deal as somebody sees it. Another amount moves its worth in the same ratio as that of the deal (`amount`)."""
    if change.amount is not None:
        part = replace(part, amount=change.amount)
    if change.closes_inside is not None:
        part = replace(part, chance=part.inside if change.closes_inside else part.beyond)
    if change.outcome:
        part = replace(part, chance=1.0 if change.outcome == "won" else 0.0)
    return part


def worth_at(part: Part, amount: float, written: float) -> float:
    """What the deal is worth at another amount than was written on it: the model's ratio of the two holds on."""
    return amount * (part.amount / written if written else 1.0)


def corrected(deals: Sequence[tuple[float, float]], factor: float) -> Callable[[float], float]:
    """What a chance becomes where deals, pairs of chance and worth, bring `factor` times as much together.

    The odds of all change in one ratio, so that none is surer than sure; times `factor` a .8 would soon be more.
    """
    wanted = factor * sum(chance * worth for chance, worth in deals)

    def by(ratio: float) -> Callable[[float], float]:
        return lambda chance: ratio * chance / (1 - chance + ratio * chance)

    low, high = -LARGEST, LARGEST
    for _halving in range(40):
        middle = (low + high) / 2
        there = by(math.exp(middle))
        if sum(there(chance) * worth for chance, worth in deals) < wanted:
            low = middle
        else:
            high = middle
    return by(math.exp((low + high) / 2))


def imagine(
    now: Outlook, won: float, deviation: float, parts: Iterable[Part], changes: Mapping[int, Change]
) -> Outlook:
    """The forecast with the changes. `deviation` is that of what is still to be won, as the forecast simulated it."""
    shift = spread = 0.0
    for part in parts:
        change = changes.get(part.deal)
        if change:
            other = changed(part, change)
            shift += other.expected - part.expected
            spread += other.variance - part.variance
    point = max(won, now.point + shift)
    # Part of the deviation belongs to what nobody can toggle: a sixteenth of it always stays.
    kept = max(deviation**2 + spread, deviation**2 / 16)
    ratio = math.sqrt(kept) / deviation if deviation > 0 else 1.0
    low80, low50 = (max(won, point - ratio * (now.point - low)) for low in (now.low80, now.low50))
    high80, high50 = (point + ratio * (high - now.point) for high in (now.high80, now.high50))
    return Outlook(point, low80, high80, low50, high50)


def as_rows(parts: Iterable[Part]) -> list[list[Any]]:
    """As they are stored: [deal, chance, amount, chance inside, chance beyond, place]."""
    return [
        [p.deal, round(p.chance, 4), round(p.amount), round(p.inside, 4), round(p.beyond, 4), p.place]
        for p in parts
    ]


def from_rows(rows: Iterable[list[Any]]) -> list[Part]:
    """As they are read again; rows of older versions end before the place."""
    return [
        Part(deal, float(chance), float(amount), float(inside), float(beyond), *place)
        for deal, chance, amount, inside, beyond, *place in rows
    ]
