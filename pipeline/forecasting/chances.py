"""The chance that an open deal is won within so many days, learned from how deals of the past went on."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from operator import mul

from crm.lib.fiscal import quarter_of
from pipeline.forecasting import logistic
from pipeline.forecasting.history import Ledger, value_at
from pipeline.forecasting.snapshots import Records, Snapshot, features, take

QUARTERS = 16  # how far back the past is looked at
FEW = 6
MOST_DEALS = 8000  # as many are learned from
WEEK = 7
FEWEST_WON = 3
HALF_LIFE = 700.0  # days after which a look counts half
RIDGE, GROUP_RIDGE = 6.0, 10.0
FREE, ALIKE = 1e-6, 1e6  # of the intercept, and of what is the same for all stages
# However many deals a year's last quarter had, it was one quarter: chance alone makes it differ. It has to show in as
# many years as this before half of it is believed.
SEASON_YEARS = 2.0
# One deal is looked at several times while the same window runs: its looks together count about this many.
LOOKS_A_DEAL = 2.5


class Past:
    """Looks at a ledger that are taken once and used by every question, also by those of the back-test."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.records = Records(ledger)
        self.first = min((deal.created for deal in ledger.deals), default=0)
        self._births = sorted(deal.created for deal in ledger.deals)
        self._looks: dict[tuple[int, int], list[Snapshot]] = {}
        self._rows: dict[tuple[int, int, int], list[list[float]]] = {}

    def thin(self, day: int) -> int:
        """One deal of how many is learned from: a big company's need not all be looked at."""
        return 1 + bisect_left(self._births, day) // MOST_DEALS

    def looks(self, day: int, thin: int = 1) -> list[Snapshot]:
        """The open deals of a morning."""
        if (day, thin) not in self._looks:
            deals = self.ledger.deals if thin == 1 else [d for d in self.ledger.deals if d.id % thin == 0]
            taken = (take(deal, day) for deal in deals if deal.created < day)
            self._looks[day, thin] = [shot for shot in taken if shot]
        return self._looks[day, thin]

    def rows(self, day: int, end: int, thin: int) -> list[list[float]]:
        """Their features for a window that ends the morning of `end`."""
        key = day, end, thin
        if key not in self._rows:
            year_end = self.year_end(end)
            self._rows[key] = [
                features(shot, end - day, self.records, year_end) for shot in self.looks(day, thin)
            ]
        return self._rows[key]

    def year_end(self, end: int) -> float:
        """1 when a window that ends this morning ends in the last quarter of the fiscal year."""
        return float(quarter_of(date.fromordinal(end - 1), self.ledger.start_month).number == 4)


def likes(past: Past, as_of: int, end: int) -> list[int]:
    """Mornings on which a window like this one had ended by `as_of`, newest first.

    They lie as far before the end of their quarter as this one does: much is decided towards the ends of quarters. A
    young company has few of them; then any morning will do.
    """
    quarter = quarter_of(date.fromordinal(end - 1), past.ledger.start_month)
    left = quarter.last.toordinal() + 1 - end
    ends = (quarter.plus(-back).last.toordinal() + 1 - left for back in range(QUARTERS + 8))
    found = [like for like in ends if past.first < like <= as_of][:QUARTERS]
    if len(found) < FEW:
        found += range(as_of, past.first, -4 * WEEK)
    return found


def lengths(days: int) -> list[int]:
    """Lengths of windows that teach something about one of so many days; few different ones, so that looks are shared."""
    unit = WEEK if days > 3 * WEEK else 1
    return sorted({max(1, round(days * part / unit) * unit) for part in (0.8, 1.0, 1.2)})


@dataclass(slots=True)
class Chances:
    """The fitted model of one window: `skip` days from the morning on, then `days` days."""

    skip: int
    days: int
    year_end: float
    fit: logistic.Fit
    middle: list[float]
    scale: list[float]
    lift: list[float]  # by place: amount when won against amount when looked at
    turns: list[float]  # the same of single deals, 1 on average
    past: Past

    def chance(self, shot: Snapshot) -> float:
        """That the deal is won in the window, if it was not won before it."""
        row = features(shot, self.skip + self.days, self.past.records, self.year_end)
        place = min(shot.place, len(self.fit.groups) - 1)
        return self.fit.chance(
            place, [(x - m) / s for x, m, s in zip(row, self.middle, self.scale, strict=True)]
        )

    def amount(self, shot: Snapshot, usual: float) -> float:
        """What the deal is worth when it is won."""
        return (shot.amount or usual) * self.lift[min(shot.place, len(self.lift) - 1)]


def learn(past: Past, as_of: int, days: int, skip: int = 0) -> Chances | None:
    """The model as it could be fitted in the morning of `as_of`; None when there was no such window, or hardly a win."""
    rows: dict[int, list[tuple[list[float], float, float]]] = defaultdict(list)
    gains: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    turns: list[float] = []
    spans, thin = lengths(skip + days), past.thin(as_of)
    for end in likes(past, as_of, as_of + skip + days):
        worth = min(1.0, LOOKS_A_DEAL / len(spans)) * 0.5 ** ((as_of - end) / HALF_LIFE)
        for span in spans:
            day = end - span
            if day <= past.first:
                continue
            start = end - round(span * days / (skip + days))
            for shot, row in zip(past.looks(day, thin), past.rows(day, end, thin), strict=True):
                won = shot.deal.won_by(end)
                if won is not None and won < start:
                    continue
                rows[shot.place].append((row, float(won is not None), worth))
                if won is not None and shot.amount:
                    paid = value_at(shot.deal.amounts, end)
                    if paid:
                        gains[shot.place][0] += worth * min(paid, 4 * shot.amount)
                        gains[shot.place][1] += worth * shot.amount
                        turns.append(min(paid / shot.amount, 4.0))
    if not rows or past.records.won_before(as_of) < FEWEST_WON:
        return None
    middle, scale = _scaling(row for of_place in rows.values() for row, _won, _worth in of_place)
    blocks = [_block(rows[place], middle, scale) for place in range(len(past.ledger.probabilities))]
    ends = likes(past, as_of, as_of + skip + days)
    ridge = [FREE, *[RIDGE] * (len(middle) - 2), _season_ridge(past, blocks, ends)]
    fitted = logistic.fit(blocks, ridge=ridge, group_ridge=[GROUP_RIDGE] * (len(middle) - 1) + [ALIKE])
    return Chances(
        skip,
        days,
        past.year_end(as_of + skip + days),
        fitted,
        middle,
        scale,
        _lifts(gains, len(blocks)),
        _around_one(turns),
        past,
    )


def _season_ridge(past: Past, blocks: list[logistic.Block], ends: list[int]) -> float:
    weight = sum(sum(block.weights) for block in blocks)
    share = sum(sum(map(mul, block.answers, block.weights)) for block in blocks) / weight
    years = len({date.fromordinal(end - 1).year for end in ends if past.year_end(end)})
    return weight * share * (1 - share) * SEASON_YEARS / max(1, years)


def _scaling(rows: Iterable[list[float]]) -> tuple[list[float], list[float]]:
    """Mean and spread of each column; the intercept stays one."""
    columns = list(zip(*rows, strict=True))
    middle, scale = [0.0], [1.0]
    for column in columns[1:]:
        mean = sum(column) / len(column)
        middle.append(mean)
        scale.append(math.sqrt(sum((x - mean) ** 2 for x in column) / len(column)) or 1.0)
    return middle, scale


def _block(
    rows: list[tuple[list[float], float, float]], middle: list[float], scale: list[float]
) -> logistic.Block:
    if not rows:
        return logistic.Block([[] for _column in middle], [], [])
    columns = [
        [(x - m) / s for x in column]
        for column, m, s in zip(
            zip(*(row for row, _won, _worth in rows), strict=True), middle, scale, strict=True
        )
    ]
    return logistic.Block(columns, [won for _row, won, _worth in rows], [worth for _row, _won, worth in rows])


def _lifts(gains: dict[int, list[float]], places: int) -> list[float]:
    paid, seen = sum(g[0] for g in gains.values()), sum(g[1] for g in gains.values())
    overall = (paid + 1) / (seen + 1)
    # Each place's own ratio, pulled to the common one by a tenth of all that was seen.
    pull = 0.1 * seen + 1
    return [(gains[p][0] + pull * overall) / (gains[p][1] + pull) for p in range(places)]


def _around_one(turns: list[float]) -> list[float]:
    mean = sum(turns) / len(turns) if turns else 1.0
    return [turn / mean for turn in turns[:500]] or [1.0]
