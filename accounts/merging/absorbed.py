"""Where an absorbed record lives on, and which records one has absorbed."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, OuterRef, QuerySet

M = TypeVar("M", bound=Model)


def survivor(record: M) -> M:
    """The record that this one lives on in, over any number of merges; itself when it was not merged."""
    seen = {record.pk}
    while record.merged_into_id and record.merged_into_id not in seen:  # type: ignore[attr-defined]
        record = type(record)._default_manager.get(pk=record.merged_into_id)  # type: ignore[attr-defined]
        seen.add(record.pk)
    return record


def with_absorbed(rows: QuerySet[M]) -> QuerySet[Any]:
    """Adds `absorbed_ids`, those merged into each directly, so that `ids` needs no statement where there are none."""
    theirs = rows.model._default_manager.filter(merged_into=OuterRef("pk")).order_by("pk").values("pk")
    return rows.annotate(absorbed_ids=ArraySubquery(theirs))


def ids(record: Any) -> list[int]:
    """The record's own id and those of all it has absorbed: whose events its timeline shows."""
    found = [record.pk]
    frontier = getattr(record, "absorbed_ids", None)
    if frontier is None:
        frontier = found
    else:
        found += frontier
    while frontier:
        rows = type(record)._default_manager.filter(merged_into__in=frontier).exclude(pk__in=found)
        frontier = list(rows.order_by().values_list("pk", flat=True))
        found += frontier
    return found
