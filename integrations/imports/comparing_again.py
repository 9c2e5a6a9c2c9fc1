"""What a list added to companies may make two of them one: those that grew are compared with the others once more.

So are new ones of doubtful lines: the check weighs a line against each company that is there, which says less than all of
them seen together.
"""

from __future__ import annotations

from collections.abc import Mapping

from accounts import scanning
from accounts.models import Company
from integrations.imports.import_events import ImportEvent
from integrations.models import Import, ImportRow
from staff import events
from staff.models import Event

Decision = ImportRow.Decision
_KINDS = (Import.Kind.COMPANIES, Import.Kind.CONTACTS)


def look_again(event: Event) -> None:
    """The next some hundred of them."""
    batch = Import.objects.select_related("by").filter(pk=event.subject_id, kind__in=_KINDS).first()
    if batch is None:
        return
    pks, is_more = _next(batch, event.data.get("last", 0))
    if companies := _those(batch, pks):
        scanning.compare(companies)
    if is_more:
        events.record(ImportEvent.COMPARED, batch, by=batch.by, last=max(pks))


def _next(batch: Import, after: int) -> tuple[dict[int, bool], bool]:
    """Companies of lines that added something or that are doubtful: whether they are doubtful; and whether more follow."""
    rows = batch.rows.filter(decision__in=[Decision.APPEND, Decision.ASK], company_id__gt=after)
    told = (
        rows.exclude(outcome=ImportRow.Outcome.UNCHANGED)
        .order_by("company_id")
        .values_list("company_id", "decision")
    )
    found: dict[int, bool] = {}
    for pk, decision in told.distinct()[: 2 * scanning.SLICE + 1]:
        if len(found) == scanning.SLICE and pk not in found:
            return found, True
        found[pk] = found.get(pk, False) or decision == Decision.ASK
    return found, False


def _those(batch: Import, pks: Mapping[int, bool]) -> list[Company]:
    """Those that are doubtful, or were there before the list; by their ids alone, since right after a list nobody has counted its rows."""
    companies = Company.objects.active().filter(pk__in=list(pks)).order_by("pk")
    return [
        one for one in companies if pks[one.pk] or (batch.started_at and one.created_at < batch.started_at)
    ]
