"""Locks in one order, whoever merges what: companies by id, then the records by id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from accounts.merging.kinds import Kind
from accounts.models import Company


def lock(kind: Kind, records: Sequence[Any]) -> list[Any]:
    """The records as they are now, locked, in the order given."""
    if kind.name != "company":
        lock_companies(record.company_id for record in records)
    pks = [record.pk for record in records]
    rows = kind.model._default_manager.select_for_update().filter(pk__in=pks).order_by("pk")
    found = {row.pk: row for row in rows}
    return [found[pk] for pk in pks]


def lock_companies(pks: Iterable[int | None]) -> None:
    wanted = sorted({pk for pk in pks if pk})
    list(Company.objects.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk"))
