"""Pages of a list that cost the same wherever one is: the next rows after a row, never OFFSET, never a full count."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
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


def page(rows: QuerySet[Any], order: tuple[str, ...], params: Mapping[str, str], size: int = SIZE) -> Page:
    """The page that `?after=` or `?before=` asks for, ordered by fields or annotations ("-received_at", "-pk").

    The last of `order` must be unique. NULL sorts as PostgreSQL does: greater than everything. A cursor that nobody gave
    out counts as none.
    """
    backwards = bool(params.get("before")) and not params.get("after")
    cursor = _decode(params.get("before" if backwards else "after", ""), len(order))
    wanted = tuple(_turned(name) for name in order) if backwards else order
    try:
        narrowed = (
            rows
            if cursor is None
            else rows.filter(_bound(rows, wanted[0], cursor[0]), _beyond(wanted, cursor))
        )
        found = list(narrowed.order_by(*(_expression(name) for name in wanted))[: size + 1])
    except (ValueError, TypeError, OverflowError, ValidationError, DataError):
        if cursor is None:
            raise
        return page(rows, order, QueryDict(), size)
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_before = more if backwards else cursor is not None
    has_after = (cursor is not None) if backwards else more
    return Page(
        found,
        _encode(found[-1], order) if found and has_after else "",
        _encode(found[0], order) if found and has_before else "",
    )


def count_up_to(rows: QuerySet[Any], limit: int = 1000) -> int:
    """How many rows, counted to `limit` + 1 at most."""
    return rows.order_by().values("pk")[: limit + 1].count()


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _expression(name: str) -> Any:
    return F(name[1:]).desc() if name.startswith("-") else F(name).asc()


def _bound(rows: QuerySet[Any], name: str, value: Any) -> Q:
    """What `_beyond` implies of the first column, said so that its index is entered there and not at the beginning."""
    plain = name.lstrip("-")
    if value is None:
        return Q()
    if name.startswith("-"):
        return Q(**{f"{plain}__lte": value})
    columns = {field.name: field for field in rows.model._meta.concrete_fields}
    holds_null = plain != "pk" and (plain not in columns or columns[plain].null)
    return Q() if holds_null else Q(**{f"{plain}__gte": value})


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


def _encode(row: Any, order: tuple[str, ...]) -> str:
    values = [_value(row, name.lstrip("-")) for name in order]
    return base64.urlsafe_b64encode(json.dumps(values, cls=DjangoJSONEncoder).encode()).decode().rstrip("=")


def _value(row: Any, path: str) -> Any:
    for part in path.split("__"):
        row = getattr(row, part)
    # Django's encoder cuts a moment to milliseconds, and the row itself would come after its own cursor.
    return row.isoformat() if isinstance(row, datetime) else row


def _decode(cursor: str, length: int) -> list[Any] | None:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return values if isinstance(values, list) and len(values) == length else None
