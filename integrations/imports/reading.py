"""The first step: the lines of the file are taken in, some thousand in a piece, and the columns get their proposal."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.lib import tables
from integrations.imports import cleaning, columns, presets
from integrations.imports.import_events import ImportEvent
from integrations.models import Import, ImportPiece
from staff import events, versions
from staff.models import User

# What a slice may take, far below the lease of a delivery.
SECONDS = 20
ROWS_AT_ONCE = 2000
_SAMPLES_KEPT = 60
_SHEETS_KEPT = 50


def read_slice(batch: Import) -> None:
    """Stages as many lines as fit into the time, from where the last slice stopped."""
    table = tables.open_table(batch.content.path, batch.name, sheet=batch.sheet)
    if not batch.columns:
        _describe(batch, table)
    deadline = time.monotonic() + SECONDS
    rows = _after(table.rows(), _last_line(batch))
    while chunk := list(islice(rows, ROWS_AT_ONCE)):
        _stage(batch, chunk)
        if time.monotonic() > deadline:
            return
    if not batch.row_count:
        raise tables.Unreadable("empty")
    _propose(batch)
    batch.state = Import.State.MAPPING


def _describe(batch: Import, table: tables.Table) -> None:
    batch.encoding, batch.sheet = table.encoding[:20], table.sheet[:80]
    batch.header_row = table.header_row
    if len(table.sheets) > 1:
        batch.options = batch.options | {"sheets": table.sheets[:_SHEETS_KEPT]}
    batch.columns = [{"name": name[:200], "samples": [], "filled": 0, "field": ""} for name in table.columns]


@transaction.atomic
def read_sheet(batch: Import, sheet: str, *, by: User, seen: int) -> Import:
    """Another sheet of the workbook is the list: workers read that one, and what was read of the other goes."""
    batch = Import.objects.select_for_update().get(pk=batch.pk)
    if batch.state != Import.State.MAPPING or sheet not in batch.options.get("sheets", []):
        return batch
    versions.require(batch, seen)
    batch.pieces.all().delete()
    batch.rows.all().delete()
    batch.sheet, batch.columns, batch.row_count, batch.counts = sheet, [], 0, {}
    batch.state, batch.moved_at = Import.State.READING, timezone.now()
    batch.version += 1
    batch.save()
    events.record(ImportEvent.SHEET_CHOSEN, batch, by=by, name=batch.name, sheet=sheet)
    return batch


def _after(rows: Iterable[tables.Row], last: int) -> Iterator[tables.Row]:
    return (row for row in rows if row[0] > last)


def _stage(batch: Import, chunk: list[tables.Row]) -> None:
    width = len(batch.columns)
    lines = []
    for line, cells in chunk:
        texts = [as_text(cell) for cell in cells]
        # Cells beyond the header are kept, so that nothing of the file is lost in silence.
        for n in range(width, len(texts)):
            batch.columns.append(
                {"name": _("column %(n)s") % {"n": n + 1}, "samples": [], "filled": 0, "field": ""}
            )
        width = len(batch.columns)
        for column, text in zip(batch.columns, texts, strict=False):
            if not cleaning.is_blank(text):
                column["filled"] += 1
                if len(column["samples"]) < _SAMPLES_KEPT:
                    column["samples"].append(text[:80])
        lines.append((line, texts))
    _keep(batch, lines)
    batch.row_count += len(lines)


def _keep(batch: Import, lines: list[tuple[int, list[str]]]) -> None:
    """In one piece, until the check makes a row of each line: a row a line, written now and once more then, costs thrice."""
    ImportPiece.objects.create(
        batch=batch,
        first_line=lines[0][0],
        last_line=lines[-1][0],
        lines=json.dumps(lines, ensure_ascii=False, separators=(",", ":")),
    )


def _last_line(batch: Import) -> int:
    """The last one that was taken in; lists that were begun before there were pieces have rows already."""
    waiting = batch.pieces.aggregate(last=Max("last_line"))["last"] or 0
    return max(waiting, batch.rows.aggregate(last=Max("line"))["last"] or 0)


def _propose(batch: Import) -> None:
    names = [column["name"] for column in batch.columns]
    batch.signature = columns.signature(names)
    batch.preset = batch.preset or presets.recognise(names)
    samples = [column["samples"] for column in batch.columns]
    proposal = columns.propose(batch.kind, names, samples, batch.preset)
    known = columns.remembered(batch.kind, names, but=batch.pk)
    if known is not None:
        proposal = columns.as_before(names, proposal, known)
        batch.counts = {"remembered": True}
    for column, key in zip(batch.columns, proposal, strict=True):
        column["field"] = key
        column["samples"] = column["samples"][:3]


def as_text(cell: tables.Cell) -> str:
    """A cell as the person would have typed it."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%Y/%m/%d %H:%M}"
    if isinstance(cell, date):
        return f"{cell:%Y/%m/%d}"
    if isinstance(cell, float):
        return f"{cell:.10g}"
    return str(cell)


def problem_message(batch: Import) -> str:
    """Why the file could not be read and what to do, in the reader's language."""
    problem: dict[str, Any] = batch.problem
    return tables.Unreadable(problem["code"], **problem.get("params", {})).message if problem else ""
