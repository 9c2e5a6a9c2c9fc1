"""Taking back what an import brought: deals go into the bin, filled fields get what they held before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from accounts import bin
from pipeline import exit_criteria, weights
from pipeline.deal_events import DealEvent
from pipeline.models import Deal
from staff import events
from staff.models import User


def remove_deals(rows: Sequence[Deal], *, by: User, source: str = "") -> None:
    """Puts the locked deals into the bin. Their moves stay as they are, and no figure counts those of a deal there."""
    bin.remove_many(rows, by=by, kind_of_event=DealEvent.REMOVED, source=source)


@transaction.atomic
def restore_deals(rows: Sequence[tuple[Deal, Mapping[str, Any]]], *, by: User, source: str = "") -> None:
    """Gives the named fields (by attribute) of locked deals the values they held before."""
    for deal, values in rows:
        before = {name: getattr(deal, name) for name in values}
        for name, value in values.items():
            field = next(f for f in Deal._meta.concrete_fields if f.attname == name)
            setattr(deal, name, value if field.is_relation else field.to_python(value))
        deal.version += 1
        weights.weigh(deal)
        deal.save()
        exit_criteria.refresh(deal)
        events.record(DealEvent.RESTORED, deal, by=by, before=before, after=dict(values), source=source)
