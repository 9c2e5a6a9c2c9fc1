"""Between check and run: a person corrects lines, decides about likenesses, and says go."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from crm.lib.text import clean_text
from integrations.imports import checking, own_fields, repeats
from integrations.imports.import_events import ImportEvent
from integrations.models import Import, ImportRow
from staff import events, versions
from staff.models import User

Standing, Decision = ImportRow.Standing, ImportRow.Decision
SURE = 90


class NotNow(Exception):
    """The import is not waiting for a decision: somebody has let it run, or gone back to the columns."""


class NotPossible(Exception):
    """The decision does not fit the line."""


@transaction.atomic
def correct(batch: Import, line: int, corrections: dict[str, str], *, by: User) -> ImportRow:
    """The line with other texts in some fields: understood and compared anew."""
    batch = _waiting(batch)
    row = batch.rows.get(line=line)
    unknown = corrections.keys() - {field.key for field in own_fields.of_kind(batch.kind)}
    if unknown:
        raise NotPossible
    row.fixes = row.fixes | {key: clean_text(text).strip()[:5000] for key, text in corrections.items()}
    row.save(update_fields=["fixes"])
    checking.check(batch, [row])
    batch.counts = batch.counts | {"corrected": sorted({*batch.counts.get("corrected", []), line})}
    _recount(batch)
    return row


@transaction.atomic
def accept_repairs(batch: Import, *, by: User) -> int:
    """Takes over every proposed value that is not just "leave it empty". Returns how many lines are right now."""
    batch = _waiting(batch)
    rows = []
    for row in batch.rows.filter(standing=Standing.BAD):
        repairs = {problem["field"]: problem.get("repair") for problem in row.problems}
        if repairs and all(repairs.values()):
            row.fixes = row.fixes | repairs
            rows.append(row)
    ImportRow.objects.bulk_update(rows, ["fixes"], batch_size=500)
    checking.check(batch, rows)
    lines = {row.line for row in rows}
    batch.counts = batch.counts | {"corrected": sorted({*batch.counts.get("corrected", []), *lines})}
    _recount(batch)
    return sum(row.standing != Standing.BAD for row in rows)


@transaction.atomic
def decide(batch: Import, line: int, decision: str, *, by: User) -> ImportRow:
    """What shall happen with one line that may be known already, or that is not wanted."""
    batch = _waiting(batch)
    row = batch.rows.get(line=line)
    if decision not in choices(row):
        raise NotPossible
    row.decision = decision
    row.save(update_fields=["decision"])
    _recount(batch)
    return row


@transaction.atomic
def append_sure_ones(batch: Import, *, by: User) -> int:
    """Adds all likenesses of 90 points and more to what is there. Returns how many."""
    batch = _waiting(batch)
    sure = [
        row
        for row in batch.rows.filter(standing=Standing.SIMILAR, score__gte=SURE)
        if Decision.APPEND in choices(row)
    ]
    batch.rows.filter(pk__in=[row.pk for row in sure]).update(decision=Decision.APPEND)
    _recount(batch)
    return len(sure)


def choices(row: ImportRow) -> list[str]:
    """What may be decided about the line."""
    if row.standing == Standing.BAD:
        return [Decision.SKIP]
    best = row.matches[0] if row.matches else {}
    if row.same_as is not None or not best:
        return [Decision.APPEND if row.same_as is not None else Decision.CREATE, Decision.SKIP]
    if best.get("hidden"):
        return [Decision.ASK, Decision.SKIP]
    if any(reason["key"] == "number" for reason in best["reasons"]):
        # One corporate number names one company; a second one with it cannot be.
        return [Decision.APPEND, Decision.SKIP]
    if best["of"] == "line":
        return [Decision.ASK, Decision.CREATE, Decision.SKIP]
    return [Decision.ASK, Decision.APPEND, Decision.CREATE, Decision.SKIP]


@transaction.atomic
def confirm(batch: Import, *, by: User, seen: int) -> Import:
    """Lets the import run. Of two people who say so at once one starts it, and it runs once."""
    batch = Import.objects.select_for_update().get(pk=batch.pk)
    if batch.state in (Import.State.RUNNING, Import.State.DONE):
        return batch
    if batch.state != Import.State.READY:
        raise NotNow
    versions.require(batch, seen)
    if corrected := batch.counts.get("corrected"):
        repeats.find(batch, corrected)
        checking.count(batch)
    batch.state = Import.State.RUNNING
    batch.started_at = batch.moved_at = timezone.now()
    batch.done_count = 0
    batch.options = batch.options | {"traced": True}
    batch.version += 1
    batch.save()
    told = {key: batch.counts.get(key, 0) for key in (*Decision.values, "bad")}
    events.record(ImportEvent.CONFIRMED, batch, by=by, rows=batch.row_count, **told)
    return batch


@transaction.atomic
def stop(batch: Import, *, by: User) -> Import:
    """No further line comes in. What is in stays until it is undone; the rest can come in later (`go_on`)."""
    batch = Import.objects.select_for_update().get(pk=batch.pk)
    if batch.state != Import.State.RUNNING:
        raise NotNow
    batch.state, batch.finished_at = Import.State.CANCELLED, timezone.now()
    batch.version += 1
    batch.save()
    events.record(ImportEvent.STOPPED, batch, by=by, name=batch.name, done=batch.done_count)
    return batch


@transaction.atomic
def go_on(batch: Import, *, by: User) -> Import:
    """A stopped import runs on from where it was."""
    batch = Import.objects.select_for_update().get(pk=batch.pk)
    if batch.state == Import.State.RUNNING:
        return batch
    if batch.state != Import.State.CANCELLED:
        raise NotNow
    now = timezone.now()
    if batch.finished_at:
        # The run does not take longer for having been stopped.
        stood = (now - batch.finished_at).total_seconds()
        batch.counts = batch.counts | {"paused": batch.counts.get("paused", 0) + round(stood, 1)}
    batch.state, batch.finished_at, batch.moved_at = Import.State.RUNNING, None, now
    batch.version += 1
    batch.save()
    events.record(ImportEvent.CONFIRMED, batch, by=by, rows=batch.row_count - batch.done_count)
    return batch


@transaction.atomic
def back_to_columns(batch: Import, *, by: User) -> Import:
    """The columns are to be decided anew; the check is done again after it."""
    batch = _waiting(batch)
    batch.state = Import.State.MAPPING
    batch.version += 1
    batch.save()
    return batch


def _waiting(batch: Import) -> Import:
    batch = Import.objects.select_for_update().get(pk=batch.pk)
    if batch.state != Import.State.READY:
        raise NotNow
    return batch


def _recount(batch: Import) -> None:
    checking.count(batch)
    batch.save(update_fields=["counts"])
