"""What happened to deals, day by day, as plain values: all that the forecast knows of the world.

Days are ordinals (`date.toordinal()`). Every list is in the order of time and starts when the deal was created. A state
"at" a day is what was known in the morning of that day: everything that happened before it, nothing of the day itself.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

WON, LOST = -1, -2  # where a move may lead besides the places of open stages, 0 and up

Value = TypeVar("Value")


@dataclass(slots=True)
class DealHistory:
    """One deal. `moves` are (day, place); a value of the other lists holds from its day until the next one's."""

    id: int
    moves: list[tuple[int, int]]
    amounts: list[tuple[int, float | None]]
    closes: list[tuple[int, int | None]]
    owners: list[tuple[int, int]]
    channels: list[tuple[int, int]]
    answered: list[int] = field(default_factory=list)  # days on which a criterion was answered
    touched: list[int] = field(default_factory=list)  # days on which somebody talked with the customer
    deleted: int | None = None

    @property
    def created(self) -> int:
        return self.moves[0][0]

    def place_at(self, day: int) -> int | None:
        """Where the deal stood in the morning of the day; None when it was not yet there, or was there no more."""
        if self.deleted is not None and self.deleted < day:
            return None
        known = before(self.moves, day)
        return self.moves[known - 1][1] if known else None

    def won_by(self, day: int) -> int | None:
        """The day it was won, if it stood as won in the morning of `day`."""
        if self.place_at(day) != WON:
            return None
        return self.moves[before(self.moves, day) - 1][0]

    def cut(self, day: int) -> DealHistory | None:
        """What was known of the deal in the morning of the day; None when nothing was."""
        if self.place_at(day) is None:
            return None
        return DealHistory(
            self.id,
            self.moves[: before(self.moves, day)],
            self.amounts[: before(self.amounts, day)],
            self.closes[: before(self.closes, day)],
            self.owners[: before(self.owners, day)],
            self.channels[: before(self.channels, day)],
            [answer for answer in self.answered if answer < day],
            [touch for touch in self.touched if touch < day],
        )


@dataclass(slots=True)
class Ledger:
    """All deals of the company, who is in which team, and the probability of each open stage, first one first."""

    deals: list[DealHistory]
    teams: dict[int, int]
    probabilities: list[float]
    start_month: int = 4

    def cut(self, day: int) -> Ledger:
        """The ledger as it lay there in the morning of the day."""
        known = (deal.cut(day) for deal in self.deals)
        return Ledger([deal for deal in known if deal], self.teams, self.probabilities, self.start_month)


def before(rows: list[tuple[int, Value]], day: int) -> int:
    """How many of the rows lie before the day."""
    return bisect_left(rows, (day,))


def value_at(rows: list[tuple[int, Value]], day: int) -> Value:
    """What held in the morning of the day; what came first when the day lies before all."""
    return rows[max(before(rows, day), 1) - 1][1]


def first_day(deals: Iterable[DealHistory]) -> int | None:
    """The day of the first deal; None without deals."""
    return min((deal.created for deal in deals), default=None)
