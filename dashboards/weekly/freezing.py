"""Each week is frozen once, when it is over; weeks before us are counted from history, and again after an import."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from dashboards.figures.periods import week_of
from dashboards.models import WeeklyKpis
from dashboards.weekly.counting import WEEK, Kpis, Ledger, coverage, read, sum_of
from leads.models import Lead
from pipeline.models import Deal
from staff.models import Event, Team

# How far back weeks are counted: two years are enough to compare with.
MOST_WEEKS = 104


def freeze(now: datetime) -> int:
    """Writes the week that is over, if that has not been done, and weeks that nobody has counted yet. Returns how many rows."""
    last = _last_week(now)
    known = set(
        WeeklyKpis.objects.exclude(week=last, is_frozen=False).values_list("week", flat=True).distinct()
    )
    # An import that came first has counted the last week, too; it is frozen all the same.
    missing = [week for week in _weeks(now) if week not in known]
    return _write(missing, now, frozen=last) if missing else 0


def fill(now: datetime) -> int:
    """Counts every week that was not frozen in its time from what history says now; returns how many rows are new."""
    frozen = set(WeeklyKpis.objects.filter(is_frozen=True).values_list("week", flat=True).distinct())
    return _write([week for week in _weeks(now) if week not in frozen], now, frozen=None)


def fill_after(event: Event) -> None:
    """Subscriber: an import may have brought, or taken back, the history of leads and deals."""
    fill(timezone.now())


def _last_week(now: datetime) -> date:
    """The Monday of the last week that is over."""
    return week_of(timezone.localdate(now)).first - WEEK


def _weeks(now: datetime) -> list[date]:
    """The weeks since the first lead, deal or order, at most two years of them."""
    deals = Deal.objects.filter(deleted_at=None)
    begins = [
        Lead.objects.kept().aggregate(at=Min("received_at"))["at"],
        deals.aggregate(at=Min("created_at"))["at"],
        deals.filter(closed_at__isnull=False).aggregate(at=Min("closed_at"))["at"],
    ]
    known = [at for at in begins if at]
    if not known:
        return []
    last = _last_week(now)
    first = max(week_of(timezone.localdate(min(known))).first, last - (MOST_WEEKS - 1) * WEEK)
    return [first + n * WEEK for n in range((last - first).days // 7 + 1)]


@transaction.atomic
def _write(weeks: list[date], now: datetime, *, frozen: date | None) -> int:
    if not weeks:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    ledger = read(weeks[0], weeks[-1])
    covered = coverage() if frozen in weeks else {}
    before = {team: {row.week: row for row in WeeklyKpis.objects.of_team(team)} for team, _below in _teams()}
    rows = [
        row
        for team, below in _teams()
        for week in weeks
        for row in _row(ledger, week, team, below, now, week == frozen, before[team].get(week))
    ]
    below_of = dict(_teams())
    for row in rows:
        if row.is_frozen:
            row.criteria_met, row.criteria_asked = sum_of(covered, below_of[row.team_id])
    # A second worker at it finds the week frozen.
    WeeklyKpis.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _row(
    ledger: Ledger, week: date, team: int | None, below: list[int] | None, now: datetime, is_frozen: bool,
    before: WeeklyKpis | None,
) -> Iterator[WeeklyKpis]:  # fmt: skip
    """Nothing for a week in which nothing happened, unless it is frozen; nor for one that is known to be just so."""
    found: Kpis = ledger.kpis(week, below)
    if found.is_empty and not is_frozen and before is None:
        return
    values: dict[str, Any] = vars(found)
    row = WeeklyKpis(week=week, team_id=team, is_frozen=is_frozen, known_at=now, **values)
    if is_frozen or before is None or not row.same_figures(before):
        yield row


def _teams() -> list[tuple[int | None, list[int] | None]]:
    """The whole company, and each team with those below it."""
    paths = dict(Team.objects.values_list("pk", "path"))
    return [(None, None)] + [
        (team, [pk for pk, below in paths.items() if below.startswith(path)]) for team, path in paths.items()
    ]
