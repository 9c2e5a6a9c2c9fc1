"""Files and links of a company."""

from __future__ import annotations

from datetime import datetime

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from accounts.company_events import CompanyEvent
from accounts.models import Company, CompanyFile
from crm.lib.text import clean_text
from staff import access, events
from staff import files as kept_files
from staff.models import User


@transaction.atomic
def attach(
    company: Company,
    upload: File | None,
    kind: str,
    *,
    by: User,
    name: str = "",
    link: str = "",
    at: datetime | None = None,
) -> CompanyFile:
    """Keeps the upload, or the link under its name, with the company. Raises staff.files.TooLarge."""
    access.require(by, "add to company", company)
    kept = CompanyFile(
        company=company, kind=kind, name=clean_text(name).strip()[:200] or link[:200], link=link
    )
    kept_files.keep(kept, upload, by=by, at=at)
    events.record(
        CompanyEvent.FILE_ATTACHED, company, by=by, at=at, file=kept.pk, name=kept.name, file_kind=kind
    )
    return kept


@transaction.atomic
def remove(kept: CompanyFile, *, by: User) -> None:
    """Takes it off the company; its bytes stay until the retention job, so that it can be put back."""
    access.require(by, "add to company", kept.company)
    if CompanyFile.objects.filter(pk=kept.pk, deleted_at=None).update(deleted_at=timezone.now()):
        events.record(CompanyEvent.FILE_REMOVED, kept.company, by=by, file=kept.pk, name=kept.name)


@transaction.atomic
def put_back(kept: CompanyFile, *, by: User) -> None:
    """Undoes a removal."""
    access.require(by, "add to company", kept.company)
    if CompanyFile.objects.filter(pk=kept.pk, deleted_at__isnull=False).update(deleted_at=None):
        events.record(
            CompanyEvent.FILE_ATTACHED, kept.company, by=by, file=kept.pk, name=kept.name, undo=True
        )
