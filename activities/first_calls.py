"""初回電話: the todo of whoever got a new lead, due on the day its clock runs out. Gone when somebody has spoken with it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from activities import todos
from activities.models import ActivityKind, Todo
from leads.models import Lead
from staff.models import Event, User


def origin_of(lead: Lead) -> str:
    return f"first call lead {lead.pk}"


def issue(event: Event) -> None:
    """Subscriber: a lead has come in, or was taken back."""
    lead = Lead.objects.select_related("owner").get(pk=event.subject_id)
    if (
        lead.deleted_at
        or lead.state != Lead.State.NEW
        or lead.first_contact_due_at is None
        or lead.first_contacted_at
    ):
        return
    with translation.override(lead.owner.language):
        title = _("First call")
    todos.add_todo(
        title,
        owner=lead.owner,
        by=User.objects.system(),
        due_on=timezone.localdate(lead.first_contact_due_at),
        kind=ActivityKind.CALL,
        lead=lead,
        origin=origin_of(lead),
    )


def complete(lead: Lead, *, by: User, at: datetime | None = None) -> None:
    """Ticks it, if there is an open one."""
    todo = Todo.objects.open().filter(origin=origin_of(lead)).first()
    if todo is not None:
        todos.complete_todo(todo, by=by, at=at)


def contacted(event: Event) -> None:
    """Subscriber: somebody has spoken with the lead, through whatever door."""
    complete(
        Lead.objects.get(pk=event.subject_id), by=User.objects.get(pk=event.actor_id), at=event.happened_at
    )


@transaction.atomic
def withdraw(event: Event) -> None:
    """Subscriber: the lead was set aside. A call that is not to be made was never missed."""
    lead = Lead.objects.get(pk=event.subject_id)
    if lead.deleted_at or lead.state in (Lead.State.NURTURE, Lead.State.DISQUALIFIED):
        Todo.objects.open().filter(origin=origin_of(lead)).delete()


@transaction.atomic
def hand_over(event: Event) -> None:
    """Subscriber: the lead has another owner, and so have its open todos of the one before."""
    lead = Lead.objects.select_related("owner").get(pk=event.subject_id)
    Todo.objects.open().filter(lead=lead, deal=None).exclude(owner=lead.owner).filter(
        owner=event.before.get("owner")
    ).update(owner=lead.owner, team=lead.owner.team_id)
