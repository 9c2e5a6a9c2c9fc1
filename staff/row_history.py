"""The exact rows that a request wrote: what the history triggers kept, table by table, before and after."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pghistory.models
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from staff import kinds

LIMIT = 200
# Written beside the fields they come from, and of no use to a reader.
DERIVED = {"search_text", "search_grams"}


@dataclass(frozen=True)
class Field:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Row:
    """One row of one table; `label` is insert, update or delete."""

    table: str
    pk: int
    label: str
    fields: list[Field]


def histories() -> list[tuple[type[Model], str]]:
    """Each tracked model with the table of its history."""
    return [
        (model.pgh_tracked_model, model._meta.db_table)  # type: ignore[misc]
        for model in apps.get_models()
        if issubclass(model, pghistory.models.Event) and model._meta.managed
    ]


def of_request(request_id: str) -> list[Row]:
    """What the request changed, in the order of writing, one entry a row; at most 200 writes are read."""
    if not request_id:
        return []
    rows: dict[tuple[str, int], list[Any]] = {}
    models = {table: model for model, table in histories()}
    for table, pk, label, after, before in _writes(request_id):
        # A row written twice by one request is shown once: as it was before, and as it was left.
        first = rows.setdefault((table, pk), [label, before, after])
        first[2] = after
    return [
        Row(kinds.name_of(models[table]), pk, label, _fields(models[table], label, before, after))
        for (table, pk), (label, before, after) in rows.items()
    ]


def _writes(request_id: str) -> list[tuple[str, int, str, dict[str, Any], dict[str, Any]]]:
    """One statement over all tables of history; each has an index on the request (`index_requests`)."""
    quote = connection.ops.quote_name
    parts = [
        f"(SELECT '{table}', h.pgh_obj_id, h.pgh_label, h.pgh_created_at, h.pgh_id, to_jsonb(h),"  # noqa: S608 - names of our own tables
        f" (SELECT to_jsonb(p) FROM {quote(table)} p WHERE p.pgh_obj_id = h.pgh_obj_id AND p.pgh_id < h.pgh_id"
        f" ORDER BY p.pgh_id DESC LIMIT 1)"
        f" FROM {quote(table)} h WHERE h.pgh_context->>'request' = %s ORDER BY h.pgh_id LIMIT {LIMIT})"
        for _model, table in histories()
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(parts) + f" ORDER BY 4, 1, 5 LIMIT {LIMIT}", [request_id] * len(parts)
        )
        found = cursor.fetchall()
    return [
        (table, pk, label, _loaded(after), _loaded(before))
        for table, pk, label, _at, _id, after, before in found
    ]


def _loaded(value: Any) -> dict[str, Any]:
    return (json.loads(value) if isinstance(value, str) else value) or {}


def _fields(model: type[Model], label: str, before: dict[str, Any], after: dict[str, Any]) -> list[Field]:
    """The columns that differ; of a new row those that are filled, of a removed one those that it had."""
    if label == "delete":
        before, after = after, {}
    elif label == "insert":
        before = {}
    names = [
        name for name in {**after, **before} if not name.startswith("pgh_") and name not in DERIVED | {"id"}
    ]
    return [
        Field(_label(model, name), _shown(before.get(name)), _shown(after.get(name)))
        for name in names
        if _shown(before.get(name)) != _shown(after.get(name))
    ]


def _label(model: type[Model], column: str) -> str:
    try:
        return str(model._meta.get_field(column.removesuffix("_id")).verbose_name)  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return column


def _shown(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def index_requests(connection: BaseDatabaseWrapper) -> None:
    """Runs after each migration, as the owner: an index on the request, and in it the row, of all history that has one.

    Not in the migrations of the apps: a table of history that a later one adds gets its index by itself. The row stands
    in it so that an import of a million rows is taken back some hundred at a time without looking through all of them.
    """
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for _model, table in histories():
            if table in existing:
                new, old = (
                    connection.ops.quote_name(f"{table}_{end}") for end in ("by_request", "of_request")
                )
                cursor.execute(
                    f"CREATE INDEX IF NOT EXISTS {new} ON {connection.ops.quote_name(table)}"
                    " ((pgh_context->>'request'), pgh_obj_id) WHERE pgh_context->>'request' IS NOT NULL"
                )
                cursor.execute(f"DROP INDEX IF EXISTS {old}")


def drop_unused_indexes(connection: BaseDatabaseWrapper) -> None:
    """Runs after each migration, as the owner: history is read by its row, by its id and by the request, and no other way.

    The models of pghistory index every link that the tracked table has; each costs a write of the table as much as one
    of its own indexes.
    """
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for _model, table in histories():
            if table not in existing:
                continue
            cursor.execute(
                """
                SELECT i.indexrelid::regclass::text FROM pg_index i
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = %s::regclass AND i.indnatts = 1 AND NOT i.indisunique
                AND a.attname LIKE '%%\\_id' AND a.attname NOT IN ('pgh_id', 'pgh_obj_id')
                """,
                [table],
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP INDEX {name}")
