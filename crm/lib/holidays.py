"""Japan's public holidays (国民の祝日に関する法律), computed from the law as it stood in each year, 1949 to 2099 and on.

Nobody has to load a new list each year. The years 2019 to 2021 had laws of their own; the equinoxes follow the usual
astronomical formula, which the almanac has confirmed every February so far.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_DAY = timedelta(days=1)
_MONDAY, _SUNDAY = 0, 6
FIRST_YEAR = 1949

# Days of one year only: weddings, a funeral, enthronements.
_ONCE = {
    date(1959, 4, 10): "皇太子明仁親王の結婚の儀",
    date(1989, 2, 24): "昭和天皇の大喪の礼",
    date(1990, 11, 12): "即位礼正殿の儀",
    date(1993, 6, 9): "皇太子徳仁親王の結婚の儀",
    date(2019, 5, 1): "即位の日",
    date(2019, 10, 22): "即位礼正殿の儀",
}
# The games of Tokyo moved three holidays, twice.
_MOVED = {
    2020: {"海の日": (7, 23), "スポーツの日": (7, 24), "山の日": (8, 10)},
    2021: {"海の日": (7, 22), "スポーツの日": (7, 23), "山の日": (8, 8)},
}
_SUBSTITUTES_FROM = date(1973, 4, 12)
_BETWEEN_FROM = date(1985, 12, 27)


@lru_cache(maxsize=256)
def of_year(year: int) -> dict[date, str]:
    """Day → name, in order: the holidays themselves, 振替休日 for those on a Sunday, 国民の休日 between two."""
    named = _named(year)
    found = dict(named)
    found.update(_substitutes(named))
    found.update({day: "国民の休日" for day in _between_two(named) if day not in found})
    return dict(sorted(found.items()))


def _named(year: int) -> dict[date, str]:
    if year < FIRST_YEAR:
        return {}
    rows = [(name, day) for name, day in _by_law(year) if day is not None]
    moved = _MOVED.get(year, {})
    days = {date(year, *moved[name]) if name in moved else day: name for name, day in rows}
    return days | {day: name for day, name in _ONCE.items() if day.year == year}


def _by_law(y: int) -> list[tuple[str, date | None]]:
    """Each holiday with its day in the year; None in years that did not know it."""
    return [
        ("元日", date(y, 1, 1)),
        ("成人の日", date(y, 1, 15) if y < 2000 else _monday(y, 1, 2)),
        ("建国記念の日", date(y, 2, 11) if y >= 1967 else None),
        ("天皇誕生日", _birthday(y)),
        ("春分の日", date(y, 3, _spring(y))),
        ("みどりの日" if y < 2007 else "昭和の日", date(y, 4, 29) if y >= 1989 else None),
        ("憲法記念日", date(y, 5, 3)),
        ("みどりの日", date(y, 5, 4) if y >= 2007 else None),
        ("こどもの日", date(y, 5, 5)),
        ("海の日", None if y < 1996 else date(y, 7, 20) if y < 2003 else _monday(y, 7, 3)),
        ("山の日", date(y, 8, 11) if y >= 2016 else None),
        ("敬老の日", None if y < 1966 else date(y, 9, 15) if y < 2003 else _monday(y, 9, 3)),
        ("秋分の日", date(y, 9, _autumn(y))),
        (
            "体育の日" if y < 2020 else "スポーツの日",
            None if y < 1966 else date(y, 10, 10) if y < 2000 else _monday(y, 10, 2),
        ),
        ("文化の日", date(y, 11, 3)),
        ("勤労感謝の日", date(y, 11, 23)),
    ]


def _birthday(year: int) -> date | None:
    """2019 had none: the one emperor had gone before his, the other came after his."""
    if year < 1989:
        return date(year, 4, 29)
    if year < 2019:
        return date(year, 12, 23)
    return date(year, 2, 23) if year > 2019 else None


def _substitutes(named: dict[date, str]) -> dict[date, str]:
    """For a holiday on a Sunday the next day; since 2007 the next day that is no holiday itself."""
    found = {}
    for day in named:
        if day.weekday() != _SUNDAY or day < _SUBSTITUTES_FROM:
            continue
        instead = day + _DAY
        while day.year >= 2007 and instead in named:
            instead += _DAY
        if instead not in named:
            found[instead] = "振替休日"
    return found


def _between_two(named: dict[date, str]) -> list[date]:
    """Since 1986 the day between two holidays; until 2006 not a Sunday, nor the Monday after a holiday on a Sunday."""
    between = [day + _DAY for day in named if day + 2 * _DAY in named and day + _DAY not in named]
    return [
        day
        for day in between
        if day >= _BETWEEN_FROM
        and (day.year >= 2007 or (day.weekday() != _SUNDAY and (day - _DAY).weekday() != _SUNDAY))
    ]


def _monday(year: int, month: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(_MONDAY - first.weekday()) % 7 + 7 * (n - 1))


def _spring(year: int) -> int:
    return _equinox(year, 20.8431)


def _autumn(year: int) -> int:
    return _equinox(year, 23.2488)


def _equinox(year: int, base: float) -> int:
    """The day of the month: it drifts by 0.242194 days a year, and a leap day takes it back; 2100 has none."""
    return int(base + 0.242194 * (year - 1980) - (year - 1980) // 4 + (year >= 2100))
