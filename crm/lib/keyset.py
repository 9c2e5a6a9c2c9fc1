"""Pages of a list that cost the same wherever one is: the next rows after a row, never OFFSET, never a full count."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError
from django.db.models import F, Q, QuerySet
from django.http import QueryDict

SIZE = 50


@dataclass
class Page:
    """Rows of one page. `after` and `before` are the cursors of the neighbouring pages, "" where there is none."""

    rows: list[Any] = field(default_factory=list)
    after: str = ""
    before: str = ""

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Part:
    """A stretch of a list: its rows, in the order of these fields or annotations ("-received_at", "-pk"). The last must be unique.

    `same` of the leading ones are empty in all of its rows: they are said in the order, for the sake of the index, and compare nothing.
    """

    rows: QuerySet[Any]
    order: tuple[str, ...]
    same: int = 0


def page(rows: QuerySet[Any], order: tuple[str, ...], params: Mapping[str, str], size: int = SIZE) -> Page:
    """The page that `?after=` or `?before=` asks for. A cursor that nobody gave out counts as none.

    Rows without a value in the first column come last, whichever way it is sorted: they are a part of their own, so both
    are entered by the index where the cursor is.
    """
    return chained(_parts(rows, order), params, size)


def chained(parts: Sequence[Part], params: Mapping[str, str], size: int = SIZE) -> Page:
    """The same of a list whose parts follow one another. The next one is read only where a page reaches into it."""
    backwards = bool(params.get("before")) and not params.get("after")
    place = _decode(params.get("before" if backwards else "after", ""), parts)
    try:
        found = _read(parts, place, backwards, size + 1)
    except (ValueError, TypeError, OverflowError, ValidationError, DataError):
        if place is None:
            raise
        return chained(parts, QueryDict(), size)
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_before = more if backwards else place is not None
    has_after = (place is not None) if backwards else more
    return Page(
        [row for _n, row in found],
        _cursor(parts, *found[-1]) if found and has_after else "",
        _cursor(parts, *found[0]) if found and has_before else "",
    )


def whole(rows: QuerySet[Any], order: tuple[str, ...]) -> QuerySet[Any]:
    """All rows in the order that the pages have: what has nothing in the first column comes last."""
    first = F(order[0].removeprefix("-"))
    turned = first.desc(nulls_last=True) if order[0].startswith("-") else first.asc(nulls_last=True)
    return rows.order_by(turned, *(_expression(name) for name in order[1:]))


def opening(rows: QuerySet[Any], order: tuple[str, ...], size: int = SIZE) -> QuerySet[Any]:
    """What the first page of a list reads, for a statement that is kept; the first column is never empty."""
    return _from(Part(rows, order), None, backwards=False)[: size + 1]


def opened(found: Sequence[Any], order: tuple[str, ...], size: int = SIZE) -> Page:
    """The first page, made of the rows of its `opening`."""
    return Page(list(found[:size]), _encode(0, order, found[size - 1]) if len(found) > size else "")


def count_up_to(rows: QuerySet[Any], limit: int = 1000) -> int:
    """How many rows, counted to `limit` + 1 at most."""
    return rows.order_by().values("pk")[: limit + 1].count()


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _expression(name: str) -> Any:
    return F(name[1:]).desc() if name.startswith("-") else F(name).asc()


def _parts(rows: QuerySet[Any], order: tuple[str, ...]) -> list[Part]:
    """With what may be empty in the first column apart, if it may."""
    plain = order[0].lstrip("-")
    columns = {field.name: field for field in rows.model._meta.concrete_fields}
    if plain == "pk" or (plain in columns and not columns[plain].null):
        return [Part(rows, order)]
    return [
        Part(rows.filter(**{f"{plain}__isnull": False}), order),
        Part(rows.filter(**{f"{plain}__isnull": True}), order, same=1),
    ]


def _read(
    parts: Sequence[Part], place: tuple[int, list[Any]] | None, backwards: bool, wanted: int
) -> list[tuple[int, Any]]:
    """As many rows from the place on, each with the number of its part."""
    found: list[tuple[int, Any]] = []
    numbers = range(len(parts))
    for n in reversed(numbers) if backwards else numbers:
        is_passed = place is not None and (n > place[0] if backwards else n < place[0])
        if not is_passed and len(found) < wanted:
            values = place[1] if place and place[0] == n else None
            rows = _from(parts[n], values, backwards)[: wanted - len(found)]
            found += [(n, row) for row in rows]
    return found


def _from(part: Part, values: list[Any] | None, backwards: bool) -> QuerySet[Any]:
    """The rows of the part beyond these values, or all of them, read in the direction."""
    order = tuple(_turned(name) for name in part.order) if backwards else part.order
    rows = part.rows.order_by(*(_expression(name) for name in order))
    if values is None:
        return rows
    order, values = order[part.same :], values[part.same :]
    return rows.filter(_bound(order[0], values[0]), _beyond(order, values))


def _bound(name: str, value: Any) -> Q:
    """What `_beyond` implies of the first column, said so that its index is entered there and not at the beginning."""
    return Q(**{f"{name.lstrip('-')}__{'lte' if name.startswith('-') else 'gte'}": value})


def _beyond(order: tuple[str, ...], values: list[Any]) -> Q:
    """Rows after the cursor: (a beyond) or (a equal and (b beyond or …))."""
    name, value, rest = order[0], values[0], order[1:]
    plain = name.lstrip("-")
    equal = Q(**{f"{plain}__isnull": True}) if value is None else Q(**{plain: value})
    if name.startswith("-"):
        past = Q(**{f"{plain}__isnull": False}) if value is None else Q(**{f"{plain}__lt": value})
    else:
        past = (
            Q(pk__in=[]) if value is None else Q(**{f"{plain}__gt": value}) | Q(**{f"{plain}__isnull": True})
        )
    return past | (equal & _beyond(rest, values[1:])) if rest else past


def _cursor(parts: Sequence[Part], n: int, row: Any) -> str:
    return _encode(n, parts[n].order, row)


def _encode(n: int, order: tuple[str, ...], row: Any) -> str:
    values = [n, *(_value(row, name.lstrip("-")) for name in order)]
    return base64.urlsafe_b64encode(json.dumps(values, cls=DjangoJSONEncoder).encode()).decode().rstrip("=")


def _value(row: Any, path: str) -> Any:
    for part in path.split("__"):
        row = getattr(row, part)
    # Django's encoder cuts a moment to milliseconds, and the row itself would come after its own cursor.
    return row.isoformat() if isinstance(row, datetime) else row


def _decode(cursor: str, parts: Sequence[Part]) -> tuple[int, list[Any]] | None:
    """The number of the part, and the values that the row there had."""
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(found, list) or not found or type(found[0]) is not int:
        return None
    n, values = found[0], found[1:]
    is_given_out = 0 <= n < len(parts) and len(values) == len(parts[n].order)
    # Only what is empty in all rows of a part, or in a later column, may be empty in a cursor.
    return (n, values) if is_given_out and values[parts[n].same] is not None else None
