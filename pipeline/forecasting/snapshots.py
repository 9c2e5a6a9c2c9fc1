"""Open deals as they stood on past mornings, and what became of them: what the model learns from."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass

from pipeline.forecasting.history import LOST, WON, DealHistory, Ledger, before, value_at

# How many closed deals of the company's average are added to those of an owner or channel.
SHRINK = 12.0
LATELY = 28


@dataclass(slots=True)
class Snapshot:
    """What was known of one open deal in one morning. Ages in days; `close` is the expected day."""

    deal: DealHistory
    day: int
    place: int
    stage_age: int
    age: int
    quiet: int
    backs: int
    passed: int
    close: int | None
    slips: int
    slipped: int  # days since the last postponement; its age when there was none
    amount: float | None
    change: float
    answers: int
    calls: int  # how often somebody talked with the customer, in all and in the last four weeks
    lately: int
    unheard: int  # days since then; its age when nobody has
    owner: int
    channel: int


def take(deal: DealHistory, day: int) -> Snapshot | None:
    """The deal in the morning of the day; None when it was not open then."""
    known = before(deal.moves, day)
    if not known or (deal.deleted is not None and deal.deleted < day):
        return None
    moves = deal.moves[:known]
    place = moves[-1][1]
    if place < 0:
        return None
    amounts, closes = before(deal.amounts, day), before(deal.closes, day)
    answers = bisect_left(deal.answered, day)
    slips, slipped = _slips(deal.closes[:closes])
    last, calls = moves[-1][0], bisect_left(deal.touched, day)
    newest = max(
        last, deal.amounts[max(amounts, 1) - 1][0], deal.closes[max(closes, 1) - 1][0],
        deal.answered[answers - 1] if answers else 0,
    )  # fmt: skip
    first = next((value for _day, value in deal.amounts[:amounts] if value), None)
    amount = value_at(deal.amounts, day)
    return Snapshot(
        deal=deal, day=day, place=place, stage_age=day - last, age=day - deal.created, quiet=day - newest,
        backs=sum(b[1] < a[1] for a, b in zip(moves, moves[1:], strict=False)),
        passed=place - moves[0][1], close=value_at(deal.closes, day),
        slips=slips, slipped=day - (slipped or deal.created), amount=amount,
        change=math.log(amount / first) if amount and first else 0.0, answers=answers,
        calls=calls, lately=calls - bisect_left(deal.touched, day - LATELY),
        unheard=day - (deal.touched[calls - 1] if calls else deal.created),
        owner=value_at(deal.owners, day), channel=value_at(deal.channels, day),
    )  # fmt: skip


def _slips(closes: list[tuple[int, int | None]]) -> tuple[int, int | None]:
    """How often the expected close went to a later day, and when last."""
    count, last = 0, None
    for (_day, old), (day, new) in zip(closes, closes[1:], strict=False):
        if old is not None and new is not None and new > old:
            count, last = count + 1, day
    return count, last


class Records:
    """Won and lost deals of each owner and channel, as they were known on any morning."""

    def __init__(self, ledger: Ledger) -> None:
        closings: dict[tuple[str, int], list[tuple[int, bool]]] = defaultdict(list)
        for deal in ledger.deals:
            for day, place in deal.moves:
                if place in (WON, LOST):
                    closings["all", 0].append((day, place == WON))
                    closings["owner", value_at(deal.owners, day + 1)].append((day, place == WON))
                    closings["channel", value_at(deal.channels, day + 1)].append((day, place == WON))
        self.days: dict[tuple[str, int], list[int]] = {}
        self.wins: dict[tuple[str, int], list[int]] = {}
        for key, rows in closings.items():
            rows.sort()
            self.days[key] = [day for day, _won in rows]
            counts = [0]
            for _day, won in rows:
                counts.append(counts[-1] + won)
            self.wins[key] = counts

    def _tally(self, key: tuple[str, int], day: int) -> tuple[int, int]:
        """Won and lost before the day."""
        if key not in self.days:
            return 0, 0
        known = bisect_left(self.days[key], day)
        won = self.wins[key][known]
        return won, known - won

    def closed_before(self, day: int) -> int:
        """How many deals had been closed."""
        return sum(self._tally(("all", 0), day))

    def won_before(self, day: int) -> int:
        """How many of them were won."""
        return self._tally(("all", 0), day)[0]

    def edge(self, kind: str, number: int, day: int) -> float:
        """Log-odds of winning against the company's, shrunk."""
        won, lost = self._tally(("all", 0), day)
        share = (won + 1) / (won + lost + 2)
        won, lost = self._tally((kind, number), day)
        return math.log((won + SHRINK * share) / (lost + SHRINK * (1 - share))) - math.log(
            share / (1 - share)
        )


def features(shot: Snapshot, days: int, records: Records, year_end: float) -> list[float]:
    """The row of a snapshot for "won within so many days"; the first is the intercept's one.

    `year_end` is 1 when the window ends in the last quarter of the fiscal year.
    """
    ahead = None if shot.close is None else shot.close - shot.day
    inside = ahead is not None and 0 <= ahead < days
    overdue = max(0, -ahead) if ahead is not None else 0
    beyond = max(0, ahead - days + 1) if ahead is not None else 0
    stage_age, age = math.log1p(shot.stage_age / 7), math.log1p(shot.age / 14)
    return [
        1.0,
        stage_age,
        stage_age**2,
        age,
        age**2,
        math.log1p(shot.quiet / 7),
        1.0 if inside else 0.0,
        (days - 1 - ahead) / days if inside and ahead is not None else 0.0,
        1.0 if overdue else 0.0,
        math.log1p(overdue / 14),
        1.0 if ahead is None else 0.0,
        math.log1p(beyond / 14),
        math.log1p(shot.slips),
        math.log1p(shot.slipped / 14),
        math.log(shot.amount) - 14.0 if shot.amount else 0.0,
        0.0 if shot.amount else 1.0,
        max(-1.5, min(1.5, shot.change)),
        math.log1p(shot.answers),
        shot.answers / (2 + shot.age / 14),
        math.log1p(shot.unheard / 7),
        math.log1p(shot.lately),
        shot.calls / (2 + shot.age / 14),
        0.0 if shot.calls else 1.0,
        records.edge("owner", shot.owner, shot.day),
        records.edge("channel", shot.channel, shot.day),
        min(shot.backs, 3),
        math.log1p((shot.age - shot.stage_age) / 7 / (shot.passed + 1)) if shot.passed > 0 else 0.0,
        math.log(days),
        year_end,
    ]
