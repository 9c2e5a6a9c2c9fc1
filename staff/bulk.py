"""Writing thousands of rows: new ones by COPY, changed ones in one UPDATE.

Rows come in as they do by `save()`: the triggers of the tables run, row history and its context included. What Django
adds to that, a statement of some hundred thousand parameters or a CASE per row and field, costs more than the rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)

# One INSERT is cheaper than a COPY with all it needs for so few rows.
FEW = 20
# What stands for itself in the text format of COPY has to be escaped.
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"})
_IN_ARRAY = str.maketrans({"\\": "\\\\", '"': '\\"'})
_encode = DjangoJSONEncoder(ensure_ascii=False).encode


def create(rows: Iterable[Row]) -> list[Row]:
    """The new rows of one model, stored, with their ids. A clash with what is there is an IntegrityError."""
    rows = list(rows)
    if len(rows) < FEW:
        return type(rows[0])._default_manager.bulk_create(rows) if rows else rows
    model = type(rows[0])
    for row, pk in zip(rows, _new_ids(model, len(rows)), strict=True):
        row.pk = pk
    names = [field.attname for field in model._meta.concrete_fields if not field.generated]
    _copy(model, names, ([getattr(row, name) for name in names] for row in rows))
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    return rows


def store(model: type[Row], names: Sequence[str], values: Iterable[Sequence[Any]]) -> None:
    """New rows that nobody needs as objects: the values of the named fields; others have their defaults."""
    rows = list(values)
    if len(rows) < FEW:
        create([model(**dict(zip(names, row, strict=True))) for row in rows])
        return
    blank = model()
    others = [f.attname for f in model._meta.concrete_fields if not f.primary_key and f.attname not in names]
    defaults = [getattr(blank, name) for name in others]
    ids = _new_ids(model, len(rows))
    written = ([pk, *row, *defaults] for pk, row in zip(ids, rows, strict=True))
    _copy(model, [model._meta.pk.attname, *names, *others], written)


def change(rows: Sequence[models.Model], names: Iterable[str]) -> None:
    """Stores the named fields of all rows, which are of one model, in one statement."""
    if not rows:
        return
    model, quote = type(rows[0]), connection.ops.quote_name
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    told = [{"pk": row.pk, **{f.column: _plain(getattr(row, f.attname)) for f in fields}} for row in rows]
    sets = ", ".join(f"{quote(f.column)} = given.{quote(f.column)}" for f in fields)
    types = ", ".join(f"{quote(f.column)} {f.db_type(connection)}" for f in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(model._meta.db_table)} AS r SET {sets} "  # noqa: S608 (names of columns)
            f"FROM json_to_recordset(%s::json) AS given(pk bigint, {types}) "
            f"WHERE r.{quote(str(model._meta.pk.column))} = given.pk",
            [json.dumps(told, ensure_ascii=False)],
        )


def _new_ids(model: type[models.Model], count: int) -> list[int]:
    """Ids from the table's sequence; and the context of the row history is set for the transaction.

    pghistory sets who and why in front of every statement but SELECT and COPY, so this one begins in another way.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH s AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, %s)::regclass AS name) "
            "SELECT nextval(s.name) FROM s, generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, count],
        )
        return sorted(pk for (pk,) in cursor.fetchall())


def _copy(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    by_name: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
    columns = ", ".join(connection.ops.quote_name(by_name[name].column) for name in names)
    table = connection.ops.quote_name(model._meta.db_table)
    texts = [_text_of(by_name[name]) for name in names]
    lines = "".join(
        "\t".join(["\\N" if v is None else text(v) for text, v in zip(texts, row, strict=True)]) + "\n"
        for row in rows
    )
    statement = f"COPY {table} ({columns}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as target:
        target.write(lines)


def _text_of(field: Any) -> Callable[[Any], str]:
    """How values of the field are written for COPY."""
    kind = field.target_field if field.is_relation else field
    if isinstance(kind, ArrayField):
        return _array
    if isinstance(kind, models.JSONField):
        return _json
    if isinstance(kind, models.BooleanField):
        return _boolean
    if isinstance(kind, models.DateField | models.TimeField):  # moments are days, too
        return _iso
    if isinstance(kind, models.CharField | models.TextField | models.GenericIPAddressField):
        return _text
    return str


_TO_ESCAPE = re.compile(r"[\\\n\t\r]")


def _text(value: str) -> str:
    return value.translate(_ESCAPES) if _TO_ESCAPE.search(value) else value


def _boolean(value: bool) -> str:
    return "t" if value else "f"


def _iso(value: date | time) -> str:
    return value.isoformat()


def _json(value: Any) -> str:
    return _encode(value).translate(_ESCAPES) if value else "{}" if value == {} else _encode(value)


def _array(values: Sequence[str]) -> str:
    if not values:
        return "{}"
    joined = "".join(values)
    if not joined.isalnum():
        values = [value.translate(_IN_ARRAY) for value in values]
    return ('{"' + '","'.join(values) + '"}').translate(_ESCAPES)


def _plain(value: Any) -> Any:
    """The value as JSON has it; its moments keep their microseconds."""
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
