"""Taking back what an import brought: leads go into the bin, filled fields and touches go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from accounts import bin
from leads import scoring
from leads.lead_events import LeadEvent
from leads.models import Lead, Touch
from staff import events
from staff.models import User


def remove_leads(rows: Sequence[Lead], *, by: User, source: str = "") -> None:
    """Puts the locked leads into the bin; their first calls go along."""
    bin.remove_many(rows, by=by, kind_of_event=LeadEvent.REMOVED, source=source)


@transaction.atomic
def restore_leads(rows: Sequence[tuple[Lead, Mapping[str, Any]]], *, by: User, source: str = "") -> None:
    """Gives the named fields (by attribute) of locked leads the values they held before."""
    for lead, values in rows:
        before = {name: getattr(lead, name) for name in values}
        for name, value in values.items():
            setattr(lead, name, value)
        lead.version += 1
        lead.save()
        scoring.refresh(lead)
        events.record(LeadEvent.RESTORED, lead, by=by, before=before, after=dict(values), source=source)


@transaction.atomic
def remove_touches(pks: Iterable[int]) -> int:
    """Touches that the source added; the leads are scored anew. Returns how many were still there."""
    touches = Touch.objects.filter(pk__in=list(pks))
    leads = list(Lead.objects.filter(pk__in=touches.values("lead"), deleted_at=None))
    gone, _by_table = touches.delete()
    for lead in leads:
        scoring.refresh(lead)
    return gone
