"""Runs inside an installation of its own: measures every row and writes what it found as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.urls import clear_url_caches, set_urlconf

from benchmarks.rows import Bench


def main(deals: int, seed: int, wanted: str, out: str) -> None:
    settings.ROOT_URLCONF = "benchmarks.urls"
    clear_url_caches()
    set_urlconf(None)
    with connection.cursor() as cursor:
        # One backend does the work of a page, so that its CPU is all of it.
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT count(*) FROM pipeline_deal")
        print(f"{cursor.fetchone()[0]:,} deals, seed {seed}", file=sys.stderr)
    rows = []
    for row in Bench(seed, lambda line: print(line, file=sys.stderr, flush=True)).all(wanted):
        rows.append({**asdict(row), "is_kept": row.is_kept, "deals": deals, "seed": seed})
        Path(out).write_text(json.dumps(rows, ensure_ascii=False))
