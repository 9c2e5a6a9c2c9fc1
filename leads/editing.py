"""What people do with a lead that is not a deal yet: correct it, pass it on, set it aside, take it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import access as company_access
from crm.lib.text import clean_text
from leads import intake, scoring
from leads.lead_events import LeadEvent
from leads.models import Lead
from staff import events, versions
from staff.models import User


@transaction.atomic
def edit_lead(lead: Lead, changes: dict[str, Any], base: dict[str, Any], *, by: User) -> Lead:
    """Sets what the person changed against what they saw; raises versions.Conflict where somebody else was first.

    What decides about company or points is asked anew.
    """
    changes = {name: clean_text(v).strip() if isinstance(v, str) else v for name, v in changes.items()}
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    company_access.require_in_use(lead)
    changed = versions.merge(lead, changes, base)
    if not changed:
        return lead
    if lead.company_id is None and changed.keys() & {"company_name", "company_kana", "email", "phone"}:
        intake.connect([lead], intake.recognise([lead]))
    lead.save()
    scoring.refresh(lead)
    events.record(
        LeadEvent.EDITED,
        lead,
        by=by,
        before={name: before for name, (before, _) in changed.items()},
        after={name: after for name, (_, after) in changed.items()},
    )
    return lead


@transaction.atomic
def assign(lead: Lead, owner: User, *, by: User, at: datetime | None = None) -> Lead:
    """The lead is another person's from now on. Its clock does not start again."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    if lead.owner_id == owner.pk:
        return lead
    company_access.require_sight(owner, lead.company_id)
    before = lead.owner_id
    lead.owner, lead.team_id = owner, owner.team_id
    lead.assigned_because = {"key": "by_hand"}
    lead.assigned_at = at or timezone.now()
    lead.version += 1
    lead.save(update_fields=["owner", "team", "assigned_because", "assigned_at", "version"])
    events.record(LeadEvent.ASSIGNED, lead, by=by, at=at, before={"owner": before}, after={"owner": owner.pk})
    return lead


def disqualify(lead: Lead, reason: str, *, by: User, at: datetime | None = None) -> Lead:
    """対象外: nobody works on it any more. The reason is kept and asked for."""
    if not reason.strip():
        raise ValueError("A lead is set aside for a reason.")
    return _put(lead, Lead.State.DISQUALIFIED, LeadEvent.DISQUALIFIED, reason=reason, by=by, at=at)


def nurture(lead: Lead, *, by: User, reason: str = "", at: datetime | None = None) -> Lead:
    """育成: too early. Its clock stops; it can be taken back or become a deal."""
    return _put(lead, Lead.State.NURTURE, LeadEvent.NURTURED, reason=reason, by=by, at=at)


def reopen(lead: Lead, *, by: User, at: datetime | None = None) -> Lead:
    """Back to where it was before it was set aside."""
    state = Lead.State.CONTACTED if lead.first_contacted_at else Lead.State.NEW
    return _put(lead, state, LeadEvent.REOPENED, reason="", by=by, at=at)


@transaction.atomic
def _put(lead: Lead, state: str, kind: str, *, reason: str, by: User, at: datetime | None) -> Lead:
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    # Somebody made it a deal meanwhile; the deal stays.
    if lead.state in (state, Lead.State.CONVERTED):
        return lead
    before = lead.state
    lead.state, lead.state_reason = state, reason.strip()[:120]
    lead.version += 1
    lead.save(update_fields=["state", "state_reason", "version"])
    events.record(kind, lead, by=by, at=at, before={"state": before}, after={"state": state}, reason=reason)
    return lead


def follow_owner(person: User) -> None:
    """The person is in another team now: their leads, open and closed, are seen there and no longer in the old one."""
    Lead.objects.filter(owner=person).exclude(team=person.team_id).update(team=person.team_id)
