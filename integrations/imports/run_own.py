"""What the lines say in the company's own fields, once their records are there."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from crm.lib.text import comma
from integrations.imports import own_fields, places_of_lines
from integrations.imports.results import Group, Result, note
from integrations.models import Import, ImportRow
from staff.custom import filling
from staff.models import CustomField, User

Decision, Outcome = ImportRow.Decision, ImportRow.Outcome
Subject = CustomField.Subject


def run(batch: Import, groups: Sequence[Group], result: Result) -> None:
    """Fills the empty ones. What is not allowed, or no more possible, is named in the line's reason."""
    columns = own_fields.named(column["field"] for column in batch.columns)
    if not columns:
        return
    rows = [row for group in groups for row in group.wanted if row.outcome != Outcome.SKIPPED]
    people = _people(columns, rows)
    for subject in own_fields.SUBJECTS[batch.kind]:
        fields = {key: field for key, field in columns.items() if field.subject == subject}
        if fields:
            _fill(batch, subject, fields, rows, _made(subject, groups), people, result)


def _people(columns: dict[str, CustomField], rows: Sequence[ImportRow]) -> dict[int, User]:
    keys = [key for key, field in columns.items() if field.kind == CustomField.Kind.PERSON]
    return User.objects.in_bulk({row.values[key] for row in rows for key in keys if key in row.values})


def _made(subject: str, groups: Sequence[Group]) -> set[int]:
    """The records that these lines have made: their values belong to the making."""
    if subject == Subject.COMPANY:
        leaders = [group.leader for group in groups if group.leader.same_as is None]
        made = [row for row in leaders if row.decision in (Decision.CREATE, Decision.ASK)]
    else:
        made = [row for group in groups for row in group.wanted if row.outcome == Outcome.CREATED]
    return {pk for row in made if (pk := getattr(row, f"{subject}_id"))}


def _fill(
    batch: Import,
    subject: str,
    fields: dict[str, CustomField],
    rows: Sequence[ImportRow],
    made: set[int],
    people: dict[int, User],
    result: Result,
) -> None:
    told: list[tuple[ImportRow, filling.Filling]] = []
    for row in rows:
        pk = getattr(row, f"{subject}_id")
        said = {field: row.values[key] for key, field in fields.items() if key in row.values}
        if not pk or not said:
            continue
        read = {
            field: None if field.retired_at else own_fields.value(field, kept, people)
            for field, kept in said.items()
        }
        if lost := [str(field) for field, value in read.items() if value is None]:
            note(row, _("no longer a field or a choice: %(fields)s") % {"fields": comma().join(lost)})
        values = {field: value for field, value in read.items() if value is not None}
        told.append((row, filling.Filling(pk, values, pk in made)))
    filling.fill_many(subject, [one for _row, one in told], by=batch.by)
    for row, one in told:
        if one.filled:
            places_of_lines.adds(row)
        if one.refusal:
            result.not_filled(row, [str(field) for field in one.values], one.refusal)
