"""A company whose deals live by contact: each has a momentum that nobody sees, and that fades when nobody calls.

Contacts and answers come while it lasts; deals advance, are won and are lost day by day by its strength. The company
hires, so that the flow of deals grows by steps; its customers buy before their own year ends and rest in summer.
"""

from __future__ import annotations

import math
import random
from datetime import date

from pipeline.forecasting.history import LOST, WON, DealHistory, Ledger

PROBABILITIES = [10.0, 30.0, 50.0, 75.0]
BUYING = [0.95, 1.1, 1.45, 0.8, 0.85, 0.95, 0.95, 0.7, 1.15, 0.95, 1.05, 1.2]
ADVANCE = [0.030, 0.026, 0.026, 0.030]  # a day
STEP = 3


class Momentum:
    """Makes the ledger of one company; the same seed makes the same."""

    def __init__(
        self,
        seed: int,
        *,
        first: date = date(2020, 4, 1),
        years: float = 3.5,
        deals: int = 2800,
        tail: float = 0.6,
    ) -> None:
        self.rng, self.tail = random.Random(f"momentum {seed}"), tail
        rng = self.rng
        self.first, self.days = first.toordinal(), int(years * 365)
        people = rng.randint(9, 15)
        # Two in three are there from the beginning.
        joins = [0 if n < people * 2 // 3 else rng.randint(60, self.days) for n in range(people)]
        self.joins = {200 + n: self.first + day for n, day in enumerate(joins)}
        self.skill = {owner: rng.gauss(0, 0.3) for owner in self.joins}
        self.strength = {channel: rng.gauss(0, 0.35) for channel in range(1, 5)}
        self.sizes = {channel: rng.lognormvariate(0, 0.4) for channel in self.strength}
        self.mood = [0.0]
        for _week in range(self.days // 7 + 60):
            self.mood.append(0.98 * self.mood[-1] + rng.gauss(0, 0.04))
        spent = sum(self.first + self.days - day for day in self.joins.values())
        self.rate = deals / spent  # a day and person

    def ledger(self) -> Ledger:
        made: list[DealHistory] = []
        for day in range(self.first, self.first + self.days):
            on = date.fromordinal(day)
            for owner, joined in self.joins.items():
                flow = 1.4 * self.rate * (0.6 + 0.4 * BUYING[(on.month + 1) % 12])
                if on.weekday() < 5 and joined <= day and self.rng.random() < flow:
                    made.append(self._deal(len(made) + 1, day, owner))
        teams = {owner: 1 + number % 3 for number, owner in enumerate(self.joins)}
        return Ledger(made, teams, PROBABILITIES, 4)

    def _deal(self, number: int, day: int, owner: int) -> DealHistory:
        rng = self.rng
        channel = rng.choice(list(self.strength))
        size = 2_000_000 * self.sizes[channel] * rng.lognormvariate(0, self.tail)
        wish = day + int(rng.lognormvariate(math.log(95), 0.5))
        deal = DealHistory(
            number, [(day, 0)], [(day, _round(size))], [(day, wish)], [(day, owner)], [(day, channel)]
        )
        self._live(deal, wish, self.strength[channel] + self.skill[owner] - 0.2 * math.log(size / 2e6))
        return deal

    def _live(self, deal: DealHistory, wish: int, drive: float) -> None:
        """Three days after three days, until the deal is closed or the history ends."""
        rng, now, place = self.rng, deal.created, 0
        momentum, end = drive + rng.gauss(0, 0.8), self.first + self.days
        while (now := now + STEP) < end:
            momentum += 0.03 * (drive - 0.25 - momentum) + rng.gauss(0, 0.17)
            if rng.random() < 0.35 / (1 + math.exp(-1.2 * momentum)):
                deal.touched.append(now)
                momentum += 0.05
            if rng.random() < 0.16 / (1 + math.exp(-momentum)):
                deal.answered.append(now)
            pull = momentum + self.mood[(now - self.first) // 7]
            on = date.fromordinal(now)
            forward = STEP * ADVANCE[place] * math.exp(0.7 * pull)
            if place == len(ADVANCE) - 1:
                near = 1.6 if abs(wish - now) < 12 else 1.0
                forward *= BUYING[on.month - 1] * near * (1.3 if on.day > 24 else 0.9)
            luck = rng.random()
            if luck < STEP * 0.0055 * math.exp(-0.9 * pull):
                deal.moves.append((now, LOST))
                return
            if luck > 1 - min(forward, 0.6):
                place += 1
                if place == len(ADVANCE):
                    if rng.random() < 0.6:
                        deal.amounts.append((now, _round(deal.amounts[-1][1] or 0, rng.uniform(0.8, 1.02))))
                    deal.moves.append((now, WON))
                    return
                deal.moves.append((now, place))
                if rng.random() < 0.35:
                    deal.amounts.append((now, _round(deal.amounts[-1][1] or 0, rng.lognormvariate(0, 0.3))))
            if wish < now and rng.random() < 0.2:
                wish = now + rng.choice([10, 20, 30, 60])
                deal.closes.append((now, wish))


def _round(amount: float, factor: float = 1.0) -> float:
    return round(amount * factor / 10_000) * 10_000.0
