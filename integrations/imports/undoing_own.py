"""The way back of what an import filled into the company's own fields: emptied, unless somebody has changed it since.

Values of records that the import made stay with them, in the bin too; changed ones keep their record in use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from accounts.merging import own_columns
from accounts.merging.journal import name_of
from accounts.models import MergeChange
from integrations.imports import staying, trail
from integrations.models import Import
from staff.custom import filling, records
from staff.models import CustomField, CustomValue

Values = dict[str, Any]


def take_back(batch: Import, touched: Sequence[trail.Touched]) -> None:
    """Of the values that the import wrote those that still stand as it left them, at records that were there before."""
    assert batch.undone_by is not None
    touched = [t for t in touched if t.is_made]
    fields = CustomField.objects.in_bulk({t.after["field_id"] for t in touched})
    by_record: dict[str, dict[int, list[trail.Touched]]] = defaultdict(lambda: defaultdict(list))
    for t in touched:
        by_record[fields[t.after["field_id"]].subject][t.after["subject_id"]].append(t)
    for subject, of_records in by_record.items():
        kind = records.kind(subject)
        assert kind is not None
        wrote = {t.pk: t for t in trail.touched(kind.model, batch.trace, only=sorted(of_records))}
        made = {pk for pk, t in wrote.items() if t.is_made}
        here = _in_use(kind, of_records.keys() - made)
        changes, kept = _what_goes(batch, subject, here, of_records, fields)
        filling.put_back(subject, changes, by=batch.undone_by, source=batch.name[:80])
        staying.write_down(batch, subject, here, kept)
        # Records of which built-in fields go back, too, are counted there.
        counted = {pk for pk, t in wrote.items() if t.after.keys() - trail.DERIVED}
        batch.undone["restored"] += len(changes.keys() - counted)


def _in_use(kind: records.Kind, pks: Iterable[int]) -> dict[int, Any]:
    rows = kind.model._default_manager.select_for_update(of=("self",)).filter(pk__in=pks, deleted_at=None)
    return {row.pk: row for row in rows.order_by("pk")}


def _what_goes(
    batch: Import,
    subject: str,
    here: dict[int, Any],
    of_records: dict[int, list[trail.Touched]],
    fields: dict[int, CustomField],
) -> tuple[dict[int, dict[CustomField, Any]], dict[int, tuple[str, Values]]]:
    """Record → field → what it held before; and of the others which fields somebody has changed since."""
    now = _now(subject, here)
    changes: dict[int, dict[CustomField, Any]] = defaultdict(dict)
    kept: dict[int, tuple[str, Values]] = {}
    for pk, row in here.items():
        other = []
        for t in of_records[pk]:
            field = fields[t.after["field_id"]]
            value = now.get((pk, field.pk))
            if value is None or value.pk != t.pk or not _is_as_left(value, t.after):
                other.append((field.key, value.pk if value else t.pk))
                continue
            changes[pk][field] = None
            for winner, before in _on_the_winners(row, field.key):
                changes[winner][field] = before
        if other:
            hand = trail.last_hand(CustomValue, other[-1][1], batch.trace)
            kept[pk] = ("edited", {"fields": [key for key, _value in other], **hand})
    return changes, kept


def _on_the_winners(row: Any, key: str) -> list[tuple[int, Any]]:
    """Records in which this one lives on and that took the value over from it, each with what it held before."""
    found = []
    model, table = type(row), row._meta.label_lower
    value = own_columns.held(table, row.pk, key)
    while getattr(row, "merged_into_id", None):
        row = model._default_manager.get(pk=row.merged_into_id)
        pair = _taken_by_a_merge(row, key)
        if pair is None or pair[1] != value:
            break
        found.append((row.pk, own_columns.value(key, pair[0])))
    return found


def _taken_by_a_merge(row: Any, key: str) -> list[Any] | None:
    """What the field held before a standing merge gave it what it still holds."""
    table = row._meta.label_lower
    changes = MergeChange.objects.filter(
        merge__undone_at=None, merge__records__contains=[name_of(row)], table=table, action=MergeChange.Action.CHANGED
    ).order_by("-pk")  # fmt: skip
    pairs = [change.fields[key] for change in changes if change.rows == [row.pk] and key in change.fields]
    return pairs[0] if pairs and pairs[0][1] == own_columns.held(table, row.pk, key) else None


def edited(batch: Import, subject: str, rows: dict[int, Any]) -> dict[int, Values]:
    """Of records that the import made those whose own fields somebody has changed since: which fields, who and when."""
    if records.kind(subject) is None or not rows:
        return {}
    now, given = _now(subject, rows), _given(batch.trace, subject, rows)
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (pk, field), value in now.items():
        if (pk, field) not in given or not _is_as_left(value, given[pk, field]):
            found[pk].append((field, value.pk))
    for (pk, field), left in given.items():
        if (pk, field) not in now:
            found[pk].append((field, left["id"]))
    told = {}
    for pk, changed in found.items():
        own = [(CustomField(pk=field).key, value) for field, value in changed]
        own = [(key, value) for key, value in own if not _is_from_a_twin(batch, rows[pk], key)]
        if own:
            hand = trail.last_hand(CustomValue, own[-1][1], batch.trace)
            told[pk] = {"fields": [key for key, _value in own], **hand}
    return told


def _is_from_a_twin(batch: Import, row: Any, key: str) -> bool:
    """Whether the value came from a record of the same import that was joined with this one."""
    if not hasattr(row, "merged_into_id") or _taken_by_a_merge(row, key) is None:
        return False
    absorbed = list(type(row)._default_manager.filter(merged_into=row).values_list("pk", flat=True))
    made = {t.pk for t in trail.touched(type(row), batch.trace, only=absorbed) if t.is_made}
    return made == set(absorbed)


def _now(subject: str, pks: Iterable[int]) -> dict[tuple[int, int], CustomValue]:
    rows = CustomValue.objects.filter(subject_id__in=list(pks), field__subject=subject)
    return {(row.subject_id, row.field_id): row for row in rows}


def _given(trace: str, subject: str, pks: Iterable[int]) -> dict[tuple[int, int], Values]:
    """(record, field) → the row as the import left it."""
    fields = set(CustomField.objects.filter(subject=subject).values_list("pk", flat=True))
    rows = trail.inserted(CustomValue, trace, "subject_id", list(pks)) if fields else []
    return {(row["subject_id"], row["field_id"]): row for row in rows if row["field_id"] in fields}


def _is_as_left(row: CustomValue, left: Values) -> bool:
    return all(trail.now(row, name) == left.get(name) for name in CustomValue.COLUMNS)
