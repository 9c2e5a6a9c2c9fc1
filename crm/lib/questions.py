"""Questions to the database, asked together: a page with ten figures costs one statement."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet, Value

from crm.lib import prepared

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


@dataclass(frozen=True)
class Combined(Generic[Answer]):
    """A figure made of several answers: `make` gets them by the names of their questions."""

    make: Callable[..., Answer]
    parts: dict[str, Question[Any]]


def ask(question: Question[Answer] | Combined[Answer]) -> Answer:
    """The figure, by a statement of its own."""
    found: Answer = ask_together(question=question)["question"]
    return found


def ask_together(**figures: Question[Any] | Combined[Any]) -> dict[str, Any]:
    """All figures by one statement."""
    return together(**figures).answers(once=True)


@dataclass(frozen=True)
class Asked:
    """Figures put together into one statement, which may be kept and asked again: to put it together takes longer.

    The database plans it once, too, unless it is asked only `once`: for just these values, which stand in the text.
    Apart from it they would make it plan again each time, or choose a way that suits no reader.
    """

    figures: dict[str, Question[Any] | Combined[Any]]
    questions: dict[str, Question[Any]]
    text: str
    params: tuple[Any, ...]

    def answers(self, *, once: bool = False) -> dict[str, Any]:
        rows = self._rows(once)
        return {name: _answer(name, figure, rows) for name, figure in self.figures.items()}

    @cached_property
    def _whole_text(self) -> str:
        return prepared.with_values(self.text, self.params)

    def _rows(self, once: bool) -> dict[str, list[Row]]:
        """Rows travel as JSON: days and moments come as ISO text, amounts as whole or Decimal numbers."""
        rows: dict[str, list[Row]] = {name: [] for name in self.questions}
        if self.text:
            found = _asked_once(self.text, self.params) if once else prepared.rows(self._whole_text)
            for name, row in found:
                rows[name].append(json.loads(row, parse_float=Decimal))
        return rows


def _asked_once(text: str, params: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return list(cursor.fetchall())


def together(**figures: Question[Any] | Combined[Any]) -> Asked:
    """What `ask_together` asks."""
    questions: dict[str, Question[Any]] = {}
    for name, figure in figures.items():
        parts = figure.parts if isinstance(figure, Combined) else {"": figure}
        questions |= {f"{name}.{part}": question for part, question in parts.items()}
    texts, params = [], list[Any]()
    for name, question in questions.items():
        try:
            text, values = sql_of(question.rows)
        except EmptyResultSet:  # the person may see nothing
            continue
        texts.append(f"(SELECT %s::text, row_to_json(q)::text FROM ({text}) q)")  # noqa: S608 - the ORM's own text
        params += [name, *values]
    return Asked(figures, questions, " UNION ALL ".join(texts), tuple(params))


def _answer(name: str, figure: Question[Any] | Combined[Any], rows: dict[str, list[Row]]) -> Any:
    if isinstance(figure, Question):
        return figure.read(rows[f"{name}."])
    return figure.make(
        **{part: question.read(rows[f"{name}.{part}"]) for part, question in figure.parts.items()}
    )


def totals(rows: QuerySet[Any], **sums: Any) -> QuerySet[Any]:
    """One row of aggregates over all rows: `aggregate()` that can be asked later."""
    found: QuerySet[Any] = rows.order_by().annotate(all=Value(1)).values("all").annotate(**sums).values(*sums)
    return found


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
