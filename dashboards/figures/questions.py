"""Questions to the database, asked together: a page with ten figures costs one statement."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet, Value

Answer = TypeVar("Answer")
Row = dict[str, Any]


@dataclass(frozen=True)
class Sql:
    """A statement by hand, for what the ORM cannot say; `rows` of visible records go in as `%s`-ready text."""

    text: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Question(Generic[Answer]):
    """The rows a figure needs and how it reads them; asked alone with `ask` or with others with `ask_together`."""

    rows: QuerySet[Any] | Sql
    read: Callable[[list[Row]], Answer]


def ask(question: Question[Answer]) -> Answer:
    """The figure, by a statement of its own."""
    found: Answer = ask_together(question=question)["question"]
    return found


def ask_together(**questions: Question[Any]) -> dict[str, Any]:
    """All figures by one statement. Rows travel as JSON: days come as ISO text, amounts as whole or Decimal numbers."""
    parts, params = [], []
    for name, question in questions.items():
        try:
            text, values = sql_of(question.rows)
        except EmptyResultSet:
            continue
        parts.append(f"SELECT '{name}', row_to_json(q)::text FROM ({text}) q")  # noqa: S608 - names of our own
        params += values
    rows: dict[str, list[Row]] = {name: [] for name in questions}
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(f"({part})" for part in parts), params)
            for name, row in cursor.fetchall():
                rows[name].append(json.loads(row, parse_float=Decimal))
    return {name: question.read(rows[name]) for name, question in questions.items()}


def totals(rows: QuerySet[Any], **sums: Any) -> QuerySet[Any]:
    """One row of aggregates over all rows: `aggregate()` that can be asked later."""
    return rows.order_by().annotate(all=Value(1)).values("all").annotate(**sums).values(*sums)


def only(rows: list[Row]) -> Row:
    """The one row of `totals`; nothing at all for somebody who may see nothing."""
    return rows[0] if rows else _Nothing()


class _Nothing(dict[str, Any]):
    def __missing__(self, key: str) -> int:
        return 0


def sql_of(rows: QuerySet[Any] | Sql) -> tuple[str, tuple[Any, ...]]:
    """The statement behind rows, to be put into another one."""
    if isinstance(rows, Sql):
        return rows.text, rows.params
    text, params = rows.query.sql_with_params()
    return text, tuple(params)
