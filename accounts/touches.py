"""How close we are to the people of a company: who of us spoke with whom, how often, how lately.

What a touch is, the app of activities says (`register`); here it is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accounts.models import Contact
from staff.models import User

DAYS = 90
# After so many days a touch counts half.
HALF_LIFE = 30


@dataclass(frozen=True)
class Touch:
    """`n` touches of one of our people with one of theirs, at one place; `contact` None: with nobody named."""

    contact: int | None
    by: str
    division: int | None
    site: int | None
    n: int
    last: datetime


Source = Callable[[User, list[int], datetime], Iterable[Touch]]
_SOURCES: list[Source] = []


def register(source: Source) -> None:
    """`source(user, companies, since)` gives the touches that the person may see."""
    _SOURCES.append(source)


def of_companies(user: User, companies: list[int], now: datetime) -> list[Touch]:
    """All touches of the last 90 days."""
    since = now - timedelta(days=DAYS)
    return [touch for source in _SOURCES for touch in source(user, companies, since)]


@dataclass
class Strength:
    """What stands behind one person's bar: touches in all, by whom, the last one, and the bar's length from 0 to 64."""

    contact: Contact
    n: int = 0
    weight: float = 0.0
    last: datetime | None = None
    by: dict[str, int] = field(default_factory=dict)
    bar: str = "1.3"

    @property
    def people(self) -> list[tuple[str, int]]:
        """Those of us who know the person, most touches first."""
        return sorted(self.by.items(), key=lambda known: -known[1])


def strengths(people: Iterable[Contact], touches: Iterable[Touch], now: datetime) -> list[Strength]:
    """One line a person, closest first; those with a role in decisions are shown even when nobody has met them."""
    lines = {person.pk: Strength(person) for person in people if not person.has_left(now.date())}
    for touch in touches:
        line = lines.get(touch.contact or 0)
        if line is None:
            continue
        age = max(0.0, (now - touch.last).total_seconds() / 86_400)
        line.n += touch.n
        line.weight += touch.n * 2 ** (-age / HALF_LIFE)
        line.last = max(filter(None, [line.last, touch.last]))
        line.by[touch.by] = line.by.get(touch.by, 0) + touch.n
    shown = [line for line in lines.values() if line.n or line.contact.decision_role]
    most = max((line.weight for line in shown), default=0) or 1
    for line in shown:
        line.bar = f"{max(1.3, 64 * line.weight / most):.1f}"
    return sorted(shown, key=lambda line: (-line.weight, line.contact.pk))


def gaps(lines: Iterable[Strength]) -> list[Strength]:
    """People with a role in decisions whom nobody of us has spoken with."""
    return [line for line in lines if not line.n and line.contact.decision_role]
