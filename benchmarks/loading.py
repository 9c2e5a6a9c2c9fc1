"""What it costs to bring a long list in, and what it costs others meanwhile."""

from __future__ import annotations

import itertools
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.urls import reverse

from accounts.models import Company
from benchmarks import company_list
from benchmarks.cpu import Meter
from crm.lib.names import short_name
from integrations.imports import columns, deciding, report, upload, work
from integrations.models import Import

if TYPE_CHECKING:
    from benchmarks.rows import Bench, Row

LINES = 20_000


def through(by: Any, content: bytes, name: str = "bench.csv") -> Import:
    """The list through all steps, as the workers do them."""
    batch = upload.receive_file(ContentFile(content, name), kind="companies", by=by, for_workers=False)
    batch = until(batch, Import.State.MAPPING)
    batch = columns.confirm(batch, [c["field"] for c in batch.columns], by=by, seen=batch.version)
    batch = until(batch, Import.State.READY)
    batch = deciding.confirm(batch, by=by, seen=batch.version)
    return until(batch, Import.State.DONE)


def until(batch: Import, state: str) -> Import:
    while batch.state != state:
        batch = work.advance(batch.pk) or batch
        assert batch.state != Import.State.FAILED, batch.problem
    return batch


def imported(bench: Bench, count: int = LINES) -> Iterator[Row]:
    """Companies through the whole import, checks, matching, events and row history included: rows a CPU-second."""
    from benchmarks.rows import Row

    rows = list(company_list.lines(fresh(bench.seed), count))
    mistakes = company_list.spoil(rows, bench.seed, max(1, count // 2500))
    meter = Meter()
    before = meter.read()
    batch = through(bench.people["admin"], company_list.as_csv(rows))
    after = meter.read()
    seconds, made = sum(after) - sum(before), batch.counts.get("made", {})
    refused = list(report.failed_rows(batch).values_list("line", "problems"))
    named = [(line, problems[0]["code"]) for line, problems in refused]
    assert named == [(mistake.line, mistake.code) for mistake in mistakes], (
        "a bad line is not named as it should be"
    )
    bench.say(f"  import: {seconds:.1f} CPU-seconds ({after[1] - before[1]:.1f} of the database), {made}")
    yield Row(
        "import with matching", count / seconds, 8000, "rows a CPU-second", True,
        details={"made": made, "refused": len(refused)},
    )  # fmt: skip


def pages_meanwhile(bench: Bench, count: int = LINES) -> Iterator[Row]:
    """Pages as somebody opens them while a list loads, against the same pages when nothing does; clock on the wall."""
    from benchmarks.rows import Row

    company = Company.objects.order_by("pk")[1]
    opened: list[Callable[[], object]] = [
        lambda: bench.get("rep", reverse("accounts:companies")),
        lambda: bench.get("rep", company.get_absolute_url()),
        lambda: bench.get("rep", f"{reverse('search')}?q=工業"),
    ]
    for page in opened:
        page()
    idle = _walls(opened, lambda: True, 45)
    content = company_list.as_csv(company_list.lines(fresh(bench.seed + 1), count))
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(content)
        file.flush()
        # A process of its own, as a worker is.
        command = [
            sys.executable,
            "manage.py",
            "import_file",
            "companies",
            file.name,
            "--by",
            bench.people["admin"].email,
        ]
        loader = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 (our own command)
        busy = _walls(opened, lambda: loader.poll() is None, 100_000)
    assert loader.returncode == 0, loader.returncode
    bench.say(f"  pages: {idle * 1000:.0f} ms idle, {busy * 1000:.0f} ms while {count:,} lines load")
    yield Row("pages while a list loads", busy / idle, 1.5, "× idle", details={"lines": count})


def hint_while_typing(bench: Bench) -> Iterator[Row]:
    """The hint of a duplicate while names of companies are typed, letter by letter and whole."""
    from benchmarks.rows import Row

    url, names = reverse("accounts:company-similar"), some_names(bench.seed, 40)
    pieces = itertools.cycle(name[:end] for name in names for end in (2, 3, 4, len(name)))

    def typed() -> None:
        sent = {"name": next(pieces)}
        response = bench.clients["rep"].get(url, sent, headers={"HX-Request": "true"})
        assert response.status_code == 200, response.status_code

    row = bench.floors("hint while typing", typed, 1.0, companies=Company.objects.count())
    yield row
    assert row.cost
    yield Row("hint while typing, p95", row.cost.wall_p95, 50, "ms", details=row.details)


def some_names(seed: int, count: int) -> list[str]:
    """Names of companies without their legal form, from all over the table."""
    r, last = random.Random(seed), Company.objects.order_by("-pk").values_list("pk", flat=True)[0]
    rows = Company.objects.active().order_by("pk")
    found = [rows.filter(pk__gte=r.randrange(last)).values_list("name", flat=True)[:1] for _ in range(count)]
    return [short_name(name) for names in found for name in names]


def fresh(seed: int) -> int:
    """A seed whose names no earlier run on the same data has brought in."""
    return seed * 1_000_003 + (Company.objects.order_by("-pk").values_list("pk", flat=True)[0])


def _walls(pages: list[Callable[[], object]], go_on: Callable[[], bool], most: int) -> float:
    """The median of the pages' medians, in seconds."""
    walls: list[list[float]] = [[] for _page in pages]
    order = random.Random(1)
    while go_on() and sum(map(len, walls)) < most:
        n = order.randrange(len(pages))
        began = time.perf_counter()
        pages[n]()
        walls[n].append(time.perf_counter() - began)
        time.sleep(0.05)
    return statistics.median(statistics.median(found) for found in walls if found)
