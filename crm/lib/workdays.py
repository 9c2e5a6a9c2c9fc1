"""Business days and clocks that run on them, in Japan's time and with Japan's holidays."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import jpholiday

TOKYO = ZoneInfo("Asia/Tokyo")
_DAY = timedelta(days=1)
_MIDNIGHT = time()


class Unit(StrEnum):
    """Which hours a deadline counts."""

    BUSINESS_DAYS = "business_days"  # all 24 hours of business days: 48 hours are two days
    WORKING_HOURS = "working_hours"  # only while the office is open
    CALENDAR = "calendar"  # every hour


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a company works: its own closures, the days off on which it works, and its hours."""

    closures: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    opens: time = time(9)
    closes: time = time(18)
    lunch: tuple[time, time] | None = None
    year_end: bool = True  # closed from 12/29 to 1/3

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError("A calendar opens before it closes.")
        if self.lunch and not self.opens <= self.lunch[0] < self.lunch[1] <= self.closes:
            raise ValueError("Lunch lies within the opening hours.")


JAPAN = Calendar()


def is_workday(day: date, calendar: Calendar = JAPAN) -> bool:
    """Whether the company works on the day. A closure wins over everything, a day declared to be worked over the rest."""
    if day in calendar.closures:
        return False
    if day in calendar.workdays:
        return True
    if day.weekday() >= 5 or day in _holidays(day.year):
        return False
    return not (calendar.year_end and _is_year_end(day))


def add(day: date, days: int, calendar: Calendar = JAPAN) -> date:
    """The business day so many business days later, or earlier when negative; with 0 the day or the next business day."""
    if days == 0:
        while not is_workday(day, calendar):
            day += _DAY
        return day
    step = _DAY if days > 0 else -_DAY
    for _ in range(abs(days)):
        day += step
        while not is_workday(day, calendar):
            day += step
    return day


def between(first: date, last: date, calendar: Calendar = JAPAN) -> int:
    """How many business days come after `first` up to and with `last`; negative when `last` is earlier."""
    if last < first:
        return -between(last, first, calendar)
    return sum(is_workday(first + timedelta(days=n), calendar) for n in range(1, (last - first).days + 1))


def due(start: datetime, hours: int | float | Decimal, unit: Unit, calendar: Calendar = JAPAN) -> datetime:
    """The moment when so many hours of the unit have passed since `start`."""
    left = timedelta(hours=float(hours))
    if left < timedelta(0):
        raise ValueError("A deadline lies after its start.")
    now = _in_tokyo(start)
    if unit == Unit.CALENDAR:
        return (now + left).replace(tzinfo=TOKYO)
    for opens, closes in _spans(now.date(), unit, calendar):
        begins = max(now, opens)
        if begins < closes and left <= closes - begins:
            return (begins + left).replace(tzinfo=TOKYO)
        left -= max(closes - begins, timedelta(0))
    raise OverflowError("The calendar has no business day left.")


def elapsed(start: datetime, end: datetime, unit: Unit, calendar: Calendar = JAPAN) -> timedelta:
    """How much time of the unit lies between two moments; nothing when `end` is earlier."""
    now, until = _in_tokyo(start), _in_tokyo(end)
    if until <= now:
        return timedelta(0)
    if unit == Unit.CALENDAR:
        return until - now
    passed = timedelta(0)
    for opens, closes in _spans(now.date(), unit, calendar):
        if opens >= until:
            break
        passed += max(min(until, closes) - max(now, opens), timedelta(0))
        if closes >= until:
            break
    return passed


def remaining(now: datetime, due_at: datetime, unit: Unit, calendar: Calendar = JAPAN) -> timedelta:
    """How much time of the unit is left until the deadline; negative, by as much as it is over, afterwards."""
    if now <= due_at:
        return elapsed(now, due_at, unit, calendar)
    return -elapsed(due_at, now, unit, calendar)


@lru_cache(maxsize=256)
def _holidays(year: int) -> frozenset[date]:
    """Public holidays of a year, 振替休日 and 国民の休日 among them."""
    return frozenset(day for day, _name in jpholiday.year_holidays(year))


def _is_year_end(day: date) -> bool:
    return (day.month == 12 and day.day >= 29) or (day.month == 1 and day.day <= 3)


def _spans(day: date, unit: Unit, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """The stretches in which the clock runs, from the day on. Japan has one time all year, so plain times will do."""
    idle = 0
    while idle < 3660:
        if is_workday(day, calendar):
            idle = 0
            if unit == Unit.BUSINESS_DAYS:
                midnight = datetime.combine(day, _MIDNIGHT)
                yield midnight, midnight + _DAY
            elif calendar.lunch:
                yield datetime.combine(day, calendar.opens), datetime.combine(day, calendar.lunch[0])
                yield datetime.combine(day, calendar.lunch[1]), datetime.combine(day, calendar.closes)
            else:
                yield datetime.combine(day, calendar.opens), datetime.combine(day, calendar.closes)
        else:
            idle += 1
        day += _DAY


def _in_tokyo(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    return moment.astimezone(TOKYO).replace(tzinfo=None)
