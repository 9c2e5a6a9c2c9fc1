"""Approvals that a stage asks for: a manager lets the deal pass, by name, for the amount that it has now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from crm.lib.text import clean_text
from pipeline import exit_criteria
from pipeline.deal_events import DealEvent
from pipeline.models import CriterionAnswer, Deal, ExitCriterion
from staff import access, events, notices, teams, versions
from staff.models import User

if TYPE_CHECKING:
    from staff.models import Event


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
    """Subscriber of `deal.approval_asked`: whoever may approve hears of it once."""
    deal = Deal.objects.select_related("owner", "team", "company").get(pk=event.subject_id)
    managers = [p for p in teams.managers_of(deal.team) if access.allows(p, "approve deal", deal)]
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


def _require_approval(criterion: ExitCriterion) -> None:
    if criterion.kind != ExitCriterion.Kind.APPROVAL:
        raise ValueError(f"{criterion.code} asks for no approval")
