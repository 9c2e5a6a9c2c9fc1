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


# The first times warm up: texts are put together, and the database decides which plans to keep.
WARM, TIMES = 7, 40


def in_turn(*doings: Callable[[], object]) -> list[Cost]:
    """What each costs, in the middle of 40 times in turn: a slow moment of the machine meets all of them alike."""
    meter = Meter()
    runs: list[list[tuple[float, float, float]]] = [[] for _doing in doings]
    for _time in range(WARM + TIMES):
        for doing, found in zip(doings, runs, strict=True):
            before, started = meter.read(), time.perf_counter()
            doing()
            wall, after = time.perf_counter() - started, meter.read()
            found.append((after[0] - before[0], after[1] - before[1], wall))
    return [_cost(found[WARM:]) for found in runs]


def _cost(found: list[tuple[float, float, float]]) -> Cost:
    webs, databases, walls = ([one * 1000 for one in column] for column in zip(*found, strict=True))
    p95 = sorted(walls)[int(len(walls) * 0.95) - 1]
    return Cost(statistics.median(webs), statistics.median(databases), statistics.median(walls), p95)
