"""Making, editing and handing over deals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import access as company_access
from accounts.models import Company
from crm.lib.text import clean_text
from pipeline import exit_criteria, moves, stalls, weights
from pipeline.deal_events import DealEvent
from pipeline.models import Deal
from pipeline.way import Way
from staff import access, events, versions
from staff.models import Event, User

# What people edit; everything else has a function of its own.
EDITABLE = (
    "name", "contact", "division", "site", "channel", "amount", "close_on", "budget", "wanted_on", "competitor",
    "own_probability", "own_probability_reason", "forecast_category", "outcome_note", "call_again_on",
)  # fmt: skip


@transaction.atomic
def create_deal(
    *, name: str, company: Company, owner: User, by: User, at: datetime | None = None, **facts: Any
) -> Deal:
    """A new deal in the first stage of its team's pipeline. `facts` are further fields of the deal."""
    _require_of_company(company.pk, facts)
    now = at or timezone.now()
    deal = Deal(
        name=clean_text(name).strip(),
        company=company,
        owner=owner,
        team=owner.team,
        created_at=now,
        **facts,
    )
    moves.begin(deal, Way.of_team(owner.team), by=by, at=now)
    events.record(DealEvent.CREATED, deal, by=by, at=at, after={"name": deal.name, "amount": deal.amount})
    return deal


@transaction.atomic
def edit_deal(
    deal: Deal, changes: dict[str, Any], base: dict[str, Any], *, by: User, at: datetime | None = None
) -> Deal:
    """Sets fields that the person changed against what they saw (`base`). Raises versions.Conflict; then nothing changed."""
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    standing = exit_criteria.Standing(deal)
    edited = set_facts(deal, changes, base, by=by, at=at)
    if edited:
        standing.count()
        stalls.settle(deal, standing.way.stall_rules_of(deal.stage), by.company.calendar())
        deal.save()
        events.record_all([edited])
    return deal


def set_facts(
    deal: Deal, changes: dict[str, Any], base: dict[str, Any], *, by: User, at: datetime | None = None
) -> Event | None:
    """The edit on a locked deal, not stored yet, and the event to be recorded with it; None when nothing has changed."""
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise ValueError(f"not edited here: {sorted(unknown)}")
    access.require(by, "edit deal", deal)
    _require_of_company(deal.company_id, changes)
    changes = {name: clean_text(v).strip() if isinstance(v, str) else v for name, v in changes.items()}
    changed = versions.merge(deal, changes, base)
    if not changed:
        return None
    weights.weigh(deal)
    return events.build(
        DealEvent.EDITED, deal, by=by, at=at,
        before={name: before for name, (before, _after) in changed.items()},
        after={name: after for name, (_before, after) in changed.items()},
        # Rows that are named by id: how they were called, so that a timeline need not ask for each.
        names={
            name: [str(value or "") for value in pair]
            for name, pair in changed.items() if Deal._meta.get_field(name).many_to_one
        },
    )  # fmt: skip


@transaction.atomic
def take_back_edit(deal: Deal, edit: Event, *, by: User) -> Deal:
    """Undoes one edit: every field gets the value it had before. Raises versions.Conflict when one was changed since."""
    before, after = (
        {name: _from_event(name, value) for name, value in values.items()}
        for values in (edit.before, edit.after)
    )
    return edit_deal(deal, before, after, by=by)


def _from_event(name: str, value: Any) -> Any:
    """The value of a field as Python has it, from the plain form that an event keeps."""
    field = Deal._meta.get_field(name)
    if field.many_to_one:
        return None if value is None else field.related_model.objects.get(pk=value)  # type: ignore[union-attr]
    return field.to_python(value)  # type: ignore[union-attr]


def _require_of_company(company_id: int, facts: dict[str, Any]) -> None:
    for name in ("contact", "division", "site"):
        if facts.get(name) and facts[name].company_id != company_id:
            raise ValueError(f"{name} belongs to another company")


@transaction.atomic
def hand_over(deal: Deal, owner: User, *, by: User, seen: int) -> Deal:
    """Gives the deal to another person, and with it to their team."""
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "hand over deal", deal)
    if owner.pk == deal.owner_id:
        return deal
    versions.require(deal, seen)
    return give(deal, owner, by=by)


def give(deal: Deal, owner: User, *, by: User, todos: bool = True) -> Deal:
    """The same on a locked deal, by whoever has asked whether they may. Without `todos` those stay whose they are."""
    company_access.require_sight(owner, deal.company_id)
    before = deal.owner_id
    deal.owner, deal.team = owner, owner.team
    deal.version += 1
    deal.save(update_fields=["owner", "team", "version"])
    events.record(
        DealEvent.HANDED_OVER, deal, by=by, todos=todos, before={"owner": before}, after={"owner": owner.pk}
    )
    return deal


def follow_owner(person: User) -> None:
    """The person is in another team now: their deals, open and closed, are seen there and no longer in the old one."""
    Deal.objects.filter(owner=person).exclude(team=person.team_id).update(team=person.team_id)
