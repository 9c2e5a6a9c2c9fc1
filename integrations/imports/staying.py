"""What undoing an import leaves as it is, written down with its reason and the line that brought it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.models import Import, ImportKept, ImportRow

Reason = tuple[str, dict[str, Any]]


def write_down(batch: Import, label: str, rows: Mapping[int, Any], kept: Mapping[int, Reason]) -> None:
    """`kept`: id → reason and what belongs to it, of records of one kind."""
    lines: dict[int, int] = {}
    if hasattr(ImportRow, label):
        links = batch.rows.filter(**{f"{label}__in": list(kept)}).order_by("-line")
        lines = dict(links.values_list(f"{label}_id", "line"))
    ImportKept.objects.bulk_create(
        ImportKept(
            batch=batch, subject_type=label, subject_id=pk, line=lines.get(pk), name=str(rows[pk])[:200],
            reason=reason, params=params,
        )
        for pk, (reason, params) in kept.items()
    )  # fmt: skip
    batch.undone["kept"] += len(kept)
