"""Files of a deal: stored under random names, seen by whoever sees the deal."""

from __future__ import annotations

from datetime import datetime

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from crm.lib.text import clean_text
from pipeline import exit_criteria
from pipeline.deal_events import DealEvent
from pipeline.models import Deal, DealFile
from staff import access, events
from staff import files as kept_files
from staff.models import User


@transaction.atomic
def attach(deal: Deal, upload: File, kind: str, *, by: User, at: datetime | None = None) -> DealFile:
    """Keeps the file with the deal. Raises staff.files.TooLarge."""
    return _keep(deal, upload, kind, "", "", by=by, at=at)


@transaction.atomic
def link(deal: Deal, name: str, address: str, kind: str, *, by: User, at: datetime | None = None) -> DealFile:
    """Keeps the address of something that lies elsewhere, a recording for instance, under a name."""
    return _keep(deal, None, kind, name, address, by=by, at=at)


def _keep(
    deal: Deal, upload: File | None, kind: str, name: str, address: str, *, by: User, at: datetime | None
) -> DealFile:
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "log on deal", deal)
    kept = DealFile(deal=deal, kind=kind, name=clean_text(name).strip()[:200] or address[:200], link=address)
    kept_files.keep(kept, upload, by=by, at=at)
    exit_criteria.refresh(deal)
    events.record(DealEvent.FILE_ATTACHED, deal, by=by, at=at, file=kept.pk, name=kept.name, file_kind=kind)
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
