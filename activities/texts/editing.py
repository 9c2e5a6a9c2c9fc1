"""Writing templates: begun, worded anew as a further version, given to other stages, taken out of use."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from activities import switching
from activities.texts.models import TextTemplate, TextVersion
from crm.lib.text import clean_text
from staff import events, versions
from staff.models import User


class TextEvent:
    CHANGED = "text_template.changed"


@transaction.atomic
def save(
    values: dict[str, Any],
    *,
    by: User,
    template: TextTemplate | None = None,
    seen: int = 0,
    at: datetime | None = None,
) -> TextTemplate:
    """A new template, or other words for one: then a further version, unless the words are the same. Raises versions.Stale."""
    before: dict[str, Any] = {}
    if template is None:
        template = TextTemplate(created_by=by)
    else:
        template = TextTemplate.objects.select_for_update().get(pk=template.pk)
        versions.require(template, seen)
        before = _told(template)
        template.version += 1
    template.kind, template.name = values["kind"], clean_text(values["name"]).strip()[:80]
    template.stage_ids = sorted(values.get("stage_ids") or [])
    template.save()
    worded = _word(template, values, by=by, at=at or timezone.now())
    after = _told(template)
    if worded or after != before:
        events.record(TextEvent.CHANGED, template, by=by, at=at, before=before, after=after, number=worded)
    return template


def _word(template: TextTemplate, values: dict[str, Any], *, by: User, at: datetime) -> int:
    """The number of the version that was written; 0 when the words are those of the newest one."""
    newest = TextVersion.objects.filter(template=template).order_by("-number").first()
    subject, body = clean_text(values.get("subject", "")).strip(), clean_text(values["body"]).strip()
    if newest and (newest.subject, newest.body) == (subject, body):
        return 0
    number = newest.number + 1 if newest else 1
    note = clean_text(values.get("note", "")).strip()
    TextVersion.objects.create(template=template, number=number, subject=subject, body=body, note=note, by=by)
    return number


def switch(template: TextTemplate, on: bool, *, by: User) -> TextTemplate:
    """Offered, or no longer; what was written with it stays counted."""
    return switching.switch(template, on, kind=TextEvent.CHANGED, by=by)


def _told(template: TextTemplate) -> dict[str, Any]:
    return {"kind": template.kind, "name": template.name, "stages": list(template.stage_ids)}
