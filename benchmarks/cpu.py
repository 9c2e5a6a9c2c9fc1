"""CPU time of this process and of the database backend that works for it."""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

TICK = os.sysconf("SC_CLK_TCK")


def backend_pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def of_process(pid: int) -> float:
    """Seconds on the CPU; to the nanosecond where the kernel tells it."""
    precise = Path(f"/proc/{pid}/schedstat")
    if precise.exists():
        return int(precise.read_text().split()[0]) / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Meter:
    """Adds up what the web process and its backend use."""

    def __init__(self) -> None:
        self.backend = backend_pid()

    def read(self) -> tuple[float, float]:
        return time.process_time(), of_process(self.backend)


@dataclass(frozen=True)
class Cost:
    """Of one request, in milliseconds: CPU of web and database, and the clock on the wall."""

    web: float
    database: float
    wall_median: float
    wall_p95: float

    @property
    def cpu(self) -> float:
        return self.web + self.database


def cost_of(doing: Callable[[], object], *, least_seconds: float = 1.5, least_times: int = 8) -> Cost:
    """Does it until the clock is trusted: at least so often and so long. The first two times only warm up."""
    doing(), doing()
    meter, walls, began = Meter(), [], time.monotonic()
    before = meter.read()
    while len(walls) < least_times or time.monotonic() - began < least_seconds:
        started = time.perf_counter()
        doing()
        walls.append((time.perf_counter() - started) * 1000)
        if time.monotonic() - began > 30 and len(walls) >= 3:
            break
    after, times = meter.read(), len(walls)
    walls.sort()
    return Cost(
        (after[0] - before[0]) * 1000 / times,
        (after[1] - before[1]) * 1000 / times,
        statistics.median(walls),
        walls[min(times - 1, int(times * 0.95))],
    )
