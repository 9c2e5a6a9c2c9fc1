"""Values for many records at once, as a list brings them: what is empty is filled, and nothing that stands is touched.

`values.change` does the same for one record; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, prefetch_related_objects

from staff import access, bulk, events
from staff.custom import records, values
from staff.models import CustomField, CustomValue, Event, User

Changes = list[tuple[CustomField, Any, Any]]


@dataclass
class Filling:
    """What somebody says of one record; afterwards which fields took it, or why none was allowed to.

    With `is_new` the values are a part of its making: whoever made it may say them, and its own event tells of it.
    """

    pk: int
    values: Mapping[CustomField, Any]
    is_new: bool = False
    filled: list[CustomField] = field(default_factory=list)
    refusal: str = ""


@transaction.atomic
def fill_many(
    subject: str, fillings: Sequence[Filling], *, by: User, at: datetime | None = None
) -> Sequence[Filling]:
    """Fills empty fields of all records; where two speak of one, the first counts. Whom the rule refuses is told so."""
    kind = records.kind(subject)
    asked = {field for filling in fillings for field in filling.values}
    if kind is None or any(field.subject != subject or field.retired_at for field in asked):
        raise ValueError(f"no such fields of {subject}")
    rows = _locked(kind, {filling.pk for filling in fillings})
    held = values.read(subject, rows, [field.pk for field in asked])
    made: list[CustomValue] = []
    told: list[Event] = []
    changed: set[int] = set()
    refusals: dict[int, str] = {}
    for filling in fillings:
        row, there = rows.get(filling.pk), held[filling.pk]
        blank = _blank(filling, there)
        if row is None or not blank:
            continue
        if not filling.is_new and filling.pk not in refusals:
            refusals[filling.pk] = access.refusal(by, kind.rule, row)
        filling.refusal = "" if filling.is_new else refusals[filling.pk]
        if filling.refusal:
            continue
        for one, value in blank.items():
            there[one.pk] = value
            made.append(_value(one, filling.pk, value))
        filling.filled = list(blank)
        changed.add(filling.pk)
        if not filling.is_new:
            told += _events(row, [(one, None, value) for one, value in blank.items()], by=by, at=at)
    bulk.create(made)
    _settle(kind, [rows[pk] for pk in sorted(changed)], told)
    return fillings


def fill_new(subject: str, record: Any, told: Mapping[CustomField, Any], *, by: User) -> None:
    """What a first form says of the record that it has just made."""
    if told:
        fill_many(subject, [Filling(record.pk, told, is_new=True)], by=by)


@transaction.atomic
def put_back(
    subject: str, changes: Mapping[int, Mapping[CustomField, Any]], *, by: User, source: str
) -> None:
    """Gives fields the values they held before what is taken back; None empties them. `source` names what brought them."""
    kind = records.kind(subject)
    assert kind is not None
    rows = _locked(kind, set(changes))
    held = values.read(subject, rows)
    told: list[Event] = []
    for pk, row in rows.items():
        found = [(one, held[pk].get(one.pk), value) for one, value in changes[pk].items()]
        for one, _before, value in found:
            values.store(one, pk, value)
        told += _events(row, found, by=by, at=None, source=source)
    _settle(kind, list(rows.values()), told)


def _locked(kind: records.Kind, pks: Iterable[int]) -> dict[int, Any]:
    """The records, in one order for all who lock several, with what their rule asks about."""
    found = kind.model._default_manager.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")
    rows = {row.pk: row for row in found}
    names = {one.name for one in kind.model._meta.concrete_fields if one.is_relation}
    prefetch_related_objects(list(rows.values()), *sorted(names & {"owner", "company"}))
    return rows


def _blank(filling: Filling, there: Mapping[int, Any]) -> dict[CustomField, Any]:
    cleaned = {one: values.clean(one, value) for one, value in filling.values.items()}
    return {one: value for one, value in cleaned.items() if value is not None and one.pk not in there}


def _value(one: CustomField, pk: int, value: Any) -> CustomValue:
    if one.kind == CustomField.Kind.PERSON:
        return bulk.new(CustomValue, field_id=one.pk, subject_id=pk, person_id=value.pk)
    stored = Decimal(int(value)) if one.kind == CustomField.Kind.YES_NO else value
    return bulk.new(CustomValue, field_id=one.pk, subject_id=pk, **{one.column: stored})


def _events(row: Any, changes: Changes, *, by: User, at: datetime | None, **data: Any) -> list[Event]:
    return [
        values.told(row, one, before, after, by=by, at=at, **data)
        for one, before, after in changes
        if before != after
    ]


def _settle(kind: records.Kind, rows: Sequence[Any], told: Sequence[Event]) -> None:
    """The records have another version, and what rests on the values is counted anew."""
    if not rows:
        return
    kind.model._default_manager.filter(pk__in=[row.pk for row in rows]).update(version=F("version") + 1)
    events.record_all(told)
    kind.changed_many(rows)
