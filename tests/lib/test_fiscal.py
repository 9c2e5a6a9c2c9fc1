from datetime import date, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from crm.lib.fiscal import Quarter, half, months_of_year, quarter_of, year_of


@pytest.mark.parametrize(
    ("day", "start", "year", "number"),
    [
        (date(2026, 4, 1), 4, 2026, 1),
        (date(2026, 7, 14), 4, 2026, 2),
        (date(2026, 12, 31), 4, 2026, 3),
        (date(2027, 3, 31), 4, 2026, 4),
        (date(2026, 1, 1), 1, 2026, 1),
        (date(2026, 1, 15), 2, 2025, 4),
        (date(2026, 12, 1), 12, 2026, 1),
    ],
)
def test_the_quarter_of_a_day(day, start, year, number):
    quarter = quarter_of(day, start)

    assert (quarter.year, quarter.number) == (year, number)
    assert year_of(day, start) == year


def test_a_quarter_knows_its_days_and_neighbours():
    quarter = Quarter(2026, 4)

    assert (quarter.first, quarter.last) == (date(2027, 1, 1), date(2027, 3, 31))
    assert quarter.months == [date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)]
    assert quarter.next() == Quarter(2027, 1)
    assert quarter.previous() == Quarter(2026, 3)
    assert date(2027, 2, 10) in quarter
    assert date(2027, 4, 1) not in quarter


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(1, 12))
def test_quarters_cover_every_day_once(day, start):
    quarter = quarter_of(day, start)

    assert quarter.first <= day <= quarter.last
    assert quarter.next().first == quarter.last + timedelta(days=1)
    assert quarter.next().previous() == quarter
    assert half(day, start) == (1 if quarter.number < 3 else 2)


def test_the_months_of_a_year():
    months = months_of_year(2026)

    assert (months[0], months[-1], len(months)) == (date(2026, 4, 1), date(2027, 3, 1), 12)


def test_the_label():
    with translation.override("en"):
        assert Quarter(2026, 3).label == "FY2026 Q3"
