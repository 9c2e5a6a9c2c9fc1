"""Work that runs by itself, each slot once, however many schedulers there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import structlog
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from staff.models import ScheduleSlot

log = structlog.get_logger(__name__)
LEASE = timedelta(minutes=10)


@dataclass(frozen=True)
class Job:
    """A function without arguments, and when: `every` minutes of the day, or daily `at` a local time."""

    name: str
    run: Callable[[], object]
    every: timedelta | None = None
    at: time | None = None
    # May take minutes where there is much: one of these runs at a time, so that a worker is left for what people wait for.
    is_long: bool = False

    def latest_slot(self, now: datetime) -> datetime:
        """The newest due time that is not in the future."""
        local = timezone.localtime(now)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        if self.every:
            return midnight + self.every * ((local - midnight) // self.every)
        assert self.at is not None
        today = midnight.replace(hour=self.at.hour, minute=self.at.minute)
        return today if today <= local else today - timedelta(days=1)


def run_due(jobs: list[Job], now: datetime) -> list[str]:
    """Runs each job whose newest slot nobody has finished, and one long one after them. Returns the names of those that ran.

    The next long one has the next round, so that each may take as long as a round may.
    """
    short = [job for job in jobs if not job.is_long]
    ran = [
        job.name
        for job in short
        if _claim(job, job.latest_slot(now), now) and _run(job, job.latest_slot(now))
    ]
    long_ones = [job for job in jobs if job.is_long]
    due = next((job for job in long_ones if _claim_alone(job, now, long_ones)), None)
    return [*ran, due.name] if due and _run(due, due.latest_slot(now)) else ran


def _claim_alone(job: Job, now: datetime, long_ones: list[Job]) -> bool:
    """Claims a long job, unless one of them runs."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two workers do not both find that none runs.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('a long job begins'))")
        runs = ScheduleSlot.objects.filter(
            job__in=[one.name for one in long_ones], finished_at=None, error="", leased_until__gt=now
        )
        return not runs.exists() and _claim(job, job.latest_slot(now), now)


def _claim(job: Job, slot: datetime, now: datetime) -> bool:
    try:
        with transaction.atomic():
            ScheduleSlot.objects.create(job=job.name, due_at=slot, leased_until=now + LEASE)
        return True
    except IntegrityError:
        # Somebody has it. If they died, their lease runs out and we take over.
        stale = ScheduleSlot.objects.filter(job=job.name, due_at=slot, finished_at=None, leased_until__lt=now)
        return stale.update(leased_until=now + LEASE) == 1


def _run(job: Job, slot: datetime) -> bool:
    row = ScheduleSlot.objects.filter(job=job.name, due_at=slot)
    try:
        job.run()
    except Exception as failure:
        log.exception("job failed", job=job.name)
        row.update(error=f"{type(failure).__name__}: {failure}"[:2000])
        return False
    row.update(finished_at=timezone.now(), error="")
    return True


_JOBS: list[Job] = []


def register(jobs: list[Job]) -> None:
    """Called once at start with the table of `crm/schedule.py`."""
    _JOBS[:] = jobs


def registered() -> list[Job]:
    return _JOBS


def forget_old() -> int:
    """Slots older than a month."""
    return ScheduleSlot.objects.filter(due_at__lt=timezone.now() - timedelta(days=31)).delete()[0]
