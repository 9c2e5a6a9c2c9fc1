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
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=models.Model)

# One INSERT is cheaper than a COPY with all it needs for so few rows.
FEW = 20
# What stands for itself in the text format of COPY has to be escaped.
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"})
_IN_ARRAY = str.maketrans({"\\": "\\\\", '"': '\\"'})
_encode = DjangoJSONEncoder(ensure_ascii=False).encode


def new(model: type[Row], **values: Any) -> Row:
    """`model(**values)`, not saved, in a fifth of the time: of thousands of rows each costs a copy of a blank one."""
    row = model.__new__(model)
    row._state = ModelState()
    state = row.__dict__
    fixed, called = _blank(model)
    state.update(fixed)
    for name, default in called:
        if name not in values:
            state[name] = default()
    for name, value in values.items():
        if name in fixed:
            state[name] = value
        else:  # a link by its object, a name that there is not
            setattr(row, row._meta.get_field(name).name, value)
    return row


def stored(model: type[Row], names: Sequence[str], values: Iterable[Sequence[Any]]) -> list[Row]:
    """Rows that were read by `values_list(*names)`, as objects: what is not among the names is read when asked for."""
    rows, alias = [], connection.alias
    for told in values:
        row = model.__new__(model)
        state = row._state = ModelState()
        state.adding, state.db = False, alias
        row.__dict__.update(zip(names, told, strict=True))
        rows.append(row)
    return rows


@cache
def _blank(model: type[models.Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """The attributes of a new row, and those of which each row has its own."""
    fixed = {name: value for name, value in model().__dict__.items() if name != "_state"}
    fields = model._meta.concrete_fields
    return fixed, [(f.attname, f.get_default) for f in fields if f.has_default() and callable(f.default)]


def create(rows: Iterable[Row]) -> list[Row]:
    """The new rows of one model, stored, with their ids. A clash with what is there is an IntegrityError."""
    rows = list(rows)
    if len(rows) < FEW:
        return type(rows[0])._default_manager.bulk_create(rows) if rows else rows
    model = type(rows[0])
    key = str(model._meta.pk.attname)
    for row, pk in zip(rows, _new_ids(model, len(rows)), strict=True):
        row.__dict__[key] = pk
    names = [field.attname for field in model._meta.concrete_fields if not field.generated]
    _copy(model, {name: list(map(attrgetter(name), rows)) for name in names})
    alias = connection.alias  # asked for once: it is looked up anew each time
    for row in rows:
        state = row._state
        state.adding, state.db = False, alias
    return rows


def store(model: type[Row], names: Sequence[str], values: Iterable[Sequence[Any]]) -> None:
    """New rows that nobody needs as objects: the values of the named fields; others have their defaults."""
    rows = list(values)
    if len(rows) < FEW:
        create([model(**dict(zip(names, row, strict=True))) for row in rows])
        return
    blank = model()
    others = [f.attname for f in model._meta.concrete_fields if not f.primary_key and f.attname not in names]
    columns: dict[str, list[Any]] = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    if _has_history(model):  # else the table counts by itself
        columns[str(model._meta.pk.attname)] = _new_ids(model, len(rows))
    columns |= {name: [getattr(blank, name)] * len(rows) for name in others}
    _copy(model, columns)


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


@cache
def _has_history(model: type[models.Model]) -> bool:
    return any(getattr(one, "pgh_tracked_model", None) is model for one in apps.get_models())


def ids_given_after(model: type[models.Model], pk: int) -> int:
    """How many ids above this one were ever given out, also to rows that are not committed, or never will be."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)",
            [model._meta.db_table, model._meta.pk.column],
        )
        return max(0, (cursor.fetchone()[0] or 0) - pk)


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


def _copy(model: type[models.Model], columns: dict[str, list[Any]]) -> None:
    by_name: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
    named = ", ".join(connection.ops.quote_name(by_name[name].column) for name in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    written = [_column(_text_of(by_name[name]), values) for name, values in columns.items()]
    lines = "\n".join(map("\t".join, zip(*written, strict=True))) + "\n"
    statement = f"COPY {table} ({named}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as target:
        target.write(lines)


def _column(text: Callable[[Any], str], values: list[Any]) -> list[str]:
    """All values of one column as COPY reads them. Many are the same in every row, and most texts stand for themselves."""
    if values.count(values[0]) == len(values):
        return ["\\N" if values[0] is None else text(values[0])] * len(values)
    if text is _text and None not in values and not _TO_ESCAPE.search("".join(values)):
        return values
    return ["\\N" if value is None else text(value) for value in values]


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


_QUOTED = re.compile(r'["\\]')
_TO_ESCAPE = re.compile(r"[\\\n\t\r]")


def _text(value: str) -> str:
    return value.translate(_ESCAPES) if _TO_ESCAPE.search(value) else value


def _boolean(value: bool) -> str:
    return "t" if value else "f"


def _iso(value: date | time) -> str:
    return value.isoformat()


def _json(value: Any) -> str:
    return _text(_encode(value)) if value else "{}" if value == {} else _encode(value)


def array(values: Sequence[str]) -> str:
    """The texts as an array is written: as a parameter of thousands it costs a tenth of a list."""
    if not values:
        return "{}"
    if _QUOTED.search("".join(values)):
        values = [value.translate(_IN_ARRAY) for value in values]
    return '{"' + '","'.join(values) + '"}'


def _array(values: Sequence[str]) -> str:
    return _text(array(values))


def _plain(value: Any) -> Any:
    """The value as JSON has it; its moments keep their microseconds."""
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
