"""Fiscal years, halves and quarters. A fiscal year has the number of the year in which it begins: 2026年度 is 2026/4–2027/3."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

START_MONTH = 4


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a fiscal year, `number` 1 to 4."""

    year: int
    number: int
    start_month: int = START_MONTH

    @property
    def first(self) -> date:
        """The first day."""
        months = self.start_month - 1 + 3 * (self.number - 1)
        return date(self.year + months // 12, months % 12 + 1, 1)

    @property
    def last(self) -> date:
        """The last day."""
        return self.next().first - timedelta(days=1)

    @property
    def months(self) -> list[date]:
        """The first days of its three months."""
        return [_months_later(self.first, n) for n in range(3)]

    @property
    def label(self) -> str:
        """2026年度 第3四半期, FY2026 Q3."""
        return _("FY%(year)s Q%(number)s") % {"year": self.year, "number": self.number}

    @property
    def brief(self) -> str:
        """26年度3Q, Q3 ’26: where five of them stand side by side."""
        return _("Q%(number)s ’%(year)s") % {"number": self.number, "year": f"{self.year % 100:02d}"}

    def next(self) -> "Quarter":
        """The quarter after this one."""
        return self.plus(1)

    def previous(self) -> "Quarter":
        """The quarter before this one."""
        return self.plus(-1)

    def plus(self, quarters: int) -> "Quarter":
        """The quarter so many quarters later."""
        index = self.year * 4 + self.number - 1 + quarters
        return Quarter(index // 4, index % 4 + 1, self.start_month)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return self.label


def quarter_of(day: date, start_month: int = START_MONTH) -> Quarter:
    """The quarter that the day lies in."""
    return Quarter(year_of(day, start_month), (day.month - start_month) % 12 // 3 + 1, start_month)


def year_of(day: date, start_month: int = START_MONTH) -> int:
    """The fiscal year that the day lies in."""
    return day.year if day.month >= start_month else day.year - 1


def half(day: date, start_month: int = START_MONTH) -> int:
    """1 in the first half of the fiscal year (上期), 2 in the second (下期)."""
    return 1 if quarter_of(day, start_month).number <= 2 else 2


def months_of_year(year: int, start_month: int = START_MONTH) -> list[date]:
    """The first days of the twelve months of a fiscal year."""
    return [_months_later(date(year, start_month, 1), n) for n in range(12)]


def month_of(day: date) -> date:
    """The first day of the day's month, which stands for the month in rollups."""
    return day.replace(day=1)


def _months_later(month: date, months: int) -> date:
    index = month.year * 12 + month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
