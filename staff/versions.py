"""Nobody's edit is lost: what a person saw is compared with what is there when they save."""

from __future__ import annotations

from typing import Any

from django.db.models import Model


class Stale(Exception):
    """Somebody changed the record meanwhile, and the decision rests on what was seen before."""

    def __init__(self, record: Any) -> None:
        super().__init__(f"{record} is now version {record.version}")
        self.record = record


class Conflict(Exception):
    """Two people changed the same fields. `fields`: name → (mine, theirs); nothing was written."""

    def __init__(self, record: Any, fields: dict[str, tuple[Any, Any]]) -> None:
        super().__init__(", ".join(fields))
        self.record = record
        self.fields = fields


def require(record: Any, seen: int) -> None:
    """For decisions (a move, a loss): refuses with Stale unless the person saw this very version."""
    if record.version != seen:
        raise Stale(record)


def merge(record: Model, changes: dict[str, Any], base: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """For edits: sets on the locked `record` each field that the person changed against the `base` they saw.

    Fields that somebody else changed and this person did not, stay. Returns name → (before, after) of what was set;
    bumps `version` when anything was. Raises Conflict when both changed one field to different values.
    """
    mine = {name: value for name, value in changes.items() if name not in base or base[name] != value}
    clashes = {}
    for name, value in mine.items():
        there = getattr(record, name)
        if name in base and there != base[name] and there != value:
            clashes[name] = (value, there)
    if clashes:
        raise Conflict(record, clashes)
    changed = {}
    for name, value in mine.items():
        there = getattr(record, name)
        if there != value:
            changed[name] = (there, value)
            setattr(record, name, value)
    if changed:
        record.version += 1  # type: ignore[attr-defined]
    return changed
