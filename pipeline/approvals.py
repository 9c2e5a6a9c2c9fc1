"""Approvals that a stage asks for: a manager lets the deal pass, by name, for the amount that it has now, or says why not."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from crm.lib.text import clean_text
from pipeline import exit_criteria
from pipeline.deal_events import DealEvent
from pipeline.models import CriterionAnswer, Deal, ExitCriterion
from staff import access, events, notices, teams, versions
from staff.models import Event, User

_WORDS = (
    DealEvent.APPROVAL_ASKED, DealEvent.APPROVED, DealEvent.APPROVAL_REFUSED, DealEvent.APPROVAL_WITHDRAWN,
)  # fmt: skip


class ReasonMissing(Exception):
    """Refusing asks for a word why."""


@transaction.atomic
def ask(deal: Deal, criterion: ExitCriterion, *, by: User, note: str = "") -> None:
    """Managers above the deal hear that it waits for them."""
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    _require_approval(criterion)
    access.require(by, "log on deal", deal)
    events.record(
        DealEvent.APPROVAL_ASKED, deal, by=by, criterion=criterion.pk, note=clean_text(note).strip()[:200],
        label_ja=criterion.name_ja, label_en=criterion.name_en, amount=deal.amount,
    )  # fmt: skip


@transaction.atomic
def approve(
    deal: Deal, criterion: ExitCriterion, *, by: User, seen: int, note: str = "", at: datetime | None = None
) -> CriterionAnswer:
    """The approval, for the deal as the manager saw it (`seen`) and up to the amount it has."""
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    _require_approval(criterion)
    access.require(by, "approve deal", deal)
    versions.require(deal, seen)
    given, _created = CriterionAnswer.objects.update_or_create(
        deal=deal,
        criterion=criterion,
        defaults={
            "value": exit_criteria.APPROVED, "evidence": clean_text(note).strip(), "amount": deal.amount,
            "answered_by": by, "answered_at": at or timezone.now(),
        },
    )  # fmt: skip
    exit_criteria.refresh(deal)
    events.record(
        DealEvent.APPROVED, deal, by=by, at=at, criterion=criterion.pk, note=given.evidence,
        label_ja=criterion.name_ja, label_en=criterion.name_en, amount=deal.amount,
    )  # fmt: skip
    return given


@transaction.atomic
def refuse(deal: Deal, criterion: ExitCriterion, *, by: User, note: str) -> None:
    """Not as it stands: whoever asked, and the owner, hear the reason. Nothing of the deal changes. Raises ReasonMissing."""
    note = clean_text(note).strip()[:200]
    if not note:
        raise ReasonMissing
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    _require_approval(criterion)
    access.require(by, "approve deal", deal)
    before = latest(deal, criterion)
    asker = before.actor_id if before and before.kind == DealEvent.APPROVAL_ASKED else None
    events.record(
        DealEvent.APPROVAL_REFUSED, deal, by=by, criterion=criterion.pk, note=note, asker=asker,
        label_ja=criterion.name_ja, label_en=criterion.name_en, amount=deal.amount,
    )  # fmt: skip


def latest(deal: Deal, criterion: ExitCriterion) -> Event | None:
    """The last word about the approval: asked for, given, refused or taken back."""
    said = Event.objects.filter(deal_id=deal.pk, kind__in=_WORDS, data__criterion=criterion.pk)
    return said.order_by("-pk").first()


@transaction.atomic
def withdraw(deal: Deal, criterion: ExitCriterion, *, by: User) -> None:
    """Takes the approval back; the deal stays where it has come to."""
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "approve deal", deal)
    gone, _models = CriterionAnswer.objects.filter(deal=deal, criterion=criterion).delete()
    if gone:
        exit_criteria.refresh(deal)
        events.record(
            DealEvent.APPROVAL_WITHDRAWN, deal, by=by, criterion=criterion.pk,
            label_ja=criterion.name_ja, label_en=criterion.name_en,
        )  # fmt: skip


def tell_managers(event: Event) -> None:
    """Subscriber of `deal.approval_asked`: whoever sees the deal and may approve hears of it once; else the administrators."""
    deal = Deal.objects.select_related("owner", "team", "company").get(pk=event.subject_id)
    managers = [
        p
        for p in teams.managers_of(deal.team)
        if access.allows(p, "approve deal", deal) and Deal.objects.visible_to(p).filter(pk=deal.pk).exists()
    ]
    managers = managers or list(User.objects.people().filter(role=User.Role.ADMIN))
    notices.tell(
        managers, topic=f"approval asked {event.pk}", kind=DealEvent.APPROVAL_ASKED, about=deal,
        text=gettext_noop("%(deal)s (%(company)s) waits for your approval."),
        url=deal.get_absolute_url(), deal=deal.name, company=deal.company.short_name,
    )  # fmt: skip


def tell_owner(event: Event) -> None:
    """Subscriber of `deal.approved`: the owner may go on."""
    deal = Deal.objects.select_related("owner", "company").get(pk=event.subject_id)
    if deal.owner_id != event.actor_id:
        notices.tell(
            [deal.owner], topic=f"approved {event.pk}", kind=DealEvent.APPROVED, about=deal,
            text=gettext_noop("%(deal)s (%(company)s) is approved."),
            url=deal.get_absolute_url(), deal=deal.name, company=deal.company.short_name,
        )  # fmt: skip


def tell_of_refusal(event: Event) -> None:
    """Subscriber of `deal.approval_refused`: the owner, and whoever asked, hear why."""
    deal = Deal.objects.select_related("owner", "company").get(pk=event.subject_id)
    asker = User.objects.people().filter(pk=event.data.get("asker")).first()
    people = [p for p in (deal.owner, asker) if p and p.pk != event.actor_id]
    notices.tell(
        people, topic=f"approval refused {event.pk}", kind=DealEvent.APPROVAL_REFUSED, about=deal,
        text=gettext_noop("%(deal)s (%(company)s) is not approved yet: %(note)s"), note=event.data["note"],
        url=deal.get_absolute_url(), deal=deal.name, company=deal.company.short_name,
    )  # fmt: skip


def _require_approval(criterion: ExitCriterion) -> None:
    if criterion.kind != ExitCriterion.Kind.APPROVAL:
        raise ValueError(f"{criterion.code} asks for no approval")
