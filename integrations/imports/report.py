"""The lines that did not come in, as a file that can be corrected and sent again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from crm.lib import sheets
from integrations.imports import cleaning, fields, own_fields
from integrations.models import Import, ImportRow

FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "cp932": "text/csv",
}


def failed_rows(batch: Import) -> QuerySet[ImportRow]:
    """Before the run: lines to be corrected. After it: lines that were refused. Of a stopped one: what has not come in."""
    waiting = (
        Q(outcome="")
        if batch.state == Import.State.CANCELLED
        else Q(outcome="", standing=ImportRow.Standing.BAD)
    )
    return batch.rows.filter(Q(outcome=ImportRow.Outcome.REFUSED) | waiting).order_by("line")


def failed_count(batch: Import) -> int:
    """How many these are. After the run it knows how many it refused: a million lines are not looked through for that."""
    if batch.state == Import.State.DONE:
        return int(batch.counts.get("made", {}).get("refused", 0))
    return failed_rows(batch).count()


def table(batch: Import) -> Iterator[list[Any]]:
    """The header and the lines as they came (with what was corrected meanwhile), then their line and the reason."""
    yield [*[column["name"] for column in batch.columns], *fields.REPORT_COLUMNS]
    for row in failed_rows(batch).iterator(chunk_size=1000):
        cells = list(row.raw) + [""] * (len(batch.columns) - len(row.raw))
        for n, column in enumerate(batch.columns):
            cells[n] = row.fixes.get(column["field"], cells[n]) if column["field"] else cells[n]
        # The columns of an earlier report are not carried along.
        shown = [
            "" if column["name"] in fields.REPORT_COLUMNS else cell
            for column, cell in zip(batch.columns, cells, strict=False)
        ]
        yield [*shown, str(row.line), reason(batch, row)]


def reason(batch: Import, row: ImportRow) -> str:
    """What keeps the line out, in the reader's language, column by column."""
    if row.reason:
        return row.reason
    if batch.state == Import.State.CANCELLED and not row.outcome and not row.problems:
        return _("The import was stopped before this line.")
    names = {column["field"]: column["name"] for column in batch.columns if column["field"]}
    return " ".join(
        f"{names.get(problem['field']) or own_fields.label(problem['field'])}: {cleaning.message(problem)}"
        for problem in row.problems
    )


def write(batch: Import, format: str) -> Iterator[bytes]:
    """The report as pieces of a file: xlsx, CSV in UTF-8 with its mark, or CSV in CP932. Nothing in it is run."""
    yield from sheets.pieces(_without_doubled_columns(table(batch)), format)


def _without_doubled_columns(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """A report of a report has its own two columns once."""
    header = next(rows)
    kept = [n for n, name in enumerate(header) if name not in fields.REPORT_COLUMNS or n >= len(header) - 2]
    yield [header[n] for n in kept]
    for row in rows:
        yield [row[n] for n in kept]
