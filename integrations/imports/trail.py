"""What an import wrote, read from the row history: each row as it was before and as the import left it, and who came after."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from staff import row_history

AT_ONCE = 500
Values = dict[str, Any]


# Computed from others, or kept by other people's doings: no one's edit of the record.
DERIVED = {
    "id", "version", "created_at", "deleted_at", "merged_into_id", "search_text", "search_grams", "name_key", "sort_key",
    "person_key", "struck_at", "last_activity_at", "score", "score_reasons", "breach_alerted_at", "clock_rule_id", "team_id",
    "first_contact_due_at", "probability", "weighted_amount", "stalls_on", "stall_alerted_for", "criteria_met",
    "criteria_total", "met_ids", "lacking_ids", "bare_ids", "activity_kinds", "next_action_on", "next_action_kind", "stage_entered_at",
}  # fmt: skip


@dataclass
class Touched:
    """A row that the import wrote: whether it made it, and each field as it was before and as the import left it."""

    pk: int
    is_made: bool = False
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)


def _table_of(model: type[Model]) -> str:
    return connection.ops.quote_name(
        next(table for tracked, table in row_history.histories() if tracked is model)
    )


def touched(model: type[Model], trace: str, after: int = 0, only: list[int] | None = None) -> list[Touched]:
    """The next rows of the table that the trace wrote, by their ids, with what it changed."""
    if only == []:
        return []
    table = _table_of(model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH wanted AS (
                SELECT DISTINCT pgh_obj_id FROM {table} WHERE pgh_context->>'request' = %s AND pgh_obj_id > %s
                AND (%s::bigint[] IS NULL OR pgh_obj_id = ANY(%s)) ORDER BY pgh_obj_id LIMIT %s
            )
            SELECT h.pgh_obj_id, h.pgh_label, to_jsonb(h), (
                SELECT to_jsonb(p) FROM {table} p WHERE p.pgh_obj_id = h.pgh_obj_id AND p.pgh_id < h.pgh_id
                ORDER BY p.pgh_id DESC LIMIT 1
            ) FROM wanted JOIN {table} h USING (pgh_obj_id) WHERE h.pgh_context->>'request' = %s
            ORDER BY h.pgh_obj_id, h.pgh_id""",  # noqa: S608 (tables of ours)
            [trace, after, only, only, AT_ONCE, trace],
        )
        found: dict[int, Touched] = {}
        for pk, label, now, past in cursor.fetchall():
            t = found.setdefault(pk, Touched(pk))
            now, past = row_history._loaded(now), row_history._loaded(past)
            t.is_made = t.is_made or label == "insert"
            for name, value in now.items():
                if not name.startswith("pgh_") and (label == "insert" or value != past.get(name)):
                    t.before.setdefault(name, past.get(name))
                    t.after[name] = value
    return list(found.values())


def count(model: type[Model], trace: str) -> int:
    """How many rows of the table the trace wrote."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(DISTINCT pgh_obj_id) FROM {_table_of(model)} WHERE pgh_context->>'request' = %s",  # noqa: S608 (tables of ours)
            [trace],
        )
        return int(cursor.fetchone()[0])


def inserted(model: type[Model], trace: str, column: str, values: list[int]) -> list[Values]:
    """The rows that the trace made and whose column is one of the values, as it made them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT to_jsonb(h) FROM {_table_of(model)} h WHERE pgh_context->>'request' = %s "  # noqa: S608
            f"AND pgh_label = 'insert' AND {connection.ops.quote_name(column)} = ANY(%s)",
            [trace, values],
        )
        return [row_history._loaded(row) for (row,) in cursor.fetchall()]


def history(model: type[Model], pk: int) -> list[Values]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT to_jsonb(h) FROM {_table_of(model)} h WHERE pgh_obj_id = %s ORDER BY pgh_id",  # noqa: S608
            [pk],
        )
        return [row_history._loaded(row) for (row,) in cursor.fetchall()]


def last_hand(model: type[Model], pk: int, trace: str) -> Values:
    """Who changed the record last besides the import, and when."""
    for row in reversed(history(model, pk)):
        context = row.get("pgh_context") or {}
        if context.get("request") not in (trace, f"{trace}-undo"):
            return {"by": context.get("user"), "at": row["pgh_created_at"]}
    return {}


def now(row: Any, name: str) -> Any:
    """The field as the history writes it."""
    value = getattr(row, name)
    if value is None or isinstance(value, str | bool | int | list | dict):
        return value
    if hasattr(value, "isoformat"):
        return _Moment(value)
    return int(value) if value == value.to_integral_value() else float(value)


class _Moment(str):
    """A day or a moment as text, equal to the same one written in another zone."""

    def __new__(cls, value: Any) -> _Moment:
        return super().__new__(cls, value.isoformat())

    def __eq__(self, other: object) -> bool:
        return str(self) == other or (isinstance(other, str) and _parsed(str(self)) == _parsed(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def _parsed(text: str) -> Any:
    moment = parse_datetime(text)
    return (moment if moment.tzinfo else timezone.make_aware(moment)) if moment else parse_date(text)
