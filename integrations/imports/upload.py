"""A list arrives: kept under a name that nobody guesses, and handed to the workers."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Channel
from crm.lib.text import clean_text
from integrations.imports.import_events import ImportEvent
from integrations.models import Import
from staff import events
from staff.models import User

_OF_LEADS = (Import.Kind.LEADS, Import.Kind.TOUCHES)


class TooLarge(ValueError):
    """The file is larger than this installation takes."""

    def __str__(self) -> str:
        most = settings.UPLOAD_LIMIT_BYTES >> 20
        return _(
            "The file is larger than %(most)s MB. Divide the list and bring in one part after the other."
        ) % {"most": most}


@transaction.atomic
def receive_file(
    file: File,  # type: ignore[type-arg]
    *,
    kind: str,
    by: User,
    channel: Channel | None = None,
    campaign: str = "",
    preset: str = "",
    sheet: str = "",
    options: dict[str, Any] | None = None,
    for_workers: bool = True,
) -> Import:
    """The import that begins. Workers read the file next, unless the caller does the steps itself."""
    if file.size > settings.UPLOAD_LIMIT_BYTES:
        raise TooLarge
    name = clean_text(str(file.name or "")).replace("\\", "/").rsplit("/", 1)[-1].strip()[-200:] or "list"
    batch = Import(
        kind=Import.Kind(kind),
        name=name,
        size=file.size,
        digest=_digest(file),
        channel=channel if kind in _OF_LEADS else None,
        campaign=clean_text(campaign).strip()[:120] if kind in _OF_LEADS else "",
        by=by,
        preset=preset,
        sheet=clean_text(sheet)[:80],
        options=options or {},
        moved_at=timezone.now(),
    )
    # The stored name says nothing and ends in nothing that a program would open.
    batch.content.save(f"{uuid.uuid4().hex}.upload", file, save=False)
    batch.save()
    if for_workers:
        events.record(ImportEvent.UPLOADED, batch, by=by, name=name, size=file.size, list=kind)
    return batch


def _digest(file: File) -> str:  # type: ignore[type-arg]
    seen = hashlib.sha256()
    for chunk in file.chunks():
        seen.update(chunk)
    file.seek(0)
    return seen.hexdigest()


@transaction.atomic
def remove(batch: Import, *, by: User) -> None:
    """The list is given up before it ran: its lines and its file go, what it was called stays in the log."""
    batch = Import.objects.select_for_update().get(pk=batch.pk)
    if batch.state in (Import.State.RUNNING, Import.State.DONE):
        return
    events.record(ImportEvent.REMOVED, batch, by=by, name=batch.name)
    stored, storage = str(batch.content.name), batch.content.storage
    batch.delete()
    transaction.on_commit(lambda: storage.delete(stored))
