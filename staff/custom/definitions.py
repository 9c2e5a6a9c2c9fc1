"""Adding, changing and retiring fields; what a required one costs, and which ones nobody uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from staff import events, versions
from staff.custom import records
from staff.models import CustomField, CustomValue, User

# What the first form may require without an administrator's reason.
MOST_REQUIRED = 5
# Records that tell whether a field is used, the newest ones.
NEWEST = 500
# A field that was added lately had no time to be filled.
_SETTLED = timedelta(days=30)
_RARELY = 0.05
EDITED = ("name_ja", "name_en", "choices", "purpose", "owner", "stage", "is_required", "override", "position")


class CustomEvent(StrEnum):
    ADDED = "custom_field.added"
    EDITED = "custom_field.edited"
    RETIRED = "custom_field.retired"
    OFFERED = "custom_field.offered"


class TooMany(Exception):
    """The first form would require more than five fields, and nobody said why. `cost` is what that was measured to cost."""

    def __init__(self, cost: Cost) -> None:
        super().__init__()
        self.cost = cost


@dataclass(frozen=True)
class Cost:
    """Of the newest records, how many began without the field: they could not have begun."""

    records: int
    without: int
    required: int

    @property
    def percent(self) -> int:
        return round(100 * self.without / self.records) if self.records else 0


@dataclass(frozen=True)
class Use:
    """A field with how many of the newest records have something in it."""

    field: CustomField
    filled: int
    of: int
    is_rare: bool
    stage: str

    @property
    def percent(self) -> int:
        return round(100 * self.filled / self.of) if self.of else 0


@transaction.atomic
def add(
    subject: str, kind: str, values: dict[str, Any], *, by: User, at: datetime | None = None
) -> CustomField:
    """A further field, at the end. Raises TooMany."""
    last = CustomField.objects.filter(subject=subject).aggregate(last=Max("position"))["last"] or 0
    field = CustomField(
        subject=subject, kind=kind, position=last + 1, created_at=at or timezone.now(), **values
    )
    _require_room(field)
    field.save()
    _tell(CustomEvent.ADDED, field, by=by, at=at)
    return field


@transaction.atomic
def edit(field: CustomField, values: dict[str, Any], *, by: User, seen: int) -> CustomField:
    """Another name, purpose, stage or strength; the kind stays, since values have it. Raises Stale or TooMany."""
    unknown = set(values) - set(EDITED)
    if unknown:
        raise ValueError(f"not edited here: {sorted(unknown)}")
    field = CustomField.objects.select_for_update().get(pk=field.pk)
    versions.require(field, seen)
    changed = versions.merge(field, values, {})
    if not changed:
        return field
    _require_room(field)
    field.save()
    plain = {name: [str(one) for one in pair] for name, pair in changed.items()}
    _tell(
        CustomEvent.EDITED, field, by=by,
        before={name: pair[0] for name, pair in plain.items()}, after={name: pair[1] for name, pair in plain.items()},
    )  # fmt: skip
    return field


@transaction.atomic
def set_retired(field: CustomField, is_retired: bool, *, by: User) -> CustomField:
    """Takes a field out of all forms and lists, or back in. What stands in it stays."""
    field = CustomField.objects.select_for_update().get(pk=field.pk)
    if (field.retired_at is not None) == is_retired:
        return field
    field.retired_at = timezone.now() if is_retired else None
    field.version += 1
    _require_room(field)
    field.save()
    _tell(CustomEvent.RETIRED if is_retired else CustomEvent.OFFERED, field, by=by)
    return field


def _require_room(field: CustomField) -> None:
    if not field.is_required or field.retired_at is not None or field.override.strip():
        return
    found = cost(field.subject, field)
    if found.required > MOST_REQUIRED:
        raise TooMany(found)


def cost(subject: str, field: CustomField | None = None) -> Cost:
    """What it costs to require this field (None: one that is not there yet) in the first form, from the newest 500 records."""
    kind = records.kind(subject)
    assert kind is not None
    others = CustomField.objects.filter(subject=subject, retired_at=None, is_required=True)
    required = kind.required + 1 + others.exclude(pk=(field.pk or 0) if field else 0).count()
    newest = list(kind.model._default_manager.order_by("-pk").values_list("pk", flat=True)[:NEWEST])
    filled = (
        CustomValue.objects.filter(field=field, subject_id__in=newest).count() if field and field.pk else 0
    )
    return Cost(len(newest), len(newest) - filled, required)


def uses(now: datetime) -> dict[str, list[Use]]:
    """All fields by their records, those in use first, each with how much it is used."""
    found: dict[str, list[Use]] = {}
    names = dict(records.stages())
    for subject in CustomField.Subject.values:
        kind = records.kind(subject)
        fields = CustomField.objects.filter(subject=subject).select_related("owner")
        rows = sorted(fields, key=lambda field: (field.retired_at is not None, field.position, field.pk))
        if not rows or kind is None:
            found[subject] = []
            continue
        newest = list(kind.model._default_manager.order_by("-pk").values_list("pk", flat=True)[:NEWEST])
        held = CustomValue.objects.filter(field__in=rows, subject_id__in=newest)
        counts: dict[int, int] = {}
        for pk in held.values_list("field", flat=True):
            counts[pk] = counts.get(pk, 0) + 1
        found[subject] = [
            Use(field, counts.get(field.pk, 0), len(newest), _is_rare(field, counts, newest, now), names.get(field.stage or 0, ""))
            for field in rows
        ]  # fmt: skip
    return found


def _is_rare(field: CustomField, counts: dict[int, int], newest: list[int], now: datetime) -> bool:
    if field.retired_at is not None or now - field.created_at < _SETTLED or not newest:
        return False
    return counts.get(field.pk, 0) < _RARELY * len(newest)


def _tell(
    kind: CustomEvent, field: CustomField, *, by: User, at: datetime | None = None, **changes: Any
) -> None:
    events.record(kind, field, by=by, at=at, name_ja=field.name_ja, name_en=field.name_en, **changes)
