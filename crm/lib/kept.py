"""Querysets whose statement is put together once: for a page's few rows that takes longer than to read them.

Of a company's page two thirds of the CPU went into saying the same SELECTs again, 2 to 5 ms each.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, update_wrapper
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet, prefetch_related_objects

M = TypeVar("M", bound=Model)

# So many statements of one kind are kept in a process: some kB each, one for each kind of reader.
_KEPT = 500


def kept(make: Callable[..., QuerySet[M]]) -> Kept[M]:
    """A function that makes a queryset, as one that answers with its rows; the statement is kept.

    Positional arguments say which statement it is: they are hashable, and `make` may look at them (a
    `Reader`, a language). Arguments by name are values inside it, `int`, `str`, `date` or `datetime`: `make` only
    hands them on, into a filter or an annotation, and gets stand-ins for them.

        @kept
        def _todos(reader: Reader, *, deal: int) -> QuerySet[Todo]:
            return Todo.objects.visible_to(reader.user).filter(deal_id=deal)

        rows = _todos(Reader.of(user), deal=7)
    """
    return Kept(make)


class Kept(Generic[M]):
    """See `kept`; `fresh` is the slow twin, the queryset as Django asks for it."""

    def __init__(self, make: Callable[..., QuerySet[M]]) -> None:
        self.fresh = make
        self._shapes: dict[str, _Shape] = {}
        self._statement = lru_cache(maxsize=_KEPT)(self._put_together)
        update_wrapper(self, make)

    def __call__(self, *key: Hashable, **values: Any) -> list[M]:
        """All rows."""
        statement = self._statement(key, tuple((name, type(value)) for name, value in values.items()))
        return statement.rows(values) if statement else []

    def first(self, *key: Hashable, **values: Any) -> M | None:
        """The first row, if there is one; the queryset says how many are read."""
        return next(iter(self(*key, **values)), None)

    def forget(self) -> None:
        """Puts every statement together anew: for tests that change what one rests on."""
        self._statement.cache_clear()

    def _put_together(self, key: tuple[Any, ...], kinds: tuple[tuple[str, type], ...]) -> _Statement | None:
        stand_ins = {name: _stand_in(kind, n) for n, (name, kind) in enumerate(kinds)}
        queryset = self.fresh(*key, **stand_ins)
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            text, params = compiler.as_sql()
        except EmptyResultSet:  # this reader may see nothing
            return None
        places = [(at, name) for at, param in enumerate(params) for name in _names(param, stand_ins)]
        lacking = stand_ins.keys() - {name for _at, name in places}
        if lacking:
            raise TypeError(f"{self.fresh.__qualname__} changed or left out {', '.join(sorted(lacking))}")
        shape = self._shapes.setdefault(text, _Shape(queryset, compiler))
        return _Statement(shape, text, list(params), places)


class _Shape:
    """How rows become records: the same for every reader whose statement has the same words."""

    def __init__(self, queryset: QuerySet[Any], compiler: Any) -> None:
        self.queryset, self.compiler = queryset, compiler
        columns = [column for column, *_rest in compiler.select[: compiler.col_count]]
        converters = compiler.get_converters(columns)
        compiler.get_converters = lambda _columns: converters


@dataclass(frozen=True, slots=True)
class _Statement:
    shape: _Shape
    text: str
    params: list[Any]
    places: list[tuple[int, str]]

    def rows(self, values: dict[str, Any]) -> list[Any]:
        queryset: Any = self.shape.queryset
        asking: Any = SimpleNamespace(
            db=DEFAULT_DB_ALIAS,
            model=queryset.model,
            query=_Query(queryset.query, self._compiler(values)),
            _known_related_objects={},
        )
        rows: list[Any] = list(queryset._iterable_class(asking))
        if rows and queryset._prefetch_related_lookups:
            prefetch_related_objects(rows, *queryset._prefetch_related_lookups)
        return rows

    def _compiler(self, values: dict[str, Any]) -> Any:
        """Django's own, which knows its statement already and asks on this thread's connection."""
        params = self.params.copy()
        for at, name in self.places:
            # A number goes out as psycopg's type of its column (Int8), in which the stand-in came.
            params[at] = type(params[at])(values[name]) if isinstance(params[at], int) else values[name]
        compiler = copy.copy(self.shape.compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *_args, **_options: (self.text, tuple(params))
        return compiler


class _Query:
    """A query that answers with a compiler that is ready."""

    def __init__(self, query: Any, compiler: Any) -> None:
        self._query, self._ready = query, compiler

    def get_compiler(self, *_args: Any, **_options: Any) -> Any:
        return self._ready

    def __getattr__(self, name: str) -> Any:
        return getattr(self._query, name)


_FAR = datetime(1066, 10, 14, tzinfo=UTC)


def _stand_in(kind: type, n: int) -> Any:
    """A value of this kind that nobody has, by which its places in a statement are found."""
    if kind is int:
        return 7_066_101_400_000_000_000 + n
    if kind is str:
        return f"\x01kept {n}\x01"
    if kind is datetime:
        return _FAR + timedelta(days=n)
    if kind is date:
        return (_FAR + timedelta(days=n)).date()
    raise TypeError(f"a statement that is kept takes no {kind.__name__}")


def _names(param: Any, stand_ins: dict[str, Any]) -> list[str]:
    return [name for name, value in stand_ins.items() if isinstance(param, type(value)) and param == value]
