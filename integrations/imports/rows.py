"""Many staged rows at once: read without what nobody asks for, written back in one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import JSONField, QuerySet

from integrations.models import Import, ImportPiece, ImportRow
from staff import bulk

_TYPES = {
    "values": "jsonb", "problems": "jsonb", "matches": "jsonb", "decision": "text", "standing": "text",
    "score": "int", "same_as": "int", "outcome": "text", "reason": "text", "company_id": "bigint",
    "contact_id": "bigint", "lead_id": "bigint", "site_id": "bigint", "deal_id": "bigint", "made": "jsonb",
    "sender_id": "text", "keys": "text[]",
}  # fmt: skip
_JSON = frozenset(field.attname for field in ImportRow._meta.concrete_fields if isinstance(field, JSONField))


def load(batch: Import, rows: QuerySet[ImportRow], *names: str) -> list[ImportRow]:
    """The lines of the import with these columns; others are read when they are asked for, as after `only`."""
    wanted = ("id", "batch_id", *names)
    statement, parameters = rows.values_list(*wanted).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        columns = list(zip(*cursor.fetchall(), strict=True))
    if not columns:
        return []
    told = [_read(column) if name in _JSON else column for name, column in zip(wanted, columns, strict=True)]
    found = bulk.stored(ImportRow, wanted, zip(*told, strict=True))
    for row in found:
        row._state.fields_cache["batch"] = batch
    return found


def _read(column: Sequence[str]) -> list[Any]:
    """A column of JSON in one go: a call a value takes longer than the values."""
    return json.loads(f"[{','.join(column)}]")  # type: ignore[no-any-return]


def of_piece(batch: Import, piece: ImportPiece) -> list[ImportRow]:
    """The lines of the piece as rows that are not stored yet."""
    rows = [
        bulk.new(ImportRow, batch_id=batch.pk, line=line, raw=cells)
        for line, cells in json.loads(piece.lines)
    ]
    for row in rows:
        row._state.fields_cache["batch"] = batch
    return rows


def save(rows: Sequence[ImportRow], *names: str) -> None:
    """Stores the named columns of all rows; a CASE a row, as bulk_update writes it, takes ten times as long."""
    if not rows:
        return
    sets = ", ".join(f'"{name}" = given."{name}"' for name in names)
    types = ", ".join(f'"{name}" {_TYPES[name]}' for name in names)
    told: list[dict[str, Any]] = [
        {"id": row.pk, **{name: getattr(row, name) for name in names}} for row in rows
    ]
    table = connection.ops.quote_name(ImportRow._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS r SET {sets} "  # noqa: S608 (column names of ours)
            f"FROM jsonb_to_recordset(%s::jsonb) AS given(id bigint, {types}) WHERE r.id = given.id",
            [json.dumps(told, ensure_ascii=False)],
        )
