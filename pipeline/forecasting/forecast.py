"""The forecast of a quarter: what is won, what open deals will bring, what is not born yet, and how sure that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from crm.lib.fiscal import Quarter, quarter_of
from pipeline.forecasting import arrivals, ranges, whatif
from pipeline.forecasting.chances import Chances, Past, learn
from pipeline.forecasting.history import Ledger, value_at
from pipeline.forecasting.ranges import Open, Unborn
from pipeline.forecasting.snapshots import Snapshot
from pipeline.forecasting.whatif import Part

FEWEST_CLOSED = 20
# Quarters whose misses correct this one; the trust in the model itself counts like so many quarters.
BACK = 6
MODEL_QUARTERS, TEAM_QUARTERS = 3.0, 10.0
WHOLE_QUARTER = 91
FADE = 0.7  # a quarter earlier counts so much of the one after it


@dataclass(slots=True)
class Raw:
    """What the model says of a quarter before anything is learned from its earlier misses; by team and place."""

    quarter: Quarter
    as_of: int
    method: str
    won: dict[int, float]
    deals: list[tuple[Snapshot, Open]]
    unborn: Unborn
    futures: dict[int | None, list[float]]

    @property
    def teams(self) -> set[int]:
        """Teams that have won something, or may."""
        return self.won.keys() | {team for team in self.futures if team is not None}

    def rest(self, team: int | None) -> float:
        """What is still to be won."""
        opened = sum(deal.chance * deal.amount for _shot, deal in self.deals if team in (None, deal.team))
        share = 1.0 if team is None else self.unborn.teams.get(team, 0.0)
        return opened + share * self.unborn.count * self.unborn.mean

    def won_of(self, team: int | None) -> float:
        return sum(self.won.values()) if team is None else self.won.get(team, 0.0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of one quarter, as of one morning, for the company (`team` None) or one team. Amounts in whole yen."""

    quarter: Quarter
    as_of: date
    team: int | None
    method: str  # "history", or "weighted" when too little was closed to learn from
    point: int
    low80: int
    high80: int
    low50: int
    high50: int
    won: int
    by_place: tuple[int, ...] = field(default=())  # what open deals bring, by the stage they stand in
    unborn: int = 0

    @property
    def opened(self) -> int:
        """What the deals that are open now will bring."""
        return sum(self.by_place)


class Engine:
    """Forecasts from one ledger. What is computed for one question serves the next."""

    def __init__(self, ledger: Ledger) -> None:
        self.past = Past(ledger)
        self.ledger = ledger
        self._raws: dict[tuple[Quarter, int], Raw] = {}
        self._models: dict[tuple[int, int, int], Chances | None] = {}

    def quarter_of(self, as_of: date) -> Quarter:
        return quarter_of(as_of, self.ledger.start_month)

    def forecast(self, quarter: Quarter, as_of: date) -> list[Forecast]:
        """The company's forecast, then its teams'. The teams' points add up to the company's."""
        raw = self.raw(quarter, as_of.toordinal())
        factors, stretches = self._learned(raw)
        made = [self._told(raw, team, factors, stretches) for team in sorted(raw.teams)]
        return [self._told(raw, None, factors, stretches, made), *made]

    def parts(self, quarter: Quarter, as_of: date) -> tuple[list[Part], float]:
        """What each open deal brings to the company's forecast, the dearest first, and the deviation of the rest.

        The chances are corrected like the point itself, so that with what is not born yet they add up to it.
        """
        raw = self.raw(quarter, as_of.toordinal())
        factors, _stretches = self._learned(raw)
        share = self._share(raw, factors)
        correct = {
            team: _corrected(raw, team, factors[team] * share)
            for team in {deal.team for _shot, deal in raw.deals}
        }
        skip = max(0, quarter.first.toordinal() - raw.as_of)
        end = quarter.last.toordinal() + 1
        model = self.model(raw.as_of, end - raw.as_of - skip, skip) if raw.method == "history" else None
        found = []
        for shot, deal in raw.deals:
            within, later = (
                (model.chance(replace(shot, close=day)) for day in (end - 1, end + 30))
                if model
                else (self.ledger.probabilities[shot.place] / 100, 0.0)
            )
            chance, inside, beyond = map(correct[deal.team], (deal.chance, within, later))
            found.append(Part(shot.deal.id, chance, deal.amount, inside, beyond, shot.place))
        found.sort(key=lambda part: (-part.expected, part.deal))
        return found, ranges.deviation(raw.futures[None]) * factors[None]

    def chances(self, until: date, as_of: date) -> dict[int, float]:
        """Deal id → the chance that it is won from the morning of `as_of` to the end of the day `until`.

        Never less for a later day: windows that end with the quarters are fitted, days between lie on their way.
        """
        day, end = as_of.toordinal(), until.toordinal() + 1
        shots = self.past.looks(day)
        kept = [1.0] * len(shots)  # the chance of not having been won yet
        quarter, start = self.quarter_of(as_of), day
        while start < end:
            stop = quarter.last.toordinal() + 1
            model = self.model(day, stop - start, start - day) or self.model(day, stop - day)
            part = min(1.0, (end - start) / (stop - start))
            for number, shot in enumerate(shots):
                chance = model.chance(shot) if model else self.ledger.probabilities[shot.place] / 100
                kept[number] *= (1 - min(chance, 0.9999)) ** part
            if model is None or start - day > 2 * 366:
                break
            quarter, start = quarter.next(), stop
        return {shot.deal.id: 1 - left for shot, left in zip(shots, kept, strict=True)}

    def model(self, day: int, days: int, skip: int = 0) -> Chances | None:
        """The fitted model of a window; None when too little was closed before the day."""
        key = day, days, skip
        if key not in self._models:
            known = self.past.records.closed_before(day) >= FEWEST_CLOSED
            self._models[key] = learn(self.past, day, days, skip) if known else None
        return self._models[key]

    def raw(self, quarter: Quarter, day: int) -> Raw:
        key = quarter, day
        if key not in self._raws:
            self._raws[key] = self._raw(quarter, day)
        return self._raws[key]

    def actual(self, quarter: Quarter, team: int | None = None) -> float:
        """What was won in a quarter that is over, as it was known when it ended."""
        first, end = quarter.first.toordinal(), quarter.last.toordinal() + 1
        return sum(money for own, money in self._won(first, end).items() if team in (None, own))

    def team_at(self, owners: list[tuple[int, int]], day: int) -> int:
        return self.ledger.teams.get(value_at(owners, day), 0)

    def _won(self, first: int, day: int) -> dict[int, float]:
        """Won from `first` on, as known in the morning of `day`, by team."""
        found: dict[int, float] = defaultdict(float)
        for deal in self.ledger.deals:
            on = deal.won_by(day)
            if on is not None and on >= first:
                found[self.team_at(deal.owners, day)] += value_at(deal.amounts, day) or 0.0
        return dict(found)

    def _raw(self, quarter: Quarter, day: int) -> Raw:
        first, end = quarter.first.toordinal(), quarter.last.toordinal() + 1
        skip = max(0, first - day)
        won = self._won(first, day) if not skip else {}
        shots = self.past.looks(day)
        near = self.model(day, skip or end - day)
        model = self.model(day, end - day - skip, skip) if skip else near
        if model is None or near is None:
            return self._weighted(quarter, day, won)
        usual = self._usual(day)
        deals = []
        for shot in shots:
            before = near.chance(shot) if skip else 0.0
            team = self.team_at(shot.deal.owners, day)
            deals.append((shot, Open(team, (1 - before) * model.chance(shot), model.amount(shot, usual))))
        coming = arrivals.expect(self.past, day, end - day - skip, skip)
        unborn = Unborn(coming.count, coming.mean, coming.amounts, self._births(day))
        futures = ranges.simulate(
            [deal for _shot, deal in deals], unborn, model.turns, seed=day * 1000 + quarter.number
        )
        return Raw(quarter, day, "history", won, deals, unborn, futures)

    def _weighted(self, quarter: Quarter, day: int, won: dict[int, float]) -> Raw:
        """Amount × the stage's probability, of deals that are expected to close in the quarter; overdue ones count now."""
        deals, last = [], quarter.last.toordinal()
        first = quarter.first.toordinal() if quarter.first.toordinal() > day else 0
        for shot in self.past.looks(day):
            inside = shot.close is not None and first <= shot.close <= last
            chance = self.ledger.probabilities[shot.place] / 100 if inside else 0.0
            deals.append((shot, Open(self.team_at(shot.deal.owners, day), chance, shot.amount or 0.0)))
        unborn = Unborn(0.0, 0.0, [], {})
        futures = ranges.simulate(
            [deal for _shot, deal in deals], unborn, [1.0], seed=day * 1000 + quarter.number
        )
        return Raw(quarter, day, "weighted", won, deals, unborn, futures)

    def _usual(self, day: int) -> float:
        """What a won deal of the last two years brought: stands in where nobody wrote an amount."""
        paid = [
            value_at(deal.amounts, day) or 0.0
            for deal in self.ledger.deals
            if (deal.won_by(day) or 0) > day - 730
        ]
        return sum(paid) / len(paid) if paid else 0.0

    def _births(self, day: int) -> dict[int, float]:
        """Each team's share of the deals born in the last year."""
        counts: dict[int, float] = defaultdict(float)
        for deal in self.ledger.deals:
            if day - 365 <= deal.created < day:
                counts[self.team_at(deal.owners, day)] += 1
        total = sum(counts.values())
        return {team: count / total for team, count in sorted(counts.items())}

    def _earlier(self, raw: Raw) -> list[Raw]:
        """The same look at earlier quarters that were over in the morning of `as_of`, oldest first."""
        offset = raw.as_of - raw.quarter.first.toordinal()
        found: list[Raw] = []
        for back in range(1, BACK + 2):
            quarter = raw.quarter.plus(-back)
            end = quarter.last.toordinal() + 1
            day = min(quarter.first.toordinal() + max(offset, 0), end - 1)
            if end <= raw.as_of and day > self.past.first and len(found) < BACK:
                earlier = self.raw(quarter, day)
                if earlier.method == raw.method == "history":
                    found.append(earlier)
        return found[::-1]

    def _learned(self, raw: Raw) -> tuple[dict[int | None, float], dict[int | None, float]]:
        """By how much the rest is corrected, and ranges stretched, for the company and each team."""
        earlier = self._earlier(raw)
        teams: list[int | None] = [None, *sorted({team for one in [*earlier, raw] for team in one.teams})]
        misses: dict[int | None, list[float]] = {team: [] for team in teams}
        for number, one in enumerate(earlier):
            factors = self._corrections(earlier[:number], teams)
            for team in teams:
                if team in one.futures:
                    missed = (
                        self.actual(one.quarter, team) - one.won_of(team) - factors[team] * one.rest(team)
                    )
                    spread = ranges.deviation(one.futures[team]) * factors[team]
                    if spread > 0:
                        misses[team].append(missed / spread)
        company = ranges.widening(misses[None])
        missed_by_teams = [miss for team in teams if team is not None for miss in misses[team]]
        of_teams = ranges.widening(missed_by_teams, ranges.TEAM_PRIOR)
        stretches = {team: company if team is None else of_teams for team in teams}
        return self._corrections(earlier, teams), stretches

    def _corrections(self, earlier: list[Raw], teams: list[int | None]) -> dict[int | None, float]:
        """Actual against forecast rest of earlier quarters; one is pulled in where there were few."""
        trust = MODEL_QUARTERS
        if earlier:
            # The less is left of a quarter, the less the model errs, and the more of a miss is chance.
            left = earlier[-1].quarter.last.toordinal() + 1 - earlier[-1].as_of
            trust *= max(1.0, WHOLE_QUARTER / left) ** 1.5
        factors: dict[int | None, float] = {None: self._ratio(earlier, None, 1.0, trust)}
        for team in teams:
            if team is not None:
                factors[team] = factors[None] * self._ratio(earlier, team, factors[None], TEAM_QUARTERS)
        return factors

    def _ratio(self, earlier: list[Raw], team: int | None, factor: float, trust: float) -> float:
        came = said = 0.0
        count = max(1, len(earlier))
        for age, one in enumerate(reversed(earlier)):
            weight = FADE**age
            came += weight * (self.actual(one.quarter, team) - one.won_of(team))
            said += weight * one.rest(team) * factor
        prior = trust * sum(one.rest(team) * factor for one in earlier) / count
        return min(1.4, max(0.7, (came + prior) / (said + prior))) if said + prior > 0 else 1.0

    def _told(
        self, raw: Raw, team: int | None, factors: dict[int | None, float], stretches: dict[int | None, float],
        teams: Sequence[Forecast] = (),
    ) -> Forecast:  # fmt: skip
        won, share = raw.won_of(team), self._share(raw, factors)
        if team is None:
            places = [
                float(sum(own.by_place[n] for own in teams)) for n in range(len(self.ledger.probabilities))
            ]
        else:
            places = self._places(raw, team, factors[team] * share)
        unborn = sum(
            part * raw.unborn.count * raw.unborn.mean * factors[own] * share
            for own, part in raw.unborn.teams.items() if team in (None, own)
        )  # fmt: skip
        rest = sum(places) + unborn
        futures, stretch = raw.futures.get(team, [0.0]), stretches[team]
        low80, high80 = ranges.stretched(futures, rest, stretch, 0.8)
        low50, high50 = ranges.stretched(futures, rest, stretch, 0.5)
        by_place, new = tuple(round(p) for p in places), round(unborn)
        if team is None:
            new = sum(own.unborn for own in teams)
        point = round(won) + sum(by_place) + new
        return Forecast(
            quarter=raw.quarter, as_of=date.fromordinal(raw.as_of), team=team, method=raw.method, point=point,
            low80=min(point, round(won + low80)), high80=max(point, round(won + high80)),
            low50=min(point, round(won + low50)), high50=max(point, round(won + high50)),
            won=round(won), by_place=by_place, unborn=new,
        )  # fmt: skip

    def _places(self, raw: Raw, team: int, factor: float) -> list[float]:
        """What the team's open deals bring by the place they stand in: corrected deal by deal, as `parts` tells them."""
        places, wanted = [0.0] * len(self.ledger.probabilities), 0.0
        correct = _corrected(raw, team, factor)
        for shot, deal in raw.deals:
            if deal.team == team:
                places[shot.place] += correct(deal.chance) * deal.amount
                wanted += factor * deal.chance * deal.amount
        # No deal brings more than it is worth; what the correction asks beyond that is spread over all of them.
        return [place * wanted / sum(places) for place in places] if wanted else places

    def _share(self, raw: Raw, factors: dict[int | None, float]) -> float:
        """Makes the corrected teams add up to the corrected company."""
        total = sum(factors[team] * raw.rest(team) for team in raw.teams)
        return factors[None] * raw.rest(None) / total if total else 1.0


def _corrected(raw: Raw, team: int, factor: float) -> Callable[[float], float]:
    """What a chance of the team's deals becomes where they bring `factor` times as much together."""
    return whatif.corrected(
        [(deal.chance, deal.amount) for _shot, deal in raw.deals if deal.team == team], factor
    )
