"""How far the truth may lie from the point: simulated futures, widened by what earlier forecasts missed."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

DRAWS = 2000
MOST_WORK = 3_000_000
# The prior of the widening: so many quarters that missed by so many standard deviations. A mood of the market takes all
# deals along, which the simulation does not know: of a company more of the miss is made of it than of a team. Six misses
# of a company say less of the next one than a team's, of which there are some for each quarter.
COMPANY_PRIOR, TEAM_PRIOR = (16.0, 1.35), (8.0, 1.0)
NORMAL_MISS = math.sqrt(2 / math.pi)
EIGHTY = NormalDist().inv_cdf(0.9)


@dataclass(slots=True)
class Open:
    """An open deal as the simulation sees it."""

    team: int
    chance: float
    amount: float


@dataclass(slots=True)
class Unborn:
    """New business: how many wins, for how much each on average, in which teams."""

    count: float
    mean: float
    amounts: list[float]
    teams: dict[int, float]


def simulate(
    deals: Sequence[Open], unborn: Unborn, turns: list[float], seed: int
) -> dict[int | None, list[float]]:
    """What is still to be won in many possible futures, by team; None is the whole company."""
    rng = random.Random(seed)
    draws = max(200, min(DRAWS, MOST_WORK // (len(deals) + 1)))
    futures: dict[int | None, list[float]] = {None: [0.0] * draws}
    for team in {deal.team for deal in deals} | set(unborn.teams):
        futures[team] = [0.0] * draws
    uniform, log = rng.random, math.log
    for deal in deals:
        own, chance = futures[deal.team], min(deal.chance, 0.999)
        if chance <= 0.0005:
            continue
        # From win to win by a geometric leap: as many steps as wins, not as draws.
        leap, draw = log(1 - chance), int(log(1 - uniform()) / log(1 - chance))
        while draw < draws:
            own[draw] += deal.amount * turns[int(uniform() * len(turns))]
            draw += 1 + int(log(1 - uniform()) / leap)
    _add_unborn(futures, unborn, draws, rng)
    futures[None] = [
        sum(amounts) for amounts in zip(*(f for t, f in futures.items() if t is not None), strict=True)
    ] or (futures[None])
    return futures


def _add_unborn(
    futures: dict[int | None, list[float]], unborn: Unborn, draws: int, rng: random.Random
) -> None:
    if not unborn.amounts or not unborn.teams or unborn.count <= 0:
        return
    scale = unborn.mean * len(unborn.amounts) / (sum(unborn.amounts) or 1.0)
    teams, shares = list(unborn.teams), list(unborn.teams.values())
    limit = math.exp(-min(unborn.count, 600))
    for draw in range(draws):
        product = rng.random()
        while product > limit:
            product *= rng.random()
            team = rng.choices(teams, shares)[0]
            futures[team][draw] += scale * rng.choice(unborn.amounts)


def deviation(futures: list[float]) -> float:
    """Standard deviation of what is still to be won."""
    mean = sum(futures) / len(futures)
    return math.sqrt(sum((future - mean) ** 2 for future in futures) / len(futures))


def widening(misses: Sequence[float], prior: tuple[float, float] = COMPANY_PRIOR) -> float:
    """By how much ranges are stretched, from earlier misses in simulated standard deviations.

    Mean absolute misses, since one lucky order must not widen all ranges after it. A normal miss is 0.8 on average.
    What rests on so few quarters is itself unsure: Student's t takes the normal law's place.
    """
    weight, usual = prior
    total, quarters = sum(min(abs(miss), 4.0) for miss in misses), weight + len(misses)
    students = 1 + (EIGHTY**2 + 1) / (4 * quarters)
    return students * (weight * usual + total / NORMAL_MISS) / quarters


def stretched(futures: list[float], point: float, stretch: float, part: float) -> tuple[float, float]:
    """The middle `part` of the futures, laid around the point and stretched; never below nothing."""
    ordered = sorted(futures)
    mean, last = sum(ordered) / len(ordered), len(ordered) - 1
    scale = point / mean if mean else 1.0
    low, high = ordered[round(last * (0.5 - part / 2))], ordered[round(last * (0.5 + part / 2))]
    return max(0.0, point + stretch * scale * (low - mean)), point + stretch * scale * (high - mean)
