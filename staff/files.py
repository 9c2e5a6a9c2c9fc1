"""Files and links that people keep with a record: stored under random names, given out as downloads only."""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import PurePath
from typing import Any, TypeVar

from django.core.files.base import File
from django.db import models
from django.http import FileResponse, Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.lib.text import clean_text
from staff.models import User
from staff.searchable import Searchable

LIMIT_BYTES = 25 * 1024 * 1024


class TooLarge(Exception):
    """The file has more than 25 MiB."""


class FileKind(models.TextChoices):
    PROPOSAL = "proposal", _("proposal")
    QUOTE = "quote", _("quote")
    MINUTES = "minutes", _("minutes")
    RECORDING = "recording", _("recording")
    CONTRACT = "contract", _("order or contract")
    OTHER = "other", _("other")


class KeptFile(Searchable):
    """A file, or a link to one that is kept elsewhere (a recording). Subclasses add `content` and what it belongs to."""

    Kind = FileKind

    kind = models.CharField(max_length=12, choices=FileKind.choices, default=FileKind.OTHER)
    name = models.CharField(max_length=200)
    link = models.URLField(max_length=500, blank=True, default="")
    size = models.PositiveIntegerField()
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def search_words(self) -> list[str]:
        return [self.name, PurePath(self.name).stem]


Kept = TypeVar("Kept", bound=KeptFile)


def keep(kept: Kept, upload: File | None, *, by: User, at: datetime | None = None) -> Kept:
    """Stores the row, and the bytes of the upload under a random name; its own name is for people, never for the disk.

    Without an upload the row is a link. Raises TooLarge.
    """
    kept.added_by, kept.added_at, kept.size = by, at or timezone.now(), 0
    if upload is not None:
        if upload.size > LIMIT_BYTES:
            raise TooLarge
        kept.name = clean_text(PurePath(upload.name or "file").name)[:200]
        kept.size = upload.size
        suffix = PurePath(kept.name).suffix[:10] if PurePath(kept.name).suffix[1:].isalnum() else ""
        content: Any = kept.content  # type: ignore[attr-defined]
        content.save(f"{uuid.uuid4().hex}{suffix}", upload, save=False)
    kept.save()
    return kept


def download(kept: KeptFile) -> FileResponse:
    """The bytes, always as a download: what somebody uploaded never runs as a page of ours."""
    stored: Any = kept.content  # type: ignore[attr-defined]
    if not stored:
        raise Http404
    try:
        content = stored.open("rb")
    except FileNotFoundError as lost:  # a database that was restored without its files
        raise Http404 from lost
    response = FileResponse(content, as_attachment=True, filename=kept.name)
    response["Content-Type"] = "application/octet-stream"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
