"""Making, editing and handing over deals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Company
from crm.lib.text import clean_text
from pipeline import exit_criteria, moves, weights
from pipeline.deal_events import DealEvent
from pipeline.models import Deal, Stage
from staff import access, events, versions
from staff.models import User

# What people edit; everything else has a function of its own.
EDITABLE = (
    "name", "contact", "division", "site", "channel", "amount", "close_on", "budget", "wanted_on", "competitor",
    "own_probability", "own_probability_reason", "outcome_note", "call_again_on",
)  # fmt: skip


@transaction.atomic
def create_deal(
    *, name: str, company: Company, owner: User, by: User, at: datetime | None = None, **facts: Any
) -> Deal:
    """A new deal in the first stage of the default pipeline. `facts` are further fields of the deal."""
    first = Stage.objects.filter(pipeline__is_default=True, kind=Stage.Kind.OPEN).order_by("position")[0]
    now = at or timezone.now()
    deal = Deal(
        name=clean_text(name).strip(),
        company=company,
        owner=owner,
        team=owner.team,
        stage=first,
        created_at=now,
        **facts,
    )
    moves.begin(deal, by=by, at=now)
    events.record(DealEvent.CREATED, deal, by=by, at=at, after={"name": deal.name, "amount": deal.amount})
    return deal


@transaction.atomic
def edit_deal(deal: Deal, changes: dict[str, Any], base: dict[str, Any], *, by: User) -> Deal:
    """Sets fields that the person changed against what they saw (`base`). Raises versions.Conflict; then nothing changed."""
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise ValueError(f"not edited here: {sorted(unknown)}")
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "edit deal", deal)
    changes = {name: clean_text(v).strip() if isinstance(v, str) else v for name, v in changes.items()}
    changed = versions.merge(deal, changes, base)
    if not changed:
        return deal
    weights.weigh(deal)
    deal.save()
    exit_criteria.refresh(deal)
    events.record(
        DealEvent.EDITED, deal, by=by,
        before={name: before for name, (before, _after) in changed.items()},
        after={name: after for name, (_before, after) in changed.items()},
    )  # fmt: skip
    return deal


@transaction.atomic
def hand_over(deal: Deal, owner: User, *, by: User, seen: int) -> Deal:
    """Gives the deal to another person, and with it to their team."""
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "hand over deal", deal)
    if owner.pk == deal.owner_id:
        return deal
    versions.require(deal, seen)
    before = deal.owner_id
    deal.owner, deal.team = owner, owner.team
    deal.version += 1
    deal.save(update_fields=["owner", "team", "version"])
    events.record(DealEvent.HANDED_OVER, deal, by=by, before={"owner": before}, after={"owner": owner.pk})
    return deal
