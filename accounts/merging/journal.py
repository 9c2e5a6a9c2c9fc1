"""Writing that can be taken back: every row that a merge touches, with what stood there before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Field, Model

from accounts.models import Merge, MergeChange

Action = MergeChange.Action


class Journal:
    """Writes rows for one merge and remembers each write, in its order."""

    def __init__(self) -> None:
        self.changes: list[MergeChange] = []
        self.moved: dict[str, int] = {}
        self.records: set[str] = set()

    def touch(self, record: Model) -> None:
        self.records.add(name_of(record))

    def move(self, model: type[Model], column: str, pks: Sequence[int], before: Any, after: Any) -> None:
        """Points the rows at another record."""
        if not pks:
            return
        model._default_manager.filter(pk__in=pks).update(**{column: after})
        self.note_moved(model, column, pks, before, after)

    def note_moved(
        self, model: type[Model], column: str, pks: Sequence[int], before: Any, after: Any
    ) -> None:
        """`move` of rows that somebody has written already."""
        self._note(model, Action.MOVED, pks, {column: [before, after]})

    def note_changed(self, model: type[Model], pk: int, pairs: Mapping[str, Sequence[Any]]) -> None:
        """`change` of values that somebody has written already, each as JSON keeps it."""
        self._note(model, Action.CHANGED, [pk], {column: list(pair) for column, pair in pairs.items()})

    def move_or_drop(
        self, model: type[Model], column: str, pks: Sequence[int], before: Any, after: Any
    ) -> list[int]:
        """Points each row at another record; takes it away where that one has the same already. Those that moved."""
        moved = []
        for pk in pks:
            row = model._default_manager.get(pk=pk)
            setattr(row, column, after)
            try:
                with transaction.atomic():
                    model._default_manager.filter(pk=pk).update(**{column: after})
                moved.append(pk)
            except IntegrityError:
                setattr(row, column, before)
                self.remove(row)
        if moved:
            self._note(model, Action.MOVED, moved, {column: [before, after]})
        return moved

    def change(self, row: Model, values: dict[str, Any], *, moved: bool = False) -> None:
        """Sets columns of one row. With `moved` they are no values that people edit: no question is asked about them."""
        model = type(row)
        before = {column: getattr(row, column) for column in values}
        changed = {column: after for column, after in values.items() if before[column] != after}
        if not changed:
            return
        model._default_manager.filter(pk=row.pk).update(**changed)
        for column, after in changed.items():
            setattr(row, column, after)
        pairs = {
            column: [plain(model, column, before[column]), plain(model, column, after)]
            for column, after in changed.items()
        }
        self._note(model, Action.MOVED if moved else Action.CHANGED, [row.pk], pairs)

    def remove(self, row: Model) -> None:
        """Deletes the row and keeps all of it."""
        self._note(type(row), Action.REMOVED, [row.pk], snapshot(row))
        type(row)._default_manager.filter(pk=row.pk).delete()

    def create(self, row: Model) -> None:
        row.save(force_insert=True)
        self._note(type(row), Action.CREATED, [row.pk], snapshot(row))

    def count(self, model: type[Model], number: int) -> None:
        """Tells that so many rows of the model went along."""
        label = model._meta.label_lower
        if number:
            self.moved[label] = self.moved.get(label, 0) + number

    def write(self, merge: Merge) -> None:
        for change in self.changes:
            change.merge = merge
        MergeChange.objects.bulk_create(self.changes)

    def _note(self, model: type[Model], action: str, pks: Sequence[int], fields: dict[str, Any]) -> None:
        rows = list(pks)
        label = model._meta.label_lower
        self.changes.append(MergeChange(table=label, action=action, rows=rows, fields=fields))


def name_of(record: Model) -> str:
    """ "company:7": how merges name the records they touch."""
    return f"{record._meta.model_name}:{record.pk}"


def snapshot(row: Model) -> dict[str, Any]:
    """All columns of the row as JSON keeps them."""
    model = type(row)
    return {
        field.attname: plain(model, field.attname, getattr(row, field.attname))
        for field in model._meta.concrete_fields
    }


def restored(model: type[Model], values: dict[str, Any]) -> Model:
    """The unsaved row of a snapshot, its id included. Columns that were added since have their defaults."""
    known = {field.attname for field in model._meta.concrete_fields}
    return model(**{column: real(model, column, v) for column, v in values.items() if column in known})


def plain(model: type[Model], column: str, value: Any) -> Any:
    """The value of a column as JSON keeps it, exactly: moments with their microseconds."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value


def real(model: type[Model], column: str, value: Any) -> Any:
    """The value that `plain` made, as Python has it."""
    field = field_of(model, column)
    target = field.target_field if field.is_relation else field  # type: ignore[attr-defined]
    return None if value is None else target.to_python(value)


def field_of(model: type[Model], column: str) -> Field[Any, Any]:
    return next(field for field in model._meta.concrete_fields if field.attname == column)


def model_of(table: str) -> type[Model]:
    return apps.get_model(table)
