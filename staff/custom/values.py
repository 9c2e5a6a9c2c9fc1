"""What stands in the fields of records: read in one statement, changed one at a time without losing anybody's edit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from crm.lib import money
from crm.lib.kept import kept
from crm.lib.text import clean_text
from staff import access, events, versions
from staff.custom import records
from staff.models import CustomField, CustomValue, Event, User

CHANGED = "custom.changed"
Kinds = CustomField.Kind


@dataclass(frozen=True)
class Line:
    """A field with what stands in it for one record."""

    field: CustomField
    value: Any

    @property
    def shown(self) -> str:
        return in_words(self.field, self.value)

    @property
    def is_filled(self) -> bool:
        return self.value is not None


def fields_of(subject: str) -> list[CustomField]:
    """The fields in use, in their order."""
    return list(CustomField.objects.filter(subject=subject, retired_at=None))


def lines(subject: str, pk: int) -> list[Line]:
    """The fields in use with what stands in them for the record, in one statement."""
    return [Line(field, _of_json(field, field.held)) for field in _held(subject, pk=pk)]  # type: ignore[attr-defined]


@kept
def _held(subject: str, *, pk: int) -> QuerySet[CustomField]:
    mine = CustomValue.objects.filter(field=OuterRef("pk"), subject_id=pk)
    plain = JSONObject(
        text="text", number="number", day="day", person="person", family="person__family_name",
        given="person__given_name",
    )  # fmt: skip
    rows = CustomField.objects.filter(subject=subject, retired_at=None)
    return rows.annotate(held=ArraySubquery(mine.values(json=plain)))


def _of_json(field: CustomField, held: list[dict[str, Any]]) -> Any:
    if not held:
        return None
    row = held[0]
    if field.kind == Kinds.PERSON:
        return User(pk=row["person"], family_name=row["family"], given_name=row["given"])
    if field.column == "number":
        number = Decimal(str(row["number"]))
        return number == 1 if field.kind == Kinds.YES_NO else _whole(number)
    return date.fromisoformat(row["day"]) if field.column == "day" else row["text"]


def _whole(number: Decimal) -> Decimal:
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def read(subject: str, pks: Iterable[int], only: Iterable[int] | None = None) -> dict[int, dict[int, Any]]:
    """Record → field → what stands in it, for many records in one statement; with `only`, of these fields."""
    return read_all({subject: pks}, only)[subject]


def read_all(
    wanted: Mapping[str, Iterable[int]], only: Iterable[int] | None = None
) -> dict[str, dict[int, dict[int, Any]]]:
    """The same for records of several kinds, still in one statement: kind → record → field → value."""
    of_kind = [Q(field__subject=subject, subject_id__in=list(pks)) for subject, pks in wanted.items()]
    found: dict[str, dict[int, dict[int, Any]]] = defaultdict(lambda: defaultdict(dict))
    if not of_kind:
        return found
    rows = CustomValue.objects.filter(reduce(or_, of_kind))
    if only is not None:
        rows = rows.filter(field__in=list(only))
    for row in rows.select_related("field", "person"):
        value = row.value
        whole = _whole(value) if isinstance(value, Decimal) else value
        found[row.field.subject][row.subject_id][row.field_id] = whole
    return found


@transaction.atomic
def change(
    subject: str,
    record: Any,
    changes: Mapping[CustomField, Any],
    base: Mapping[CustomField, Any],
    *,
    by: User,
    at: datetime | None = None,
) -> None:
    """Puts values into fields (None empties one). Raises versions.Conflict when somebody put in another one meanwhile."""
    kind = records.kind(subject)
    if kind is None or any(field.subject != subject for field in changes):
        raise ValueError(f"no such fields of {subject}")
    record = kind.model._default_manager.select_for_update().get(pk=record.pk)
    happened = write(subject, record, changes, base, by=by, at=at)
    if happened:
        type(record)._default_manager.filter(pk=record.pk).update(version=F("version") + 1)
        events.record_all(happened)
        kind.changed(record)


def write(
    subject: str,
    record: Any,
    changes: Mapping[CustomField, Any],
    base: Mapping[CustomField, Any] | None = None,
    *,
    by: User,
    at: datetime | None = None,
) -> list[Event]:
    """The same on a locked record, whose caller counts what rests on it and records what is returned."""
    kind = records.kind(subject)
    assert kind is not None
    access.require(by, kind.rule, record)
    there = read(subject, [record.pk], [field.pk for field in changes])[record.pk]
    wanted = {field: clean(field, value) for field, value in changes.items()}
    before = {field: there.get(field.pk) for field in wanted}
    seen = base or {}
    clashes = {
        str(field): (value, before[field])
        for field, value in wanted.items()
        if field in seen and before[field] not in (seen[field], value)
    }
    if clashes:
        raise versions.Conflict(record, clashes)
    changed = {field: value for field, value in wanted.items() if before[field] != value}
    for field, value in changed.items():
        store(field, record.pk, value)
    return [told(record, field, before[field], value, by=by, at=at) for field, value in changed.items()]


def told(
    record: Any, field: CustomField, before: Any, after: Any, *, by: User, at: datetime | None, **data: Any
) -> Event:
    """The event of one change, unsaved."""
    return events.build(
        CHANGED, record, by=by, at=at, field=field.pk, name_ja=field.name_ja, name_en=field.name_en,
        before={field.key: in_words(field, before)}, after={field.key: in_words(field, after)}, **data,
    )  # fmt: skip


def clean(field: CustomField, value: Any) -> Any:
    """As `read` gives it back; nonsense for the kind is an error of the caller."""
    if value is None or value == "":
        return None
    if field.kind == Kinds.TEXT:
        return clean_text(str(value)).strip()[:1000] or None
    if field.kind == Kinds.CHOICE and value not in field.choices:
        raise ValueError(f"{value!r} is no choice of {field}")
    if field.kind in (Kinds.NUMBER, Kinds.MONEY):
        return _whole(Decimal(value))
    return bool(value) if field.kind == Kinds.YES_NO else value


def store(field: CustomField, pk: int, value: Any) -> None:
    """Writes the row alone, for callers that have locked the record and tell of the change."""
    if value is None:
        CustomValue.objects.filter(field=field, subject_id=pk).delete()
        return
    stored = Decimal(int(value)) if field.kind == Kinds.YES_NO else value
    columns = dict.fromkeys(("text", "number", "day", "person"))
    CustomValue.objects.update_or_create(
        field=field, subject_id=pk, defaults={**columns, field.column: stored}
    )


def in_words(field: CustomField, value: Any) -> str:
    """As people read it; "" for an empty field."""
    if value is None:
        return ""
    if field.kind == Kinds.YES_NO:
        return _("yes") if value else _("no")
    if field.kind == Kinds.MONEY:
        return money.full(int(value))
    if field.kind == Kinds.NUMBER:
        return f"{value:,f}"
    return f"{value:%Y/%-m/%-d}" if isinstance(value, date) else str(value)


def plain(field: CustomField, value: Any) -> Any:
    """As a file has it: numbers as numbers, days as days."""
    if value is None:
        return ""
    if field.kind in (Kinds.NUMBER, Kinds.MONEY):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if isinstance(value, date) else in_words(field, value)
