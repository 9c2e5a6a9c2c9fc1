"""When a deal counts as stalled, and telling its owner and manager once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from crm.lib import workdays
from pipeline import batches
from pipeline.deal_events import DealEvent
from pipeline.models import Deal, Stage
from staff import events, notices, teams
from staff.models import CompanyProfile, User

if TYPE_CHECKING:
    from staff.models import Event


def due_on(deal: Deal, calendar: workdays.Calendar | None = None) -> date | None:
    """The day the deal counts as stalled: its stage's patience, in days, after it entered the stage; None when closed.

    Never on a day the company is closed: nobody stalls over a weekend.
    """
    if not deal.stage.is_open:
        return None
    day = timezone.localdate(deal.stage_entered_at) + timedelta(days=deal.stage.patience_days)
    return workdays.add(day, 0, calendar or CompanyProfile.load().calendar())


def recompute(stage: Stage) -> int:
    """After an admin changed the stage's patience: its open deals get their day anew. Returns how many changed."""
    return sum(_recompute(batch) for batch in batches.of_open_deals(stage))


def _recompute(deals: list[Deal]) -> int:
    changed, calendar = [], CompanyProfile.load().calendar()
    for deal in deals:
        day = due_on(deal, calendar)
        if deal.stalls_on != day:
            deal.stalls_on = day
            changed.append(deal)
    return Deal.objects.bulk_update(changed, ["stalls_on"]) if changed else 0


def follow_calendar(event: Event) -> None:
    """Subscriber of `calendar.changed`: all open deals get their day anew, stage by stage, in batches."""
    recompute_all()


def recompute_all() -> int:
    return sum(recompute(stage) for stage in Stage.objects.filter(kind=Stage.Kind.OPEN).order_by("pk"))


def raise_alerts(today: date, *, by: User) -> int:
    """Once per deal and due day; a deal that moves on is armed again by its new due day. Returns how many."""
    raised = 0
    for deal in list(_without_alert(today).order_by("stalls_on", "pk").defer("search_text", "search_grams")):
        with transaction.atomic():
            claim = _without_alert(today).filter(pk=deal.pk, stalls_on=deal.stalls_on)
            if claim.update(stall_alerted_for=F("stalls_on")):  # 0: another worker was first
                events.record(DealEvent.STALLED, deal, by=by, stalls_on=deal.stalls_on, stage=deal.stage_id)
                raised += 1
    return raised


def _without_alert(today: date):  # type: ignore[no-untyped-def]
    return Deal.objects.stalled(today).filter(
        ~Q(stall_alerted_for=F("stalls_on")) | Q(stall_alerted_for=None)
    )


def tell(event: Event) -> None:
    """Subscriber of `deal.stalled`: the owner and the managers above hear of this occurrence once."""
    deal = Deal.objects.select_related("owner", "team", "company", "stage").get(pk=event.subject_id)
    if not deal.stalls_on or deal.stalls_on.isoformat() != event.data["stalls_on"]:
        return  # it moved on before we came to tell
    notices.tell(
        [deal.owner, *teams.managers_of(deal.team)],
        topic=f"deal {deal.pk} stalled {event.data['stalls_on']}",
        kind=DealEvent.STALLED,
        text=gettext_noop("%(deal)s (%(company)s) has been in its stage too long."),
        url=deal.get_absolute_url(),
        about=deal,
        deal=deal.name,
        company=deal.company.short_name,
    )
