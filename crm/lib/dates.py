"""Days as people write them, 和暦 included, and as lists show them."""

import re
import unicodedata
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

TOKYO = ZoneInfo("Asia/Tokyo")

# A month and day without a year may lie this far back before next year is meant.
MOST_DAYS_BACK = 90
# Days further away than this are shown with their year.
NEAR_DAYS = 90

_FIRST_SERIAL, _LAST_SERIAL = (
    61,
    109_574,
)  # 1900/3/1 (before it, spreadsheets count a day that never was) to 2199/12/31


# Beyond these nobody plans or remembers, and the last days of the calendar have no day after them.
FIRST_YEAR, LAST_YEAR = 1800, 2199


class _Era(NamedTuple):
    name: str
    signs: tuple[str, ...]
    first: date
    last: date


_ERAS = (
    _Era("令和", ("令和", "令", "r"), date(2019, 5, 1), date.max),
    _Era("平成", ("平成", "平", "h"), date(1989, 1, 8), date(2019, 4, 30)),
    _Era("昭和", ("昭和", "昭", "s"), date(1926, 12, 25), date(1989, 1, 7)),
    _Era("大正", ("大正", "大", "t"), date(1912, 7, 30), date(1926, 12, 24)),
    _Era("明治", ("明治", "明", "m"), date(1868, 10, 23), date(1912, 7, 29)),
)
_ERA_OF = {sign: era for era in _ERAS for sign in era.signs}

_TIME = r"(?:[t\s]*(?P<time>\d{1,2}(?::\d{2}|時(?:\d{1,2}分)?)(?::\d{2}(?:\.\d+)?)?)\s*(?P<zone>z|[+-]\d{2}:?\d{2})?)?"
_WEEKDAY = r"(?:\s*\(?[月火水木金土日](?:曜日?)?(?:・?[祝休])?\)?)?"
_END = rf"{_WEEKDAY}\s*{_TIME}$"
_SEP = r"\s*[/.\-年]\s*"
_FULL = re.compile(
    rf"(?P<year>\d{{4}}){_SEP}(?P<month>\d{{1,2}})\s*[/.\-月]\s*(?P<day>\d{{1,2}})\s*日?{_END}"
)
_COMPACT = re.compile(rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}}){_END}")
_ERA_DATE = re.compile(
    rf"(?P<era>令和|平成|昭和|大正|明治|[令平昭大明rhstm])\.?\s*(?P<year>元|\d{{1,2}}){_SEP}(?P<month>\d{{1,2}})\s*[/.\-月]\s*"
    rf"(?P<day>\d{{1,2}})\s*日?{_END}"
)
_NO_YEAR = re.compile(rf"(?P<month>\d{{1,2}})\s*[/月]\s*(?P<day>\d{{1,2}})\s*日?{_END}")
_NO_DAY = re.compile(r"(?:\d{4}|(?:令和|平成|昭和|[rhs])\.?(?:元|\d{1,2}))\s*(?:[/.\-年]\s*\d{1,2}\s*月?|年)")
_SHORT_YEAR = re.compile(r"'?\d{1,2}[/.\-年]\d{1,2}[/.\-月]\d{1,2}日?")
_YEAR_LAST = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{4}")


class NotADate(ValueError):
    """The value is no day.

    `code` says why: empty, not_a_date, no_day, short_year, year_last, no_such_day, far_year, before_era or outside_era.
    """

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    @property
    def message(self) -> str:
        """The reason, in the reader's language, with what to do."""
        return {
            "empty": _("Enter a date."),
            "not_a_date": _("Enter the date as 2026/7/9 or 令和8年7月9日."),
            "no_day": _("The day is missing. Enter the date as 2026/7/9."),
            "short_year": _("Write the year with four digits or with its era: 2026/7/9, R8.7.9."),
            "year_last": _("Write the year first: 2026/7/9."),
            "no_such_day": _("There is no such day in the calendar."),
            "far_year": _("Check the year: %(first)s to %(last)s."),
            "before_era": _("The era %(era)s begins on %(first)s. Check the year."),
            "outside_era": _("The day does not lie in the era %(era)s (%(first)s to %(last)s)."),
        }[self.code] % self.params

    def __str__(self) -> str:
        return self.message


def parse(value: str | date | datetime | float | int, today: date) -> date:
    """The day that is meant.

    Texts like 2026/7/9, 2026年7月9日(木), 20260709, 令和8年7月9日, R8.7.9, 平成31/4/30, with a time behind or full-width
    digits; spreadsheet serial numbers as numbers. 7/9 alone lies in this year, or in the next when this year's 7/9 has
    been over for more than 90 days. Raises NotADate.
    """
    day = _read(value, today)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise NotADate("far_year", first=str(FIRST_YEAR), last=str(LAST_YEAR))
    return day


def _read(value: str | date | datetime | float | int, today: date) -> date:
    if isinstance(value, datetime):
        return value.astimezone(TOKYO).date() if value.tzinfo else value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, bool):
        raise NotADate("not_a_date")
    if isinstance(value, int | float):
        return _from_number(value)
    return _from_text(unicodedata.normalize("NFKC", value).strip().casefold(), today)


@lru_cache(maxsize=2_000)
def near(day: date, today: date, lang: str = "ja") -> str:
    """The day as lists show it: 今日, 昨日, 明日, 7/14(火), far away 2026/11/30(月); Today, Tue, Jul 14, Mon, Nov 30, 2026."""
    japanese = lang.startswith("ja")
    away = (day - today).days
    if abs(away) <= 1:
        return (("昨日", "今日", "明日") if japanese else ("Yesterday", "Today", "Tomorrow"))[away + 1]
    far = abs(away) > NEAR_DAYS
    if japanese:
        year = f"{day.year}/" if far else ""
        return f"{year}{day.month}/{day.day}({'月火水木金土日'[day.weekday()]})"
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[
        day.month - 1
    ]
    return f"{weekday}, {month} {day.day}" + (f", {day.year}" if far else "")


def _from_number(number: float) -> date:
    if number != number or number in (float("inf"), float("-inf")):
        raise NotADate("not_a_date")
    whole = int(number)
    if _FIRST_SERIAL <= whole <= _LAST_SERIAL:
        return date(1899, 12, 30) + timedelta(days=whole)
    if number == whole and 18_680_101 <= whole <= 99_991_231:
        return _day(whole // 10_000, whole // 100 % 100, whole % 100)
    raise NotADate("not_a_date")


def _from_text(text: str, today: date) -> date:
    if not text:
        raise NotADate("empty")
    text = re.sub("[\u2010-\u2015\u2212]", "-", text)
    if match := _FULL.fullmatch(text) or _COMPACT.fullmatch(text):
        return _moved_to_tokyo(_day(int(match["year"]), int(match["month"]), int(match["day"])), match)
    if match := _ERA_DATE.fullmatch(text):
        return _in_era(match)
    if match := _NO_YEAR.fullmatch(text):
        return _around(int(match["month"]), int(match["day"]), today)
    if _NO_DAY.fullmatch(text):
        raise NotADate("no_day")
    if _YEAR_LAST.fullmatch(text):
        raise NotADate("year_last")
    if _SHORT_YEAR.fullmatch(text):
        raise NotADate("short_year")
    raise NotADate("not_a_date")


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise NotADate("no_such_day") from None


def _moved_to_tokyo(day: date, match: re.Match[str]) -> date:
    """A time with a zone may belong to another day in Japan."""
    if not match["zone"]:
        return day
    clock = match["time"].zfill(5) if ":" in match["time"] else "00:00"
    try:
        moment = datetime.fromisoformat(f"{day.isoformat()}T{clock}{match['zone'].upper()}")
        return moment.astimezone(TOKYO).date()
    except (ValueError, OverflowError):
        raise NotADate("not_a_date") from None


def _in_era(match: re.Match[str]) -> date:
    era = _ERA_OF[match["era"]]
    number = 1 if match["year"] == "元" else int(match["year"])
    if number == 0:
        raise NotADate("no_such_day")
    day = _day(era.first.year + number - 1, int(match["month"]), int(match["day"]))
    if not era.first <= day <= era.last:
        if era.last == date.max:
            raise NotADate("before_era", era=era.name, first=_written(era.first))
        raise NotADate("outside_era", era=era.name, first=_written(era.first), last=_written(era.last))
    return day


def _written(day: date) -> str:
    return f"{day.year}/{day.month}/{day.day}"


def _around(month: int, day: int, today: date) -> date:
    this_year = None
    try:
        this_year = date(today.year, month, day)
    except ValueError:
        if (month, day) != (2, 29):
            raise NotADate("no_such_day") from None
    if this_year and (today - this_year).days <= MOST_DAYS_BACK:
        return this_year
    return _day(today.year + 1, month, day)
