"""Whoever brought a list in hears when it is done."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from integrations.imports.import_events import ImportEvent
from integrations.models import Import
from staff import notices
from staff.models import Event


def tell(event: Event) -> None:
    """One notification to the person, once."""
    batch = Import.objects.select_related("by").filter(pk=event.subject_id).first()
    if batch is None or batch.by.is_system:
        return
    if event.kind == ImportEvent.FAILED:
        text = gettext_noop("%(name)s could not be read.")
    elif event.kind == ImportEvent.UNDONE:
        text = gettext_noop("%(name)s was undone.")
    else:
        text = gettext_noop("%(name)s is in: %(rows)s lines.")
    notices.tell(
        [batch.by],
        topic=f"{event.kind} {batch.pk}",
        kind=event.kind,
        text=text,
        url=batch.get_absolute_url(),
        name=batch.name,
        rows=batch.there,
    )
