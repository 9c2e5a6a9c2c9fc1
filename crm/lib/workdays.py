"""Business days and clocks that run on them, in Japan's time and with Japan's holidays."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from crm.lib import holidays

TOKYO = ZoneInfo("Asia/Tokyo")
_DAY = timedelta(days=1)
_MIDNIGHT = time()
_SATURDAY = 5
Hours = tuple[time, time]


class Unit(StrEnum):
    """Which hours a deadline counts."""

    BUSINESS_DAYS = "business_days"  # all 24 hours of business days: 48 hours are two days
    WORKING_HOURS = "working_hours"  # only while the office is open
    CALENDAR = "calendar"  # every hour


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a company, or one of its people, works: closures, days worked all the same, and hours.

    `half_days` are days worked at hours of their own. `saturdays` says which Saturdays of a month are worked (1 to 5),
    `saturday_hours` when, if not at the usual hours.
    """

    closures: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    opens: time = time(9)
    closes: time = time(18)
    lunch: Hours | None = None
    year_end: bool = True  # closed from 12/29 to 1/3
    half_days: Mapping[date, Hours] = field(default_factory=dict)
    saturdays: frozenset[int] = frozenset()
    saturday_hours: Hours | None = None

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError("A calendar opens before it closes.")
        if self.lunch and not self.opens <= self.lunch[0] < self.lunch[1] <= self.closes:
            raise ValueError("Lunch lies within the opening hours.")
        for opens, closes in [
            *self.half_days.values(),
            *([self.saturday_hours] if self.saturday_hours else []),
        ]:
            if opens >= closes:
                raise ValueError("A half day opens before it closes.")

    def without(
        self, days: Iterable[date], mornings: Iterable[date] = (), afternoons: Iterable[date] = ()
    ) -> "Calendar":
        """The calendar of somebody who is away on these days, or for half of them."""
        halves = dict(self.half_days)
        for day, part in [*((d, 0) for d in mornings), *((d, 1) for d in afternoons)]:
            if is_workday(day, self):
                halves.update(self._half(day, part, halves.get(day, self._usual(day))))
        away = set(days) | {d for d in halves if d in mornings and d in afternoons}
        return replace(self, closures=self.closures | away, half_days=halves)

    def _half(self, day: date, away: int, hours: Hours) -> dict[date, Hours]:
        """What is left of the day without its morning (0) or its afternoon (1); nothing changes where none is left."""
        morning_ends, afternoon_begins = self.lunch or (self._midday(), self._midday())
        left = (
            (max(hours[0], afternoon_begins), hours[1])
            if away == 0
            else (hours[0], min(hours[1], morning_ends))
        )
        return {day: left if left[0] < left[1] else hours}

    def _midday(self) -> time:
        opens, closes = (datetime.combine(date.min, t) for t in (self.opens, self.closes))
        return (opens + (closes - opens) / 2).time()

    def _usual(self, day: date) -> Hours:
        if day.weekday() == _SATURDAY and self.saturday_hours and day not in self.workdays:
            return self.saturday_hours
        return self.opens, self.closes

    def hours(self, day: date) -> list[Hours]:
        """The stretches of the day in which there is work, in order; none on a day off."""
        if not is_workday(day, self):
            return []
        opens, closes = self.half_days.get(day) or self._usual(day)
        if self.lunch is None or closes <= self.lunch[0] or opens >= self.lunch[1]:
            return [(opens, closes)]
        parts = [(opens, self.lunch[0]), (self.lunch[1], closes)]
        return [(begins, ends) for begins, ends in parts if begins < ends]


JAPAN = Calendar()


def is_workday(day: date, calendar: Calendar = JAPAN) -> bool:
    """Whether there is work on the day. A closure wins over everything, a day declared to be worked over the rest."""
    if day in calendar.closures:
        return False
    if day in calendar.workdays or day in calendar.half_days:
        return True
    if day.weekday() > _SATURDAY or day in holidays.of_year(day.year):
        return False
    if day.weekday() == _SATURDAY and (day.day + 6) // 7 not in calendar.saturdays:
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
            for opens, closes in calendar.hours(day) if unit == Unit.WORKING_HOURS else []:
                yield datetime.combine(day, opens), datetime.combine(day, closes)
        else:
            idle += 1
        day += _DAY


def _in_tokyo(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    return moment.astimezone(TOKYO).replace(tzinfo=None)
