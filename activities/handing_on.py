"""Handovers of more accounts than a page can wait for: workers pass them on, some at a time, and take them back likewise.

How far they are stands in the events of the handover. Each slice is one transaction with the mark that it is done, so a
worker that dies leaves nothing half done, and another goes on behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Company
from activities import handing_back, handovers
from activities.activity_events import HandoverEvent
from activities.handovers import AT_ONCE
from activities.models import Handover
from crm.lib.text import clean_text
from staff import access, events
from staff.models import Event, User

_STEPS = (HandoverEvent.BEGUN, HandoverEvent.WENT_ON, HandoverEvent.UNDO_ASKED, HandoverEvent.WENT_BACK)


@dataclass(frozen=True)
class Progress:
    """How many of the accounts the workers have done, there or back."""

    done: int
    total: int
    is_back: bool

    @property
    def is_working(self) -> bool:
        return self.done < self.total


def progress(handover: Handover) -> Progress | None:
    """How far the workers are; None for a handover that was done at once."""
    last = _events(handover, *_STEPS).order_by("-pk").first()
    if last is None:
        return None
    is_back = last.kind in (HandoverEvent.UNDO_ASKED, HandoverEvent.WENT_BACK)
    return Progress(last.data["done"], last.data["total"], is_back)


def left(handover: Handover, user: User) -> list[Company]:
    """Accounts that were chosen and did not go: somebody else had changed their owner before a worker came to them."""
    told = _events(handover, HandoverEvent.WENT_ON).values_list("data__left", flat=True)
    pks = [pk for some in told for pk in some or []]
    return list(Company.objects.visible_to(user).filter(pk__in=pks).select_related("owner")) if pks else []


def _events(handover: Handover, *kinds: str) -> QuerySet[Event]:
    return Event.objects.filter(subject_type="handover", subject_id=handover.pk, kind__in=kinds)


@transaction.atomic
def begin(rows: QuerySet[Company], giver: User, taker: User, *, by: User, note: str = "") -> Handover:
    """Workers give the accounts of `giver` to `taker`, each as far as it is still theirs when its turn comes."""
    ids = sorted(rows.order_by().values_list("pk", flat=True))
    handover = Handover.objects.create(
        giver=giver, taker=taker, by=by, note=clean_text(note).strip(), at=timezone.now()
    )
    events.record(HandoverEvent.BEGUN, handover, by=by, companies=ids, done=0, total=len(ids))
    return handover


def carry_on(event: Event) -> None:
    """Subscriber of `handover.begun` and `handover.went_on`: the next accounts; after the last both are told."""
    handover = handing_back.locked(event.subject_id)
    if _events(handover, HandoverEvent.UNDO_ASKED).exists():
        return
    ids: list[int] = _events(handover, HandoverEvent.BEGUN).values_list("data__companies", flat=True)[0]
    done = event.data["done"]
    due = ids[done : done + AT_ONCE]
    if not due:
        handovers.tell(handover, handover.companies.count())
        return
    stayed = [company.pk for company in _locked(due) if not _passes(company, handover)]
    events.record(
        HandoverEvent.WENT_ON, handover, by=handover.by, done=done + len(due), total=len(ids), left=stayed
    )


def _locked(pks: list[int]) -> QuerySet[Company]:
    return Company.objects.select_for_update().filter(pk__in=pks).order_by("pk")


def _passes(company: Company, handover: Handover) -> bool:
    """False for an account that is not the giver's any more, or that whoever began it may not give away now."""
    is_theirs = company.owner_id == handover.giver_id
    if not (is_theirs and Company.objects.visible_to(handover.by).filter(pk=company.pk).exists()):
        return False
    try:
        with transaction.atomic():
            access.require(handover.by, "edit company", company)
            handovers.pass_on(company, handover)
    except PermissionDenied:
        return False
    return True


@transaction.atomic
def take_back(handover: Handover, *, by: User) -> int | None:
    """Takes the handover back: at once when it is small (how many records stay), else by workers (None)."""
    handover = handing_back.locked(handover.pk)
    count = handover.companies.count()
    going = progress(handover)
    if count <= AT_ONCE and going is None:
        return handing_back.take_back(handover, by=by)
    handing_back.require_possible(handover, by=by)
    ids: Any = handover.companies.order_by("company").values_list("company", flat=True)
    events.record(HandoverEvent.UNDO_ASKED, handover, by=by, companies=list(ids), done=0, total=count)
    return None


def carry_back(event: Event) -> None:
    """Subscriber of `handover.undo_asked` and `handover.went_back`: the next accounts; after the last both are told."""
    handover = handing_back.locked(event.subject_id)
    by = User.objects.select_related("team").get(pk=event.actor_id)
    ids: list[int] = _events(handover, HandoverEvent.UNDO_ASKED).values_list("data__companies", flat=True)[0]
    done = event.data["done"]
    due = ids[done : done + AT_ONCE]
    if not due:
        handing_back.tell(handover)
        return
    handing_back.give_back(handover, due, by=by)
    events.record(HandoverEvent.WENT_BACK, handover, by=by, done=done + len(due), total=len(ids))
