"""What a forecast becomes when deals go otherwise: by hand, and against the engine itself."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from crm.lib.fiscal import Quarter
from pipeline.forecasting import whatif
from pipeline.forecasting.forecast import Engine
from pipeline.forecasting.history import LOST, WON, DealHistory, Ledger
from pipeline.forecasting.whatif import Change, Outlook, Part, as_rows, changed, from_rows, imagine

NOW = Outlook(point=1000, low80=700, high80=1400, low50=850, high50=1150)
LARGE, SMALL = Part(1, 0.5, 400, 0.6, 0.1), Part(2, 0.2, 100, 0.3, 0.05)


def imagined(changes: dict[int, Change]) -> Outlook:
    return imagine(NOW, 300, 250, [LARGE, SMALL], changes)


def test_nothing_changed_is_the_forecast_itself():
    assert imagined({}) == NOW
    assert imagined({1: Change()}) == NOW
    assert imagined({99: Change("won")}) == NOW


@pytest.mark.parametrize(
    ("change", "point"),
    [
        (Change("won"), 1000 - 200 + 400),
        (Change("out"), 1000 - 200),
        (Change(amount=600), 1000 - 200 + 300),
        (Change(closes_inside=True), 1000 - 200 + 240),
        (Change(closes_inside=False), 1000 - 200 + 40),
        (Change("won", amount=600), 1000 - 200 + 600),
        (Change("out", amount=600, closes_inside=True), 1000 - 200),
    ],
)
def test_the_point_moves_by_what_the_deal_brings_more_or_less(change, point):
    assert imagined({1: change}).point == pytest.approx(point)


def test_a_deal_that_is_sure_narrows_the_range_and_a_larger_one_widens_it():
    sure, larger = imagined({1: Change("won")}), imagined({1: Change(amount=900)})

    # 250² − 0.5 · 0.5 · 400² = 22,500: six tenths of the deviation are left.
    assert sure.high80 - sure.point == pytest.approx(0.6 * 400)
    assert sure.point - sure.low80 == pytest.approx(0.6 * 300)
    assert larger.high80 - larger.point > 400


def test_what_is_won_is_never_lost_again():
    one = imagine(NOW, 950, 250, [LARGE], {1: Change("out")})

    assert (one.point, one.low80, one.low50) == (950, 950, 950)
    assert one.high80 > 950


def test_parts_are_stored_and_read_again():
    assert from_rows(as_rows([LARGE, SMALL])) == [LARGE, SMALL]
    assert changed(LARGE, Change("out")).variance == 0


def ledger(seed: int = 4) -> Ledger:
    """Three years of deals: each is won after two to ten weeks, or lost, or still open."""
    dice, deals = random.Random(seed), []
    first, today = date(2023, 4, 1).toordinal(), date(2026, 5, 10).toordinal()
    for number in range(700):
        created = first + dice.randrange(today - first)
        moves = [(created, 0), (created + dice.randrange(5, 25), 2)]
        moves.append((moves[-1][0] + dice.randrange(10, 60), WON if dice.random() < 0.4 else LOST))
        close = moves[-1][0] + dice.randrange(-10, 20)
        deals.append(
            DealHistory(
                number + 1,
                moves,
                [(created, dice.randrange(10, 90) * 1e5)],
                [(created, close)],
                [(created, 1)],
                [(created, 1)],
            )
        )
    return Ledger(deals, {1: 1}, [10.0, 20.0, 40.0])


def test_the_parts_add_up_to_what_the_engine_forecasts():
    engine, quarter, as_of = Engine(ledger()), Quarter(2026, 1), date(2026, 5, 10)
    told = engine.forecast(quarter, as_of)[0]

    parts, deviation = engine.parts(quarter, as_of)

    assert told.method == "history"
    assert sum(part.expected for part in parts) == pytest.approx(told.opened, rel=1e-6)
    assert parts == sorted(parts, key=lambda part: (-part.expected, part.deal))
    assert deviation > 0
    # A deal that closes within the quarter is likelier to be won in it than one that closes later.
    assert sum(part.inside for part in parts) > sum(part.beyond for part in parts)


@pytest.mark.parametrize("factor", [0.7, 1.0, 1.4])
def test_corrected_chances_bring_as_much_and_none_is_surer_than_sure(factor):
    deals = [(0.0, 50.0), (0.05, 100.0), (0.5, 300.0), (0.9, 200.0), (1.0, 10.0)]

    correct = whatif.corrected(deals, factor)

    told = [correct(chance) for chance, _worth in deals]
    assert sum(chance * worth for chance, (_was, worth) in zip(told, deals, strict=True)) == pytest.approx(
        factor * 345
    )
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert 0 < told[1] < told[2] < told[3] < 1


def test_below_twenty_closed_deals_the_parts_are_the_weighted_amounts():
    young = Ledger(
        [
            DealHistory(
                1, [(date(2026, 4, 10).toordinal(), 1)], [(0, 1000.0)],
                [(0, (date(2026, 6, 1) + timedelta(days=n)).toordinal())], [(0, 1)], [(0, 1)],
            )
            for n in (0, 90)
        ],
        {1: 1},
        [10.0, 20.0],
    )  # fmt: skip

    parts, _deviation = Engine(young).parts(Quarter(2026, 1), date(2026, 5, 10))

    assert [part.expected for part in parts] == pytest.approx([200.0, 0.0])
