"""The stretches of time that figures are about, with the one they are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from crm.lib import fiscal


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`, both of them included, in the company's time."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        return _midnight(self.first)

    @property
    def ends(self) -> datetime:
        """The moment after its last."""
        return _midnight(self.last + timedelta(days=1))

    def has_moment(self, field: str) -> Q:
        return Q(**{f"{field}__gte": self.begins, f"{field}__lt": self.ends})

    def has_day(self, field: str) -> Q:
        return Q(**{f"{field}__gte": self.first, f"{field}__lte": self.last})

    def until(self, day: date) -> Period:
        """The part of it that is over with `day`."""
        return Period(self.first, min(self.last, day))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def of_quarter(quarter: fiscal.Quarter) -> Period:
    return Period(quarter.first, quarter.last)


def with_previous(quarter: fiscal.Quarter) -> tuple[Period, Period]:
    """A quarter and the one before it."""
    return of_quarter(quarter), of_quarter(quarter.previous())


def month_of(day: date) -> Period:
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))


def week_of(day: date) -> Period:
    """Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=6))


def last_days(today: date, days: int) -> Period:
    """So many days, today being the last of them."""
    return Period(today - timedelta(days=days - 1), today)


def last_months(today: date, months: int) -> Period:
    """So many calendar months, the current one, as far as it has come, being the last."""
    index = today.year * 12 + today.month - 1 - (months - 1)
    return Period(date(index // 12, index % 12 + 1, 1), today)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
