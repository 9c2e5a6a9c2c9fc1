"""A company whose customers decide: each deal has a day on which it will be decided, and what for, before anybody knows.

Stages, answers and expected closes are what the salespeople see of it: noisy at first, better later, hopeful by habit.
Decisions fall to the ends of months and quarters; some deals are decided at once, some are never closed by anybody.
"""

from __future__ import annotations

import calendar
import math
import random
from datetime import date

from pipeline.forecasting.history import LOST, WON, DealHistory, Ledger

PROBABILITIES = [5.0, 15.0, 30.0, 60.0, 80.0]


class Decision:
    """Makes the ledger of one company; the same seed makes the same."""

    def __init__(
        self,
        seed: int,
        *,
        first: date = date(2021, 1, 1),
        years: float = 3.25,
        deals: int = 2800,
        tail: float = 0.5,
    ) -> None:
        self.rng, self.tail = random.Random(f"decision {seed}"), tail
        rng = self.rng
        self.first, self.days, self.count = first.toordinal(), int(years * 365), deals
        self.owners = {100 + n: 1 + n // 4 for n in range(rng.randint(10, 16))}
        self.skill = {owner: rng.gauss(0, 0.45) for owner in self.owners}
        self.leaves = {owner: self.first + rng.randint(300, 2500) for owner in self.owners}
        self.channels = {
            n: (rng.uniform(0.5, 2), rng.gauss(0, 0.5), rng.uniform(60, 120)) for n in range(1, 6)
        }
        self.trend, self.year_end = rng.uniform(-0.05, 0.2), rng.uniform(0.2, 0.6)
        self.base = rng.uniform(-0.75, -0.25)
        self.turn = self.first + rng.randint(300, self.days - 150), rng.gauss(0, 0.3)

    def ledger(self) -> Ledger:
        weights, months = [], []
        for month in range(int(self.days / 30.4)):
            start = self.first + round(month * 30.4)
            on = date.fromordinal(start)
            season = (
                1
                + self.year_end * (on.month in (1, 2))
                - 0.25 * (on.month in (5, 8))
                + 0.15 * (on.month in (7, 10))
            )
            months.append(start)
            weights.append(season * math.exp(self.trend * month / 12) * self.rng.lognormvariate(0, 0.07))
        scale = self.count / sum(weights)
        made: list[DealHistory] = []
        for start, weight in zip(months, weights, strict=True):
            mean = weight * scale
            for _one in range(max(0, round(self.rng.gauss(mean, math.sqrt(mean))))):
                made.append(self._deal(start + self.rng.randrange(30)))
        made.sort(key=lambda deal: deal.created)
        for number, deal in enumerate(made, 1):
            deal.id = number
        return Ledger(made, self.owners, PROBABILITIES)

    def _deal(self, day: int) -> DealHistory:
        rng = self.rng
        present = [owner for owner, leaves in self.leaves.items() if leaves > day] or list(self.owners)
        owner = rng.choice(present)
        channel = rng.choices(list(self.channels), [c[0] for c in self.channels.values()])[0]
        amount = rng.lognormvariate(math.log(1_500_000), self.tail)
        if rng.random() < 0.25:
            amount = 900_000 * rng.paretovariate(1.8 / self.tail)
        quality = rng.gauss(0, 1.1)
        turn = self.turn[1] if day > self.turn[0] else 0.0
        score = (
            self.base
            + quality
            + self.skill[owner]
            + self.channels[channel][1]
            + turn
            - 0.2 * math.log(amount / 1.5e6)
        )
        wins = rng.random() < 1 / (1 + math.exp(-score))
        length = rng.lognormvariate(math.log(self.channels[channel][2]), 0.55) * (0.9 if wins else 1.0)
        if rng.random() < 0.08:
            length = rng.uniform(3, 20)
        decided = self._snapped(day + max(2, int(length)))
        zombie = not wins and rng.random() < 0.25
        closed = decided + int(rng.expovariate(1 / 120)) if zombie else decided
        return self._seen(day, owner, channel, amount, quality, wins, decided, closed)

    def _snapped(self, day: int) -> int:
        on = date.fromordinal(day)
        luck = self.rng.random()
        last = calendar.monthrange(on.year, on.month)[1]
        if luck < 0.25 and on.day > 12:
            return day - on.day + last - self.rng.randrange(3)
        if luck < 0.32 + 0.1 * (on.month == 2) and on.month % 3 != 0:
            month = on.month + 3 - on.month % 3
            end = date(on.year, month, calendar.monthrange(on.year, month)[1]).toordinal()
            return end - self.rng.randrange(6)
        return day

    def _seen(self, day: int, owner: int, channel: int, amount: float, quality: float, wins: bool, decided: int, closed: int) -> DealHistory:  # fmt: skip
        rng, end = self.rng, self.first + self.days
        span, count = max(1, decided - day), len(PROBABILITIES)
        cuts = sorted(rng.betavariate(1.4, 1.6) for _ in range(count - 1))
        reach = (
            count - 1
            if wins
            else min(count - 1, int(rng.triangular(0, count, 1.2 + 0.8 * math.tanh(quality))))
        )
        steps = [(day + max(1, int(cut * span)), place + 1) for place, cut in enumerate(cuts[:reach])]
        close: int | None = day + int(span * rng.lognormvariate(-0.15, 0.45))
        if rng.random() < 0.15:
            close = None
        value = round(amount / 1000) * 1000.0
        deal = DealHistory(0, [(day, 0)], [(day, value if rng.random() > 0.1 else None)], [(day, close)], [(day, owner)], [(day, channel)])  # fmt: skip
        now, place = day, 0
        while True:
            now += 1 + int(rng.expovariate(1 / 6))
            if self.leaves[owner] <= now and len(deal.owners) < 3:
                owner = rng.choice([o for o, leaves in self.leaves.items() if leaves > now] or [owner])
                deal.owners.append((min(now, closed), owner))
            moved = [step for step in steps if step[1] == place + 1 and step[0] <= min(now, closed)]
            while moved and moved[0][0] < end:
                at, place = moved[0]
                deal.moves.append((max(at, deal.moves[-1][0]), place))
                if rng.random() < 0.5:
                    value = round(value * rng.lognormvariate(-0.05, 0.25) / 1000) * 1000.0
                if rng.random() < 0.5 or deal.amounts[-1][1] is None:
                    deal.amounts.append((max(at, deal.amounts[-1][0]), value))
                left = max(1, decided - at) if at < decided else 20
                guess = at + int(left * rng.lognormvariate(-0.05, 0.35 / (place + 0.5) ** 0.5))
                if rng.random() < 0.6 and at >= deal.closes[-1][0]:
                    close = guess
                    deal.closes.append((at, close))
                moved = [step for step in steps if step[1] == place + 1 and step[0] <= min(now, closed)]
            if now >= closed or now >= end:
                break
            if now < decided and rng.random() < 0.12 + 0.08 * math.tanh(quality):
                deal.answered.append(now)
            if close is not None and close < now and rng.random() < (0.3 if now < decided else 0.05):
                close = now + max(7, int(max(10, decided - now) * rng.lognormvariate(-0.1, 0.5)))
                if now >= deal.closes[-1][0]:
                    deal.closes.append((now, close))
        if closed < end:
            if wins and rng.random() < 0.5:
                value = round(value * rng.uniform(0.85, 1.02) / 1000) * 1000.0
                deal.amounts.append((max(closed, deal.amounts[-1][0]), value))
            elif wins and deal.amounts[-1][1] is None:
                deal.amounts.append((max(closed, deal.amounts[-1][0]), value))
            deal.moves.append((max(closed, deal.moves[-1][0]), WON if wins else LOST))
        return deal
