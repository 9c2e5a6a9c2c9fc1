"""Work that runs by itself, each slot once, however many schedulers there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from time import monotonic

import structlog
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from staff.models import ScheduleSlot

log = structlog.get_logger(__name__)
LEASE = timedelta(minutes=10)
# Seconds in which a round begins another long job.
YOUNG = 60


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
    """Runs each job whose newest slot nobody has finished, the long ones last. Returns the names of those that ran.

    Long ones follow each other while the round is young; afterwards the next one has the next round, so that each may take
    nearly as long as a round may.
    """
    begun, ran = monotonic(), list[str]()
    for job in sorted(jobs, key=lambda job: job.is_long):
        if job.is_long and monotonic() - begun > YOUNG:
            break
        slot = job.latest_slot(now)
        is_ours = _claim_alone(job, slot, now, jobs) if job.is_long else _claim(job, slot, now)
        if is_ours and _run(job, slot):
            ran.append(job.name)
    return ran


def _claim_alone(job: Job, slot: datetime, now: datetime, jobs: list[Job]) -> bool:
    """Claims a long job, unless one of them runs."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two workers do not both find that none runs.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('a long job begins'))")
        runs = ScheduleSlot.objects.filter(
            job__in=[one.name for one in jobs if one.is_long],
            finished_at=None,
            error="",
            leased_until__gt=now,
        )
        return not runs.exists() and _claim(job, slot, now)


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
