"""`manage.py import_file companies list.csv`: the same steps as on the screen, here and now, with figures."""

from __future__ import annotations

import json
import resource
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from accounts.models import Channel
from integrations.imports import columns, deciding, report, upload, work
from integrations.imports.reading import problem_message
from integrations.models import Import
from staff.models import User

State = Import.State


class Command(BaseCommand):
    help = (
        "Imports a list of leads or companies through all steps of the import, and prints a report as JSON."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=Import.Kind.values)
        parser.add_argument("file", type=Path)
        parser.add_argument("--by", metavar="EMAIL", help="who imports; the system when left out")
        parser.add_argument("--channel", help="code of the leads' channel, such as exhibition")
        parser.add_argument("--campaign", default="")
        parser.add_argument("--dry-run", action="store_true", help="checks only, and leaves nothing behind")
        parser.add_argument(
            "--report", type=Path, metavar="FILE", help="lines that did not come in, as .csv or .xlsx"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(email=options["by"]).first() if options["by"] else User.objects.system()
        if by is None:
            raise CommandError(f"There is nobody with the address {options['by']}.")
        clock = _Clock()
        with options["file"].open("rb") as file:
            batch = upload.receive_file(
                File(file, name=options["file"].name),
                kind=options["kind"],
                by=by,
                channel=Channel.objects.filter(code=options["channel"]).first()
                if options["channel"]
                else None,
                campaign=options["campaign"],
                for_workers=False,
            )
        batch = self.go(batch, by, dry_run=options["dry_run"])
        told = _told(batch) | clock.figures(batch.row_count)
        if options["report"] and batch.state != State.FAILED:
            form = "xlsx" if options["report"].suffix == ".xlsx" else "csv"
            options["report"].write_bytes(b"".join(report.write(batch, form)))
        if options["dry_run"]:
            upload.remove(batch, by=by)
        self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
        if batch.state == State.FAILED:
            raise CommandError(told["problem"])

    def go(self, batch: Import, by: User, *, dry_run: bool) -> Import:
        """Through the steps to the end, with the proposed columns and decisions."""
        batch = self._work(batch)
        if batch.state == State.MAPPING:
            try:
                batch = columns.confirm(batch, [c["field"] for c in batch.columns], by=by, seen=batch.version)
            except columns.Unclear as unclear:
                raise CommandError(f"The columns are not clear: {unclear.code} {unclear.field}") from unclear
            batch = self._work(batch)
        if batch.state == State.READY and not dry_run:
            batch = self._work(deciding.confirm(batch, by=by, seen=batch.version))
        return batch

    def _work(self, batch: Import) -> Import:
        while batch.is_working:
            with transaction.atomic():
                batch = work.advance(batch.pk) or Import.objects.get(pk=batch.pk)
        return batch


def _told(batch: Import) -> dict[str, Any]:
    told: dict[str, Any] = {"import": batch.pk, "state": batch.state, "rows": batch.row_count}
    if batch.state == State.FAILED:
        return told | {"problem": problem_message(batch)}
    kept = ("new", "known", "similar", "bad", "repeats")
    told["columns"] = {c["name"]: c["field"] for c in batch.columns}
    told["check"] = {key: batch.counts.get(key, 0) for key in kept}
    return told | {"made": batch.counts.get("made", {})}


class _Clock:
    """Seconds, processor time of this process with its children and of its database session, and peak memory."""

    def __init__(self) -> None:
        connection.ensure_connection()
        self.started, self.cpu, self.database = time.monotonic(), _own_cpu(), _database_cpu()

    def figures(self, rows: int) -> dict[str, Any]:
        own = _own_cpu() - self.cpu
        database = _database_cpu() - self.database
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {
            "seconds": round(time.monotonic() - self.started, 2),
            "cpu_seconds": {"worker": round(own, 2), "database": round(database, 2)},
            "rows_per_cpu_second": round(rows / (own + database)) if own + database else None,
            "peak_mib": round(peak / 1024),
        }


def _own_cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _database_cpu() -> float:
    """Processor time of the session's backend, where it runs on this machine (Linux); else 0."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / 100
