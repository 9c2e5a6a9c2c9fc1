"""What a list added to companies may make two of them one: those that grew are compared with the others once more."""

from __future__ import annotations

from accounts import scanning
from accounts.models import Company
from accounts.models.company import CompanyQuerySet
from integrations.imports.import_events import ImportEvent
from integrations.models import Import, ImportRow
from staff import events
from staff.models import Event

_KINDS = (Import.Kind.COMPANIES, Import.Kind.CONTACTS)


def look_again(event: Event) -> None:
    """The next some hundred companies that were there before the list and to which it added something."""
    batch = Import.objects.select_related("by").filter(pk=event.subject_id, kind__in=_KINDS).first()
    if batch is None:
        return
    companies = list(grown(batch, after=event.data.get("last", 0))[: scanning.SLICE])
    if not companies:
        return
    scanning.compare(companies)
    if len(companies) == scanning.SLICE:
        events.record(ImportEvent.COMPARED, batch, by=batch.by, last=companies[-1].pk)


def grown(batch: Import, after: int = 0) -> CompanyQuerySet:
    """Companies that the list has added to, in the order of their ids."""
    added = batch.rows.filter(decision=ImportRow.Decision.APPEND, company_id__gt=after)
    pks = added.exclude(outcome=ImportRow.Outcome.UNCHANGED).values("company_id")
    return Company.objects.active().filter(pk__in=pks, created_at__lt=batch.started_at).order_by("pk")
