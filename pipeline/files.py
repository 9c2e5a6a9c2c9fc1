"""Files of a deal: stored under random names, seen by whoever sees the deal."""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import PurePath

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from crm.lib.text import clean_text
from pipeline import exit_criteria
from pipeline.deal_events import DealEvent
from pipeline.models import Deal, DealFile
from staff import access, events
from staff.models import User

LIMIT_BYTES = 25 * 1024 * 1024


class TooLarge(Exception):
    """The file has more than 25 MiB."""


@transaction.atomic
def attach(deal: Deal, upload: File, kind: str, *, by: User, at: datetime | None = None) -> DealFile:
    """Keeps the file with the deal. Its own name is kept for people, never for the disk."""
    if upload.size > LIMIT_BYTES:
        raise TooLarge
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "log on deal", deal)
    name = clean_text(PurePath(upload.name or "file").name)[:200]
    suffix = PurePath(name).suffix[:10] if PurePath(name).suffix[1:].isalnum() else ""
    kept = DealFile(
        deal=deal, kind=kind, name=name, size=upload.size, added_by=by, added_at=at or timezone.now()
    )
    kept.content.save(f"{uuid.uuid4().hex}{suffix}", upload, save=False)
    kept.save()
    exit_criteria.refresh(deal)
    events.record(DealEvent.FILE_ATTACHED, deal, by=by, at=at, file=kept.pk, name=name, file_kind=kind)
    return kept


@transaction.atomic
def remove(kept: DealFile, *, by: User) -> None:
    """Takes the file off the deal; its bytes stay until the retention job, so that it can be put back."""
    deal = Deal.objects.select_for_update().get(pk=kept.deal_id)
    access.require(by, "log on deal", deal)
    if DealFile.objects.filter(pk=kept.pk, deleted_at=None).update(deleted_at=timezone.now()):
        exit_criteria.refresh(deal)
        events.record(DealEvent.FILE_REMOVED, deal, by=by, file=kept.pk, name=kept.name)


@transaction.atomic
def put_back(kept: DealFile, *, by: User) -> None:
    """Undoes a removal."""
    deal = Deal.objects.select_for_update().get(pk=kept.deal_id)
    access.require(by, "log on deal", deal)
    if DealFile.objects.filter(pk=kept.pk, deleted_at__isnull=False).update(deleted_at=None):
        exit_criteria.refresh(deal)
        events.record(
            DealEvent.FILE_ATTACHED, deal, by=by, file=kept.pk, name=kept.name, file_kind=kept.kind, undo=True
        )
