"""A lost deal that said when to call again: the todo of its owner on that day, gone when the deal is opened again."""

from __future__ import annotations

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from activities import todos
from activities.models import ActivityKind, Todo
from pipeline.models import Deal
from staff.models import Event, User


def origin_of(event: Event) -> str:
    return f"call again deal {event.subject_id} event {event.pk}"


def issue(event: Event) -> None:
    """Subscriber: a deal was lost."""
    deal = Deal.objects.select_related("owner", "company").get(pk=event.subject_id)
    if deal.is_open or deal.call_again_on is None or deal.deleted_at:
        return
    with translation.override(deal.owner.language):
        title = _("Call again: %(deal)s") % {"deal": deal.name}
    todos.add_todo(
        title, owner=deal.owner, by=User.objects.system(), due_on=deal.call_again_on, kind=ActivityKind.CALL,
        deal=deal, origin=origin_of(event),
    )  # fmt: skip


@transaction.atomic
def withdraw(event: Event) -> None:
    """Subscriber: the deal is open again and has next actions of its own."""
    deal = Deal.objects.select_for_update().get(pk=event.subject_id)
    todos.remove_issued(deal, Todo.objects.filter(origin__startswith=f"call again deal {deal.pk} "))
