"""The statement in plain numbers: rows in, factors with intervals out. `docs/figures.md` has the formulas.

Every factor is a ratio of two groups of decided deals. Its logarithm is nearly normal, so the interval is
exp(ln ratio ± t · deviation), and the product of the three has the sum of their variances.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

Z = 1.96
# With fewer than these in a group nothing is said.
FEWEST_DECIDED, FEWEST_WON = 10, 5


class Group(StrEnum):
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Row:
    """One decided deal. `amount` and `days` (first contact to order) count for won deals only; None is not known."""

    deal: int
    group: Group
    is_won: bool
    amount: float | None
    days: int | None
    closed_on: str = ""


@dataclass(frozen=True, slots=True)
class Mean:
    """The middle of some values: how many, on average, and how far they scatter."""

    count: int
    mean: float
    deviation: float

    @property
    def log_variance(self) -> float:
        """Of the logarithm of the mean."""
        return (self.deviation / self.mean) ** 2 / self.count if self.count and self.mean else math.inf


@dataclass(frozen=True, slots=True)
class Side:
    """One group: decided deals, won ones, their amounts and lead times."""

    decided: int
    won: int
    amount: Mean
    days: Mean

    @property
    def win_rate(self) -> float:
        return self.won / self.decided if self.decided else 0.0

    @property
    def is_enough(self) -> bool:
        counts = (self.won, self.amount.count, self.days.count)
        return self.decided >= FEWEST_DECIDED and min(counts) >= FEWEST_WON

    @property
    def yen_per_decided(self) -> float:
        """What a deal that is decided brings on average."""
        return self.win_rate * self.amount.mean


@dataclass(frozen=True, slots=True)
class Factor:
    """A ratio after ÷ before with its 95 % interval; proven when the interval does not hold 1."""

    name: str
    before: float
    after: float
    ratio: float
    low: float
    high: float

    @property
    def is_proven(self) -> bool:
        return self.low > 1 or self.high < 1

    @property
    def percent(self) -> float:
        return 100 * (self.ratio - 1)


class Verdict(StrEnum):
    TOO_LITTLE = "too little"
    NOT_PROVEN = "not proven"
    BETTER = "better"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class Statement:
    """What the change brought: in yen with an interval, against what it cost."""

    before: Side
    after: Side
    factors: list[Factor]
    total: Factor | None
    cost: float
    margin: float

    @property
    def verdict(self) -> Verdict:
        if self.total is None:
            return Verdict.TOO_LITTLE
        if not self.total.is_proven:
            return Verdict.NOT_PROVEN
        return Verdict.BETTER if self.total.low > 1 else Verdict.WORSE

    @property
    def base(self) -> float:
        """What the deals of the second group would have brought as things were before."""
        return self.after.decided * self.before.yen_per_decided * self.margin

    def gain(self, ratio: float) -> float:
        return self.base * (ratio - 1)

    @property
    def gains(self) -> tuple[float, float, float]:
        """Point, low and high of what it brought."""
        assert self.total is not None
        return self.gain(self.total.ratio), self.gain(self.total.low), self.gain(self.total.high)

    @property
    def returns(self) -> float | None:
        """(gain − cost) ÷ cost; None without a cost."""
        return (self.gains[0] - self.cost) / self.cost if self.cost and self.total else None

    @property
    def pays(self) -> bool:
        """Even at the low end of the interval it brought more than it cost."""
        return self.total is not None and self.gains[1] > self.cost

    def part_of(self, factor: Factor) -> float:
        """The factor's part of the gain: by its share of the logarithm of the product."""
        assert self.total is not None
        whole = math.log(self.total.ratio)
        return self.gains[0] * math.log(factor.ratio) / whole if whole else 0.0


def state(rows: Iterable[Row], cost: float = 0.0, margin: float = 1.0) -> Statement:
    """The statement of these rows; without factors when a group has too few."""
    rows = list(rows)
    before, after = (_side([row for row in rows if row.group == group]) for group in Group)
    if not (before.is_enough and after.is_enough):
        return Statement(before, after, [], None, cost, margin)
    spread = _spread(before, after)
    factors = [
        _factor("win_rate", before.win_rate, after.win_rate, _of_shares(before, after), spread),
        _factor(
            "amount", before.amount.mean, after.amount.mean,
            before.amount.log_variance + after.amount.log_variance, spread,
        ),
        # Shorter is better: the factor is before ÷ after.
        _factor(
            "lead_time", before.days.mean, after.days.mean,
            before.days.log_variance + after.days.log_variance, spread, inverse=True,
        ),
    ]  # fmt: skip
    return Statement(before, after, factors, _product(factors, spread), cost, margin)


def _side(rows: Sequence[Row]) -> Side:
    won = [row for row in rows if row.is_won]
    return Side(
        len(rows), len(won),
        _mean([row.amount for row in won if row.amount is not None]),
        # A deal won on the day of its first contact took a day.
        _mean([max(row.days, 1) for row in won if row.days is not None]),
    )  # fmt: skip


def _mean(values: Sequence[float]) -> Mean:
    if len(values) < 2:
        return Mean(len(values), float(sum(values)), 0.0)
    mean = sum(values) / len(values)
    return Mean(len(values), mean, math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1)))


def _of_shares(before: Side, after: Side) -> float:
    return sum((1 - side.win_rate) / (side.decided * side.win_rate) for side in (before, after))


def _spread(before: Side, after: Side) -> float:
    """Student's t for 95 %, from the smaller group of won deals: z + (z³ + z) ÷ 4(n − 1)."""
    return Z + (Z**3 + Z) / (4 * (min(before.won, after.won) - 1))


def _factor(
    name: str, before: float, after: float, variance: float, spread: float, inverse: bool = False
) -> Factor:
    ratio = before / after if inverse else after / before
    width = math.exp(spread * math.sqrt(variance))
    return Factor(name, before, after, ratio, ratio / width, ratio * width)


def _product(factors: Sequence[Factor], spread: float) -> Factor:
    ratio = math.prod(factor.ratio for factor in factors)
    # Each width is exp(t · deviation): the squares of the deviations add up.
    variance = sum((math.log(factor.high / factor.ratio) / spread) ** 2 for factor in factors)
    width = math.exp(spread * math.sqrt(variance))
    return Factor("total", 1.0, ratio, ratio, ratio / width, ratio * width)
