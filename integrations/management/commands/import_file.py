"""`manage.py import_file companies list.csv`: the same steps as on the screen, here and now, with figures."""

from __future__ import annotations

import json
import resource
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import translation

from accounts.models import Channel
from crm.lib import sheets
from integrations.imports import columns, deciding, outcome, presets, report, upload, work
from integrations.imports.reading import problem_message
from integrations.models import Import
from staff.models import User

State = Import.State

# What the exit code says. 1 and 2 are those of every command: something broke, or it was called wrongly.
ALL_IN, ROWS_REFUSED, FILE_REFUSED, COLUMNS_UNCLEAR = 0, 3, 4, 5
ALIASES = {
    "deal_history": "history", "deal-history": "history", "people": "contacts", "persons": "contacts",
    "accounts": "companies", "opportunities": "deals",
}  # fmt: skip


class Command(BaseCommand):
    help = (
        "Imports a list through all steps of the import and prints a report as JSON. Exit code: 0 every row came in or"
        " was there already, 3 some rows were refused, 4 the file was refused, 5 the columns are not clear."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "kind", type=lambda kind: ALIASES.get(kind, kind), choices=Import.Kind.values, metavar="KIND",
            help=", ".join(Import.Kind.values),
        )  # fmt: skip
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--by", metavar="EMAIL", help="who imports; the system when left out")
        parser.add_argument(
            "--preset", choices=presets.NAMES, help="the list comes from this app; known by itself mostly"
        )
        parser.add_argument(
            "--merge",
            choices=["certain"],
            default="certain",
            help="certain, the only one and the default: what is certainly there is added to, the rest is made and asked about",
        )
        parser.add_argument("--channel", help="code of the leads' channel, such as exhibition")
        parser.add_argument("--campaign", default="")
        parser.add_argument("--sheet", default="", help="the sheet of a workbook, when not its first")
        parser.add_argument("--language", choices=["ja", "en"], default="", help="of reasons and messages")
        parser.add_argument("--dry-run", action="store_true", help="checks only, and leaves nothing behind")
        parser.add_argument(
            "--report", type=Path, metavar="FILE",
            help="the report as .json; as .csv or .xlsx the lines that did not come in, to be corrected and sent again",
        )  # fmt: skip
        parser.add_argument(
            "--failed",
            type=Path,
            metavar="FILE",
            help="lines that did not come in, as .csv or .xlsx, to be sent again",
        )
        parser.add_argument(
            "--rows", type=Path, metavar="FILE", help="what became of each line, as .csv or .xlsx"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(email=options["by"]).first() if options["by"] else User.objects.system()
        if by is None:
            raise CommandError(f"There is nobody with the address {options['by']}.")
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.")
        if options["channel"] and not Channel.objects.filter(code=options["channel"]).exists():
            codes = ", ".join(Channel.objects.order_by("position").values_list("code", flat=True))
            raise CommandError(f"There is no channel {options['channel']}. One of: {codes}.")
        for name in ("report", "failed", "rows"):
            # Not after the list has come in.
            if options[name] and not options[name].resolve().parent.is_dir():
                raise CommandError(f"There is no folder for {options[name]}.")
        with translation.override(options["language"] or by.language):
            self._import(by, options)

    def _import(self, by: User, options: dict[str, Any]) -> None:
        clock = _Clock()
        batch = self._receive(by, options)
        unclear: columns.Unclear | None = None
        try:
            batch = self.go(batch, by, dry_run=options["dry_run"])
        except columns.Unclear as refusal:
            unclear = refusal
            batch.refresh_from_db()
        told = _told(batch, unclear) | clock.figures(batch.row_count)
        _write_files(batch, options, told)
        if options["dry_run"] or unclear:
            upload.remove(batch, by=by)
        self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
        if told["exit_code"] in (FILE_REFUSED, COLUMNS_UNCLEAR):
            raise CommandError(told["problem"], returncode=told["exit_code"])
        if told["exit_code"]:
            sys.exit(told["exit_code"])

    def _receive(self, by: User, options: dict[str, Any]) -> Import:
        channel = Channel.objects.filter(code=options["channel"]).first() if options["channel"] else None
        try:
            with options["file"].open("rb") as file:
                return upload.receive_file(
                    File(file, name=options["file"].name),
                    kind=options["kind"],
                    by=by,
                    channel=channel,
                    campaign=options["campaign"],
                    preset=options["preset"] or "",
                    sheet=options["sheet"],
                    # Who reaches this command administers the installation.
                    options={"enter_at_stage": True, "language": options["language"]},
                    for_workers=False,
                )
        except upload.TooLarge as refusal:
            raise CommandError(str(refusal), returncode=FILE_REFUSED) from refusal

    def go(self, batch: Import, by: User, *, dry_run: bool) -> Import:
        """Through the steps to the end, with the proposed columns and decisions."""
        batch = work_on(batch)
        if batch.state == State.MAPPING:
            chosen = [column["field"] for column in batch.columns]
            batch = work_on(columns.confirm(batch, chosen, by=by, seen=batch.version))
        if batch.state == State.READY and not dry_run:
            batch = work_on(deciding.confirm(batch, by=by, seen=batch.version))
        return batch


def work_on(batch: Import) -> Import:
    """What the workers would do, done here."""
    while batch.is_working:
        with transaction.atomic():
            batch = work.advance(batch.pk) or Import.objects.get(pk=batch.pk)
    return batch


def _write_files(batch: Import, options: dict[str, Any], told: dict[str, Any]) -> None:
    failed, told_to = options["failed"], options["report"]
    if told_to and told_to.suffix in (".csv", ".xlsx"):
        failed, told_to = failed or told_to, None
    if told_to:
        told_to.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if batch.state == State.FAILED:
        return
    if failed:
        with failed.open("wb") as file:
            file.writelines(report.write(batch, "xlsx" if failed.suffix == ".xlsx" else "csv"))
    if options["rows"]:
        _write_table(options["rows"], outcome.table(batch))


def _write_table(path: Path, rows: Iterable[list[Any]]) -> None:
    with path.open("wb") as file:
        if path.suffix == ".xlsx":
            sheets.write_xlsx(rows, file)
        else:
            file.writelines(sheets.write_csv(rows))


def _told(batch: Import, unclear: columns.Unclear | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "import": batch.pk,
        "kind": batch.kind,
        "state": batch.state,
        "rows": batch.row_count,
    }
    if batch.state == State.FAILED:
        return told | {
            "problem": problem_message(batch), "problem_code": batch.problem["code"], "exit_code": FILE_REFUSED,
        }  # fmt: skip
    told |= {"encoding": batch.encoding, "sheet": batch.sheet, "header_row": batch.header_row}
    told |= {"preset": batch.preset, "columns": {c["name"]: c["field"] for c in batch.columns}}
    if unclear:
        return told | {"problem": unclear.message, "problem_code": unclear.code, "exit_code": COLUMNS_UNCLEAR}
    kept = ("new", "known", "similar", "bad", "repeats")
    told["check"] = {key: batch.counts.get(key, 0) for key in kept}
    told["made"] = batch.counts.get("made", {})
    refused = report.failed_rows(batch)
    told["refused"] = refused.count()
    told["refused_rows"] = [
        {"line": row.line, "id": row.sender_id, "reason": report.reason(batch, row)} for row in refused[:1000]
    ]
    return told | {"exit_code": ROWS_REFUSED if told["refused"] else ALL_IN}


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
