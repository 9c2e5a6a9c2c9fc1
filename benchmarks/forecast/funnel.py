"""A company whose deals climb from stage to stage: every week each may go on, stay, fall back or be lost.

What decides is hidden: the deal's quality, the owner's skill, the season, and a drift of the market. It shows in how fast
stages are passed, how much is answered, and how honest the expected close is.
"""

from __future__ import annotations

import math
import random
from datetime import date

from pipeline.forecasting.history import LOST, WON, DealHistory, Ledger

PROBABILITIES = [10.0, 20.0, 35.0, 50.0, 65.0, 85.0]
MONTHS = {
    1: 0.9,
    2: 1.05,
    3: 1.25,
    4: 0.85,
    5: 0.9,
    6: 1.05,
    7: 1.0,
    8: 0.8,
    9: 1.15,
    10: 1.0,
    11: 1.05,
    12: 0.95,
}
PACE = [0.42, 0.36, 0.32, 0.32, 0.34, 0.36]  # chance a week to leave a stage forwards
LEAK = [0.07, 0.055, 0.05, 0.045, 0.04, 0.03]  # and to be lost


class Funnel:
    """Makes the ledger of one company; the same seed makes the same."""

    def __init__(
        self,
        seed: int,
        *,
        first: date = date(2020, 10, 1),
        years: float = 3.25,
        deals: int = 2600,
        tail: float = 0.5,
    ) -> None:
        self.rng, self.tail = random.Random(f"funnel {seed}"), tail
        rng = self.rng
        self.first, self.days = first.toordinal(), int(years * 365)
        self.teams = {owner: owner % 4 for owner in range(rng.randint(9, 14))}
        self.skill = {owner: rng.gauss(0, 0.35) for owner in self.teams}
        self.channels = [
            (weight, rng.gauss(0, 0.4), rng.lognormvariate(0, 0.25)) for weight in (30, 22, 18, 14, 10, 6)
        ]
        self.growth = rng.uniform(-0.03, 0.2)
        self.drift = self._walk(0.05)
        self.rate = deals / sum(self._flow(day) for day in range(self.first, self.first + self.days))

    def _walk(self, step: float) -> list[float]:
        level, levels = 0.0, []
        for _month in range(self.days // 30 + 2):
            levels.append(level)
            level = 0.97 * level + self.rng.gauss(0, step)
        return levels

    def _flow(self, day: int) -> float:
        on = date.fromordinal(day)
        if on.weekday() > 4:
            return 0.0
        return MONTHS[(on.month + 1) % 12 + 1] * math.exp(self.growth * (day - self.first) / 365)

    def ledger(self) -> Ledger:
        made: list[DealHistory] = []
        for day in range(self.first, self.first + self.days):
            for _one in range(self._poisson(self.rate * self._flow(day))):
                made.append(self._deal(len(made) + 1, day))
        return Ledger(made, self.teams, PROBABILITIES)

    def _poisson(self, mean: float) -> int:
        limit, product, count = math.exp(-mean), self.rng.random(), 0
        while product > limit:
            product *= self.rng.random()
            count += 1
        return count

    def _deal(self, number: int, day: int) -> DealHistory:
        rng = self.rng
        owner = rng.choice(list(self.teams))
        channel = rng.choices(range(len(self.channels)), [c[0] for c in self.channels])[0]
        quality = rng.gauss(self.channels[channel][1], 1.0)
        size = rng.lognormvariate(math.log(1_800_000), self.tail) * self.channels[channel][2]
        if rng.random() < 0.05 * self.tail:
            size *= rng.uniform(2, 4)
        quality -= 0.15 * math.log(size / 1_800_000)
        zombie = rng.random() < 0.10
        place, stage_day, now = rng.choices([0, 1, 2], [80, 14, 6])[0], day, day
        close: int | None = day + int(rng.lognormvariate(math.log(75), 0.4))
        deal = DealHistory(
            number, [(day, place)], [(day, _round(size))], [(day, close)], [(day, owner)], [(day, channel)]
        )
        end = self.first + self.days
        while True:
            now += rng.randint(4, 9)
            if now >= end:
                return deal
            on = date.fromordinal(now)
            drift = self.drift[(now - self.first) // 30]
            pull = 0.45 * quality + self.skill[owner] + drift
            if rng.random() < 0.18 + 0.10 * math.tanh(quality) and not zombie:
                deal.answered.append(now)
            if close is not None and close < now and rng.random() < 0.35:
                close = now + rng.choice([14, 30, 30, 45, 60])
                deal.closes.append((now, close))
            season = MONTHS[on.month] * (1.35 if on.month % 3 == 0 and on.day > 15 else 1.0)
            pace, leak = PACE[place] * math.exp(0.55 * pull), LEAK[place] * math.exp(-0.6 * pull)
            if place == len(PACE) - 1:
                pace *= season
            if now - stage_day > 60:
                pace, leak = pace * 0.5, leak * 1.1
            if zombie:
                pace, leak = pace * 0.12, 0.012
            luck = rng.random()
            if luck < leak:
                deal.moves.append((now, LOST))
                return deal
            if luck < leak + min(pace, 0.7):
                place, stage_day = place + 1, now
                if place == len(PACE):
                    if rng.random() < 0.4:
                        deal.amounts.append((now, _round(deal.amounts[-1][1] * rng.uniform(0.88, 1.0))))
                    deal.moves.append((now, WON))
                    return deal
                deal.moves.append((now, place))
                if rng.random() < 0.45:
                    deal.amounts.append((now, _round(deal.amounts[-1][1] * rng.lognormvariate(-0.03, 0.22))))
                if rng.random() < 0.5:
                    close = now + int((len(PACE) - place) * 24 * rng.lognormvariate(0, 0.35))
                    deal.closes.append((now, close))
            elif luck > 0.992 and place > 0:
                place, stage_day = place - 1, now
                deal.moves.append((now, place))
            if rng.random() < 0.0025:
                owner = rng.choice(list(self.teams))
                deal.owners.append((now, owner))


def _round(amount: float | None) -> float:
    return round((amount or 0) / 10_000) * 10_000.0
