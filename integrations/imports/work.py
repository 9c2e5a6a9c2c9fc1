"""What a worker does for an import: one slice of the step it is in, then word that there is more.

Every slice is one transaction with the rows it settles, so a killed worker leaves nothing half done: the slice is done
again by whoever comes next. A slice stays far below the lease of a delivery and the time limit of a task.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.db import transaction
from django.utils import timezone, translation

from crm.lib.tables import Unreadable
from integrations.imports import checking, reading, running, undoing
from integrations.imports.import_events import ImportEvent
from integrations.models import Import
from staff import events
from staff.models import Event

log = structlog.get_logger(__name__)

# A step returns whether the import has left its state: then the next step, or a person, goes on.
STEPS: dict[str, Callable[[Import], None]] = {
    Import.State.READING: reading.read_slice,
    Import.State.CHECKING: checking.check_slice,
    Import.State.RUNNING: running.run_slice,
    Import.State.UNDOING: undoing.undo_slice,
}


def carry_on(event: Event) -> None:
    """Subscribed to the events that give workers something to do."""
    batch = advance(event.subject_id)
    if batch is not None and batch.is_working:
        events.record(ImportEvent.CONTINUED, batch, by=batch.by, state=batch.state, done=batch.done_count)


@transaction.atomic
def advance(batch_id: int) -> Import | None:
    """Does one slice. Several workers take turns at the row's lock; who comes when all is done finds nothing to do."""
    batch = Import.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None or batch.state not in STEPS:
        return None
    try:
        with _without_collecting(), translation.override(batch.language):
            STEPS[batch.state](batch)
    except Unreadable as refusal:
        _refuse(batch, refusal)
    batch.moved_at = timezone.now()
    batch.save()
    return batch


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Some hundred thousand objects come and go in a slice, nearly none in a circle: looking for these takes a tenth."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _refuse(batch: Import, refusal: Unreadable) -> None:
    """The file cannot be read whole: nothing of it stays but the reason."""
    batch.pieces.all().delete()
    batch.rows.all().delete()
    batch.state, batch.finished_at = Import.State.FAILED, timezone.now()
    batch.row_count = batch.done_count = 0
    batch.problem = {"code": refusal.code, "params": refusal.params}
    events.record(ImportEvent.FAILED, batch, by=batch.by, code=refusal.code)
