"""A page of the list of deals, and what all of the filtered ones come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum
from django.http import QueryDict

from crm.lib import keyset
from pipeline.columns import Column, needed
from pipeline.deal_filters import SORTS, Sort
from pipeline.models import Deal
from staff.custom import lists as own_fields

COUNT_LIMIT = 1000


@dataclass(frozen=True)
class Totals:
    """Of the filtered deals, exact up to 1,000; beyond, `count` is None and the sums are not shown."""

    count: int | None
    total: Decimal
    weighted: Decimal


def sort_of(query: QueryDict, *, closed: bool) -> Sort:
    """The order that is asked for; the longest stay first, and of closed deals the newest."""
    return SORTS.get(query.get("sort", "")) or SORTS["-closed" if closed else "stay"]


def page(rows: QuerySet[Deal], sort: Sort, query: QueryDict) -> keyset.Page:
    """Fifty deals; page 900 costs what page 1 costs. `rows` as `shown` gives them."""
    return keyset.page(rows, sort.order, query)


def whole(rows: QuerySet[Deal], query: QueryDict, *, closed: bool) -> QuerySet[Deal]:
    """All of them, in the order of the pages."""
    by_own = own_fields.sorted_by("deal", query)
    if by_own:
        return own_fields.whole(rows, by_own, query)
    return keyset.whole(rows, sort_of(query, closed=closed).order)


def shown(rows: QuerySet[Deal], added: Sequence[Column] = ()) -> QuerySet[Deal]:
    """With what a row of the list shows, the columns that a person has added among it."""
    return needed(added, rows).select_related("stage", "loss_reason")


def totals(rows: QuerySet[Deal]) -> Totals:
    """Count and sums of at most 1,001 rows, in one statement."""
    some = rows.order_by()[: COUNT_LIMIT + 1]
    found = some.aggregate(count=Count("pk"), total=Sum("amount"), weighted=Sum("weighted_amount"))
    count = found["count"] if found["count"] <= COUNT_LIMIT else None
    return Totals(count, found["total"] or Decimal(0), found["weighted"] or Decimal(0))
