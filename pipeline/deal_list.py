"""A page of the list of deals, found by keyset: page 900 costs what page 1 costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from pipeline.deal_filters import SORTS, Sort
from pipeline.models import Deal

SIZE = 50
COUNT_LIMIT = 1000
DEFAULT_SORT = "stay"


@dataclass(frozen=True)
class Totals:
    """Of the filtered deals, exact up to 1,000; beyond, `count` is None and the sums are not shown."""

    count: int | None
    total: Decimal
    weighted: Decimal


@dataclass(frozen=True)
class Page:
    deals: list[Deal]
    sort: Sort
    # The key of the next page, or "".
    after: str


def page(rows: QuerySet[Deal], sort_key: str, after: str) -> Page:
    """Fifty deals in the wished order, after the given key; an unknown sort or key is the beginning."""
    sort = SORTS.get(sort_key) or SORTS[DEFAULT_SORT]
    where = _read_key(sort, after)
    if where:
        rows = rows.filter(sort.after(*where))
    deals = list(rows.for_cards().order_by(*sort.ordering)[: SIZE + 1])  # type: ignore[attr-defined]
    more = len(deals) > SIZE
    deals = deals[:SIZE]
    return Page(deals, sort, _key(sort, deals[-1]) if more else "")


def totals(rows: QuerySet[Deal]) -> Totals:
    """Count and sums of at most 1,001 rows, in one statement."""
    some = rows.order_by()[: COUNT_LIMIT + 1]
    found = some.aggregate(count=Count("pk"), total=Sum("amount"), weighted=Sum("weighted_amount"))
    count = found["count"] if found["count"] <= COUNT_LIMIT else None
    return Totals(count, found["total"] or Decimal(0), found["weighted"] or Decimal(0))


def _key(sort: Sort, deal: Deal) -> str:
    value = getattr(deal, sort.column)
    text = "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"{text}~{deal.pk}"


def _read_key(sort: Sort, key: str) -> tuple[Any, int] | None:
    text, _separator, pk = key.rpartition("~")
    if not pk.isdecimal() or len(pk) > 18:
        return None
    try:
        value = Deal._meta.get_field(sort.column).to_python(text or None)  # type: ignore[union-attr]
    except Exception:
        return None
    return value, int(pk)
