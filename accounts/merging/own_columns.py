"""Fields of the company's own, seen as further columns of their records: a merge picks, fills and gives them back like the others.

A journal names them "cf12", and keeps what stood in them as JSON, exactly. Retired ones go along, too: they may be taken in again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise

from accounts.merging.journal import plain, real
from accounts.merging.kinds import Kind
from staff.custom import records, values
from staff.models import CustomField, CustomValue


def is_own(column: str) -> bool:
    return CustomField.pk_of(column) is not None


def chosen(kind: Kind, winner: Any, loser: Any, picks: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """column → what the winner holds, and what it is to hold: picked, else filled where it is empty."""
    if records.kind(kind.name) is None:
        return {}
    held = _held(kind.name, [winner.pk, loser.pk])
    found = {}
    for column, theirs in held[loser.pk].items():
        ours = held[winner.pk].get(column)
        if ours != theirs and (picks.get(column) == "loser" or (ours is None and column not in picks)):
            found[column] = (ours, theirs)
    for column, ours in held[winner.pk].items():
        if picks.get(column) == "loser" and column not in held[loser.pk]:
            found[column] = (ours, None)
    return found


def keeping(kind: Kind) -> dict[str, str]:
    """Picks that leave the winner as it is."""
    fields = CustomField.objects.filter(subject=kind.name)
    return {field.key: "winner" for field in fields}


def lines(kind: Kind, a: Any, b: Any) -> list[tuple[str, str, str, str]]:
    """(column, label, value of a, value of b), of the fields in use; nothing where neither has any."""
    if records.kind(kind.name) is None:
        return []
    held = values.read(kind.name, [a.pk, b.pk])
    if not held:
        return []
    mine, theirs = held[a.pk], held[b.pk]
    return [
        (
            field.key,
            str(field),
            values.in_words(field, mine.get(field.pk)),
            values.in_words(field, theirs.get(field.pk)),
        )
        for field in values.fields_of(kind.name)
    ]


def held(table: str, pk: int, column: str) -> Any:
    """What the record holds, as a journal keeps it; None for nothing."""
    return _held(table.split(".")[1], [pk])[pk].get(column)


def put(pk: int, column: str, value: Any) -> None:
    """Writes what `held` has read; None empties the field."""
    field = _field(column)
    if value is None:
        CustomValue.objects.filter(field=field, subject_id=pk).delete()
        return
    name = _stored_in(field)
    told = dict.fromkeys(CustomValue.COLUMNS) | {name: real(CustomValue, name, value)}
    CustomValue.objects.update_or_create(field=field, subject_id=pk, defaults=told)


def label(column: str) -> str | Promise:
    return str(_field(column))


def value(column: str, held: Any) -> Any:
    """What `held` has read, as `staff.custom` takes it."""
    field = _field(column)
    if held is None:
        return None
    name = _stored_in(field)
    return CustomValue(field=field, **{name: real(CustomValue, name, held)}).value


def shown(column: str, held: Any) -> str:
    """In words, "" for nothing."""
    return values.in_words(_field(column), value(column, held))


def _held(subject: str, pks: Iterable[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    rows = CustomValue.objects.filter(subject_id__in=list(pks), field__subject=subject)
    for row in rows.select_related("field").order_by("field"):
        name = _stored_in(row.field)
        found[row.subject_id][row.field.key] = plain(CustomValue, name, getattr(row, name))
    return found


def _field(column: str) -> CustomField:
    return CustomField.objects.get(pk=CustomField.pk_of(column) or 0)


def _stored_in(field: CustomField) -> str:
    return "person_id" if field.column == "person" else field.column
