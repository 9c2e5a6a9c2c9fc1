"""The model of the forecast on made-up companies: what must hold whatever the figures are."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta

import pytest

from benchmarks.forecast.decision import Decision
from benchmarks.forecast.funnel import Funnel
from crm.lib.fiscal import Quarter
from pipeline.forecasting import backtest, logistic, ranges
from pipeline.forecasting.chances import learn
from pipeline.forecasting.forecast import Engine
from pipeline.forecasting.history import LOST, WON, DealHistory, Ledger

QUARTER = Quarter(2022, 2)
MORNINGS = [date(2022, 7, 1), date(2022, 8, 15), date(2022, 9, 30)]


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def a_deal(
    number: int, moves: list[tuple[str, int]], amount: float = 1_000_000, close: str = "2026-08-20"
) -> DealHistory:
    began = day(moves[0][0])
    return DealHistory(
        number,
        [(day(on), place) for on, place in moves],
        [(began, amount)],
        [(began, day(close))],
        [(began, 1)],
        [(began, 1)],
    )


@pytest.fixture(scope="module", params=[Funnel, Decision])
def ledger(request) -> Ledger:
    return request.param(5, first=date(2020, 10, 1), years=2.0, deals=480).ledger()


@pytest.fixture(scope="module")
def engine(ledger) -> Engine:
    return Engine(ledger)


def test_a_deal_is_known_in_the_morning_after_what_happened():
    deal = a_deal(1, [("2026-07-01", 0), ("2026-07-10", 1), ("2026-07-20", WON)])

    assert deal.place_at(day("2026-07-01")) is None
    assert deal.place_at(day("2026-07-02")) == 0
    assert deal.place_at(day("2026-07-10")) == 0
    assert deal.place_at(day("2026-07-11")) == 1
    assert deal.won_by(day("2026-07-20")) is None
    assert deal.won_by(day("2026-07-21")) == day("2026-07-20")


def test_a_win_that_was_taken_back_is_no_win_from_then_on():
    deal = a_deal(1, [("2026-07-01", 0), ("2026-07-20", WON), ("2026-07-25", 3)])

    assert deal.won_by(day("2026-07-24")) == day("2026-07-20")
    assert deal.won_by(day("2026-07-26")) is None


def test_the_fit_finds_what_made_the_answers():
    rng = random.Random(3)
    blocks = []
    for shift in (-0.4, 0.4):
        columns: list[list[float]] = [[], [], []]
        answers = []
        for _row in range(4000):
            row = [1.0, rng.gauss(0, 1), rng.gauss(0, 1)]
            for column, value in zip(columns, row, strict=True):
                column.append(value)
            score = -1 + shift + 0.8 * row[1] - 0.5 * row[2]
            answers.append(float(rng.random() < 1 / (1 + math.exp(-score))))
        blocks.append(logistic.Block(columns, answers, [1.0] * 4000))

    found = logistic.fit(blocks, ridge=[0.0, 0.1, 0.1], group_ridge=[0.1] * 3).groups

    for group, intercept in zip(found, (-1.4, -0.6), strict=True):
        assert group == pytest.approx([intercept, 0.8, -0.5], abs=0.12)


def test_a_group_without_rows_follows_the_others():
    rows = logistic.Block(
        [[1.0] * 100, [n / 50 - 1 for n in range(100)]], [float(n > 40) for n in range(100)], [1.0] * 100
    )
    empty = logistic.Block([[], []], [], [])

    fit = logistic.fit([rows, empty], ridge=[0.0, 0.5], group_ridge=[5.0] * 2)

    assert fit.groups[1] == pytest.approx(fit.pooled)
    assert fit.chance(1, [1.0, 0.9]) > fit.chance(1, [1.0, -0.9])


def test_a_forecast_of_the_past_equals_the_one_from_data_cut_at_that_day(ledger, engine):
    as_of = MORNINGS[1]
    cut = Engine(ledger.cut(as_of.toordinal()))

    assert engine.forecast(QUARTER, as_of) == cut.forecast(QUARTER, as_of)
    assert (
        engine.raw(QUARTER.next(), as_of.toordinal()).futures
        == cut.raw(QUARTER.next(), as_of.toordinal()).futures
    )
    assert engine.chances(QUARTER.last, as_of) == cut.chances(QUARTER.last, as_of)


@pytest.mark.parametrize("as_of", MORNINGS)
def test_parts_and_teams_add_up_to_the_yen(engine, as_of):
    for quarter in (QUARTER, QUARTER.next()):
        company, *teams = engine.forecast(quarter, as_of)

        assert company.method == "history"
        assert company.point == company.won + company.opened + company.unborn
        assert company.point == pytest.approx(sum(team.point for team in teams), abs=len(teams))
        assert company.by_place == tuple(map(sum, zip(*(team.by_place for team in teams), strict=True)))
        for one in (company, *teams):
            assert one.won <= one.low80 <= one.low50 <= one.point <= one.high50 <= one.high80


@pytest.mark.parametrize("as_of", MORNINGS)
def test_what_a_stage_brings_is_what_its_deals_bring(engine, as_of):
    company = engine.forecast(QUARTER, as_of)[0]
    parts, _deviation = engine.parts(QUARTER, as_of)

    for place, amount in enumerate(company.by_place):
        own = [part for part in parts if part.place == place]
        assert amount == pytest.approx(sum(part.expected for part in own), abs=10)
        assert amount <= sum(part.amount for part in own)


def test_what_is_won_grows_to_the_actual(engine):
    forecasts = [engine.forecast(QUARTER, as_of)[0] for as_of in MORNINGS]

    assert [f.won for f in forecasts] == sorted(f.won for f in forecasts)
    assert forecasts[0].won == 0
    assert forecasts[-1].point == pytest.approx(engine.actual(QUARTER), rel=0.25)


def test_a_later_day_never_lowers_a_chance(engine):
    as_of = MORNINGS[1]
    found = [
        engine.chances(as_of + timedelta(days=days), as_of) for days in (0, 5, 46, 47, 80, 138, 139, 300)
    ]

    assert all(len(one) == len(found[0]) > 20 for one in found)
    for sooner, later in zip(found, found[1:], strict=False):
        assert all(0 <= sooner[deal] <= later[deal] <= 1 for deal in sooner)


def test_chances_until_the_quarters_end_are_those_of_the_forecast(engine):
    as_of = MORNINGS[0]
    raw = engine.raw(QUARTER, as_of.toordinal())

    chances = engine.chances(QUARTER.last, as_of)

    assert {shot.deal.id: pytest.approx(deal.chance) for shot, deal in raw.deals} == chances


def test_chances_tell_the_won_from_the_others(engine):
    as_of, end = MORNINGS[1], QUARTER.last.toordinal() + 1
    chances = engine.chances(QUARTER.last, as_of)
    won = [c for deal in engine.ledger.deals if (c := chances.get(deal.id)) is not None and deal.won_by(end)]
    others = [
        c for deal in engine.ledger.deals if (c := chances.get(deal.id)) is not None and not deal.won_by(end)
    ]

    assert sum(w > o for w in won for o in others) > 0.8 * len(won) * len(others)


def test_the_back_test_says_what_was_said_then(ledger, engine):
    checks = backtest.check(engine, MORNINGS[2], quarters=2)
    then = Engine(ledger.cut(date(2022, 4, 1).toordinal())).forecast(QUARTER.previous(), date(2022, 4, 1))

    assert [c.forecast for c in checks if c.forecast.as_of == date(2022, 4, 1)] == then
    company = next(c for c in checks if c.forecast.as_of == date(2022, 4, 1))
    assert company.actual == round(engine.actual(QUARTER.previous()))
    assert company.error == company.forecast.point - company.actual


def test_below_twenty_closed_deals_it_is_the_weighted_sum():
    deals = [a_deal(n, [("2026-05-01", 0), ("2026-05-20", WON if n % 3 else LOST)]) for n in range(1, 19)]
    deals += [
        a_deal(30, [("2026-06-01", 1)], amount=1_000_000),
        a_deal(31, [("2026-06-01", 2)], amount=500_000, close="2026-11-20"),  # not in this quarter
        a_deal(32, [("2026-06-01", 2)], amount=2_000_000, close="2026-06-10"),  # overdue counts now
        a_deal(33, [("2026-06-20", 0), ("2026-07-02", WON)], amount=300_000),
    ]
    engine = Engine(Ledger(deals, {1: 1}, [10.0, 20.0, 50.0]))

    company = engine.forecast(Quarter(2026, 2), date(2026, 7, 14))[0]

    assert company.method == "weighted"
    assert company.point == 300_000 + 200_000 + 1_000_000
    assert (company.won, company.by_place, company.unborn) == (300_000, (0, 200_000, 1_000_000), 0)


def test_a_company_without_deals_is_forecast_nothing():
    company = Engine(Ledger([], {}, [10.0, 50.0])).forecast(Quarter(2026, 2), date(2026, 7, 14))[0]

    assert (company.point, company.low80, company.high80, company.method) == (0, 0, 0, "weighted")


def test_from_twenty_closed_deals_on_it_learns():
    ledger = Funnel(2, first=date(2021, 1, 1), years=0.8, deals=110).ledger()
    engine = Engine(ledger)
    as_of = date(2021, 9, 1)

    assert 20 <= engine.past.records.closed_before(as_of.toordinal()) < 70
    company = engine.forecast(Quarter(2021, 2), as_of)[0]
    assert company.method == "history"
    assert company.won < company.point < 4 * engine.actual(Quarter(2021, 2))


def test_misses_widen_the_range():
    good, bad = ranges.widening([0.1, -0.4, 0.3, 0.2]), ranges.widening([2.5, -2.0, 3.0, 2.2])

    assert good < ranges.widening([]) < bad
    # The fewer quarters it rests on, the further Student's t lies from the normal law: 1.337 against 1.282 for sixteen.
    assert ranges.widening([]) / ranges.COMPANY_PRIOR[1] == pytest.approx(1.337 / 1.282, abs=0.01)


def test_a_model_that_never_saw_a_win_is_none():
    deals = [a_deal(n, [("2026-05-01", 0)]) for n in range(30)]

    assert learn(Engine(Ledger(deals, {1: 1}, [10.0])).past, day("2026-07-01"), 92) is None
