from datetime import UTC, date, datetime, time, timedelta

import jpholiday
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.lib import holidays
from crm.lib.workdays import JAPAN, TOKYO, Calendar, Unit, add, between, due, elapsed, is_workday, remaining

DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
MOMENTS = st.datetimes(datetime(2015, 1, 1), datetime(2035, 12, 31), timezones=st.just(TOKYO))
UNITS = st.sampled_from(Unit)
LUNCH = Calendar(lunch=(time(12), time(13)))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-07-11", "Saturday"),
        ("2026-07-12", "Sunday"),
        ("2026-07-20", "海の日"),
        ("2026-05-06", "substitute for 憲法記念日 on a Sunday"),
        ("2026-09-22", "国民の休日 between two holidays"),
        ("2019-05-01", "enthronement"),
        ("2026-12-29", "year end"),
        ("2026-12-31", "year end"),
        ("2027-01-01", "元日"),
        ("2025-01-02", "a Thursday after new year"),
        ("2025-01-03", "a Friday after new year"),
    ],
)
def test_days_off(day, why):
    assert not is_workday(date.fromisoformat(day)), why


@pytest.mark.parametrize("day", ["2026-07-10", "2026-05-07", "2026-05-01", "2026-12-28", "2027-01-04"])
def test_working_days(day):
    assert is_workday(date.fromisoformat(day))


def test_a_company_has_days_of_its_own():
    calendar = Calendar(
        closures=frozenset({date(2026, 8, 13), date(2026, 8, 15)}),
        workdays=frozenset({date(2026, 7, 11), date(2026, 8, 15), date(2026, 12, 29)}),
    )

    assert not is_workday(date(2026, 8, 13), calendar)
    assert is_workday(date(2026, 7, 11), calendar)
    assert is_workday(date(2026, 12, 29), calendar)
    assert not is_workday(date(2026, 8, 15), calendar)  # both: closed
    assert is_workday(date(2026, 12, 30), Calendar(year_end=False))
    assert not is_workday(date(2027, 1, 1), Calendar(year_end=False))


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        ("2026-07-09", 1, "2026-07-10"),
        ("2026-07-10", 1, "2026-07-13"),
        ("2026-07-11", 0, "2026-07-13"),
        ("2026-07-10", 0, "2026-07-10"),
        ("2026-12-28", 1, "2027-01-04"),
        ("2027-01-04", -1, "2026-12-28"),
        ("2026-04-28", 1, "2026-04-30"),
        ("2026-05-01", 1, "2026-05-07"),  # Golden Week with its substitute
        ("2026-09-18", 1, "2026-09-24"),  # 敬老の日, 国民の休日, 秋分の日
        ("2026-07-14", 14, "2026-08-04"),
    ],
)
def test_adding_business_days(day, days, expected):
    assert add(date.fromisoformat(day), days) == date.fromisoformat(expected)


def test_counting_business_days():
    assert between(date(2026, 7, 10), date(2026, 7, 13)) == 1
    assert between(date(2026, 5, 1), date(2026, 5, 8)) == 2
    assert between(date(2026, 5, 8), date(2026, 5, 1)) == -2
    assert between(date(2026, 7, 10), date(2026, 7, 10)) == 0


@given(DAYS, st.integers(1, 60))
@settings(deadline=None)
def test_counting_undoes_adding(day, days):
    assert between(day, add(day, days)) == days
    assert is_workday(add(day, days))


@pytest.mark.parametrize(
    ("start", "unit", "expected"),
    [
        ("2026-07-14T10:30", Unit.BUSINESS_DAYS, "2026-07-16T10:30"),
        ("2026-07-10T15:00", Unit.BUSINESS_DAYS, "2026-07-14T15:00"),
        ("2026-07-11T15:00", Unit.BUSINESS_DAYS, "2026-07-15T00:00"),  # Saturday: from Monday 0:00
        ("2026-12-28T18:00", Unit.BUSINESS_DAYS, "2027-01-05T18:00"),
        ("2026-05-01T09:00", Unit.BUSINESS_DAYS, "2026-05-08T09:00"),
        ("2026-09-18T12:00", Unit.BUSINESS_DAYS, "2026-09-25T12:00"),
        ("2026-07-10T15:00", Unit.CALENDAR, "2026-07-12T15:00"),
        ("2026-07-13T09:00", Unit.WORKING_HOURS, "2026-07-21T12:00"),
        ("2026-07-13T20:00", Unit.WORKING_HOURS, "2026-07-22T12:00"),
    ],
)
def test_48_hours(start, unit, expected):
    assert due(at(start), 48, unit) == at(expected)


def test_the_clock_stands_still_over_lunch():
    assert due(at("2026-07-13T11:00"), 2, Unit.WORKING_HOURS, LUNCH) == at("2026-07-13T14:00")
    assert elapsed(at("2026-07-13T11:00"), at("2026-07-13T12:30"), Unit.WORKING_HOURS, LUNCH) == timedelta(
        hours=1
    )


def test_a_moment_of_another_zone_is_meant_in_japan():
    start = datetime(2026, 7, 10, 16, tzinfo=UTC)  # Saturday 1:00 in Japan

    assert due(start, 24, Unit.BUSINESS_DAYS) == at("2026-07-14T00:00")
    assert due(start, 1, Unit.CALENDAR).tzinfo is TOKYO


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        due(datetime(2026, 7, 10), 48, Unit.CALENDAR)


def test_what_is_left_and_what_is_over():
    deadline = at("2026-07-14T15:00")

    assert remaining(at("2026-07-10T15:00"), deadline, Unit.BUSINESS_DAYS) == timedelta(hours=48)
    assert remaining(at("2026-07-11T15:00"), deadline, Unit.BUSINESS_DAYS) == timedelta(hours=39)
    assert remaining(deadline, deadline, Unit.BUSINESS_DAYS) == timedelta(0)
    assert remaining(at("2026-07-15T16:30"), deadline, Unit.BUSINESS_DAYS) == -timedelta(hours=25, minutes=30)


@given(MOMENTS, st.integers(0, 200), UNITS, st.sampled_from([JAPAN, LUNCH, Calendar(year_end=False)]))
@settings(deadline=None)
def test_what_has_passed_at_the_deadline_is_what_was_given(start, hours, unit, calendar):
    deadline = due(start, hours, unit, calendar)

    assert deadline >= start
    assert elapsed(start, deadline, unit, calendar) == timedelta(hours=hours)
    assert remaining(start, deadline, unit, calendar) == timedelta(hours=hours)


@given(st.lists(MOMENTS, min_size=3, max_size=3), UNITS)
@settings(deadline=None, max_examples=40)
def test_stretches_of_time_add_up(moments, unit):
    first, second, third = sorted(
        moment.replace(year=2026, month=moment.month) if moment.day < 29 else at("2026-01-29T00:00")
        for moment in moments
    )

    assert elapsed(first, second, unit) + elapsed(second, third, unit) == elapsed(first, third, unit)


# The slow twin: minute after minute, each asked alone ---------------------------------------------------

CALENDARS = [
    JAPAN,
    LUNCH,
    Calendar(
        closures=frozenset({date(2026, 4, 30), date(2026, 9, 24)}),
        workdays=frozenset({date(2026, 5, 2), date(2025, 12, 29)}),
        lunch=(time(12), time(13)),
        half_days={date(2025, 12, 26): (time(9), time(12)), date(2026, 5, 1): (time(13), time(17, 30))},
        saturdays=frozenset({1, 3}),
        saturday_hours=(time(9), time(12, 30)),
    ),
    Calendar(year_end=False, opens=time(8, 30), closes=time(17, 15), lunch=(time(11, 45), time(12, 30))),
]
SPANS = [("2025-12-25", 14), ("2026-04-28", 11), ("2026-09-17", 9), ("2024-12-26", 12), ("2027-02-25", 6)]


def runs(moment: datetime, unit: Unit, calendar: Calendar) -> bool:
    """Whether the minute that begins now counts, said as plainly as can be."""
    day, clock = moment.date(), moment.time()
    nth_saturday = (day.day - 1) // 7 + 1
    if day in calendar.closures:
        works = False
    elif day in calendar.workdays or day in calendar.half_days:
        works = True
    elif jpholiday.is_holiday(day) or (calendar.year_end and (day.month, day.day) in YEAR_END):
        works = False
    else:
        works = day.weekday() < 5 or (day.weekday() == 5 and nth_saturday in calendar.saturdays)
    if unit == Unit.CALENDAR:
        return True
    if unit == Unit.BUSINESS_DAYS or not works:
        return works
    opens, closes = calendar.opens, calendar.closes
    if day in calendar.half_days:
        opens, closes = calendar.half_days[day]
    elif day.weekday() == 5 and calendar.saturday_hours and day not in calendar.workdays:
        opens, closes = calendar.saturday_hours
    at_lunch = calendar.lunch is not None and calendar.lunch[0] <= clock < calendar.lunch[1]
    return opens <= clock < closes and not at_lunch


@pytest.mark.parametrize("calendar", CALENDARS, ids=["plain", "lunch", "everything", "own hours"])
@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize(("first", "days"), SPANS)
def test_every_minute_around_the_long_holidays_is_counted_like_one_by_one(first, days, unit, calendar):
    start = at(f"{first}T00:00")
    minutes = [start + timedelta(minutes=n) for n in range(days * 24 * 60)]
    counted = [0]
    for minute in minutes:
        counted.append(counted[-1] + runs(minute, unit, calendar))

    for n in range(0, len(minutes), 97):
        assert elapsed(start, minutes[n], unit, calendar) == timedelta(minutes=counted[n])
    for hours in range(1, counted[-1] // 60, 3):
        reached = counted.index(hours * 60)
        assert due(minutes[0], hours, unit, calendar) == minutes[reached]


@pytest.mark.parametrize("calendar", CALENDARS, ids=["plain", "lunch", "everything", "own hours"])
def test_every_day_of_three_years_is_counted_like_one_by_one(calendar):
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(1096)]
    worked = [day for day in days if runs(datetime.combine(day, time()), Unit.BUSINESS_DAYS, calendar)]

    assert [day for day in days if is_workday(day, calendar)] == worked
    for n, day in enumerate(worked[:-20]):
        assert add(day, 5, calendar) == worked[n + 5]
        assert between(day, worked[n + 20], calendar) == 20
    for day in days[:-40]:
        assert add(day, 0, calendar) == next(d for d in worked if d >= day)
        assert add(day, 1, calendar) == next(d for d in worked if d > day)


YEAR_END = {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}


def test_half_days_end_at_noon_and_working_saturdays_begin_the_count():
    calendar = Calendar(
        lunch=(time(12), time(13)),
        half_days={date(2026, 12, 28): (time(9), time(12))},
        saturdays=frozenset({2, 4}),
    )

    assert due(at("2026-12-28T11:00"), 2, Unit.WORKING_HOURS, calendar) == at("2027-01-04T10:00")
    assert is_workday(date(2026, 7, 11), calendar)
    assert not is_workday(date(2026, 7, 18), calendar)
    assert add(date(2026, 7, 10), 1, calendar) == date(2026, 7, 11)
    assert due(at("2026-07-10T17:00"), 2, Unit.WORKING_HOURS, calendar) == at("2026-07-11T10:00")


def test_a_working_saturday_that_is_a_holiday_is_none():
    assert not is_workday(
        date(2026, 8, 15), Calendar(closures=frozenset({date(2026, 8, 15)}), saturdays=frozenset({3}))
    )
    assert not is_workday(date(2025, 5, 3), Calendar(saturdays=frozenset({1})))


def test_somebody_who_is_away_has_a_calendar_of_their_own():
    hers = LUNCH.without([date(2026, 7, 13)], mornings=[date(2026, 7, 14)], afternoons=[date(2026, 7, 15)])

    assert not is_workday(date(2026, 7, 13), hers)
    assert hers.hours(date(2026, 7, 14)) == [(time(13), time(18))]
    assert hers.hours(date(2026, 7, 15)) == [(time(9), time(12))]
    assert add(date(2026, 7, 10), 1, hers) == date(2026, 7, 14)
    assert due(at("2026-07-10T17:00"), 2, Unit.WORKING_HOURS, hers) == at("2026-07-14T14:00")
    assert is_workday(date(2026, 7, 13), LUNCH)


def test_both_halves_away_are_the_whole_day_and_a_half_of_a_day_off_is_none():
    hers = JAPAN.without([], mornings=[date(2026, 7, 14), date(2026, 7, 12)], afternoons=[date(2026, 7, 14)])

    assert not is_workday(date(2026, 7, 14), hers)
    assert not is_workday(date(2026, 7, 12), hers)
    assert JAPAN.without([], mornings=[date(2026, 7, 14)]).hours(date(2026, 7, 14)) == [
        (time(13, 30), time(18))
    ]


def test_a_year_is_asked_once():
    is_workday(date(2026, 7, 14))
    before = holidays.of_year.cache_info().misses
    for day in range(1, 29):
        is_workday(date(2026, 7, day))

    assert holidays.of_year.cache_info().misses == before


def test_a_calendar_makes_sense():
    with pytest.raises(ValueError, match="opens before"):
        Calendar(opens=time(18), closes=time(9))
    with pytest.raises(ValueError, match="Lunch"):
        Calendar(lunch=(time(8), time(9, 30)))
    with pytest.raises(ValueError, match="half day"):
        Calendar(half_days={date(2026, 7, 14): (time(12), time(9))})
