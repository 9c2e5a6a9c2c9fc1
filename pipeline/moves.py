"""Moving a deal through its stages: the one way, whatever the door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.lib.text import clean_text
from pipeline import exit_criteria, stalls, weights
from pipeline.deal_events import DealEvent
from pipeline.exit_criteria import Standing
from pipeline.models import Deal, ExitCriterion, LossReason, Stage, StageMove, WinReason
from pipeline.way import Way
from staff import access, events, versions
from staff.models import Event, User


class ReasonMissing(Exception):
    """Going back, waiving and losing ask for a word why."""


@dataclass(frozen=True)
class Won:
    """Why a deal was won, in the company's own words."""

    reason: WinReason | None = None
    note: str = ""


@transaction.atomic
def move_deal(
    deal: Deal,
    to: Stage,
    *,
    by: User,
    seen: int,
    waiver: str = "",
    reason: str = "",
    won: Won | None = None,
    at: datetime | None = None,
) -> Deal:
    """Put the deal into another stage. Going forward asks for every criterion on the way, or a waiver by a manager.

    `seen` is the version of the deal that the person decided on. Going back, or opening a closed deal again, asks for
    a reason; `won` says why it was won. Raises NotMet, Stale, ReasonMissing or PermissionDenied; then nothing has changed.
    """
    # Two people may drag the same card at once; the second sees where the first has put it.
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "move deal", deal)
    if to.pk == deal.stage_id:
        return deal
    versions.require(deal, seen)
    return move_locked(Standing(deal), to, by=by, waiver=waiver, reason=reason, won=won, at=at)


def move_locked(
    standing: Standing,
    to: Stage,
    *,
    by: User,
    waiver: str = "",
    reason: str = "",
    won: Won | None = None,
    at: datetime | None = None,
    happened: list[Event] | None = None,
) -> Deal:
    """The same for a locked deal; what else has changed on it is stored with it, `happened` recorded before the move."""
    deal = standing.deal
    if to.pipeline_id != deal.stage.pipeline_id:
        raise ValueError("a deal stays in its pipeline")
    if to.kind == Stage.Kind.GONE:
        raise ValueError("this stage was given up")
    if to.kind == Stage.Kind.LOST:
        raise ReasonMissing(_("A lost deal needs its reason."))
    if asks_reason(deal, to) and not clean_text(reason).strip():
        raise ReasonMissing(_("Going back asks for a word why."))
    waived = _pass_the_gate(standing, to, by=by, waiver=waiver)
    if won and to.kind == Stage.Kind.WON:
        deal.win_reason, deal.outcome_note = won.reason, clean_text(won.note).strip()
    return _enter(
        standing, to, by=by, at=at, waiver=waiver if waived else "", waived=waived, reason=reason,
        happened=happened,
    )  # fmt: skip


@transaction.atomic
def lose_deal(
    deal: Deal,
    *,
    by: User,
    seen: int,
    reason: LossReason,
    competitor: str = "",
    note: str = "",
    call_again_on: date | None = None,
    at: datetime | None = None,
) -> Deal:
    """Close the deal as lost. It asks no criteria, but a reason from the company's list."""
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "move deal", deal)
    versions.require(deal, seen)
    standing = Standing(deal)
    if deal.stage.kind == Stage.Kind.LOST:
        return deal
    deal.loss_reason, deal.outcome_note, deal.call_again_on = reason, clean_text(note).strip(), call_again_on
    deal.win_reason = None
    competitor_before, deal.competitor = deal.competitor, clean_text(competitor).strip() or deal.competitor
    return _enter(
        standing, standing.way.lost, by=by, at=at, reason=reason.code,
        competitor_before=competitor_before, reason_ja=reason.name_ja, reason_en=reason.name_en,
    )  # fmt: skip


@transaction.atomic
def take_back(deal: Deal, *, by: User, seen: int) -> Deal:
    """Undoes the last move, as long as nobody changed the deal since (`seen` is the version that the move produced).

    Raises Stale, or NotMet when that would be a way forwards past the gate.

    The deal stands where it stood, since the day it had come there: taking back does not rewind the stall clock.
    """
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "move deal", deal)
    versions.require(deal, seen)
    standing, last = Standing(deal), deal.moves.order_by("-pk").first()
    # Opening again is itself the way back from a loss; taking that back would need the loss anew.
    if last is None or last.from_stage_id is None or not standing.way.stage(last.from_stage_id).is_open:
        raise versions.Stale(deal)
    back = standing.way.stage(last.from_stage_id)
    _ask_again(standing, back)
    if deal.stage.kind == Stage.Kind.LOST:
        deal.competitor = _before_the_loss(deal)
    before = deal.moves.filter(to_stage=last.from_stage_id, pk__lt=last.pk).order_by("-pk").first()
    return _enter(
        standing,
        back,
        by=by,
        at=None,
        reason=_("undone"),
        since=before.at if before else None,
        undo=True,
    )


def _ask_again(standing: Standing, back: Stage) -> None:
    """Taking a step back back goes forwards: what was found out may have been taken away since. Waivers still hold."""
    waived = {pk for move in standing.deal.moves.exclude(waived=[]) for pk in move.waived}
    missing = [c for c in standing.unmet_on_the_way(back) if c.pk not in waived]
    if standing.deal.stage.is_open and missing:
        raise exit_criteria.NotMet(missing)


def asks_reason(deal: Deal, to: Stage) -> bool:
    """Whether a move there goes back, or opens a closed deal again."""
    return not deal.stage.is_open or (to.is_open and to.position < deal.stage.position)


def begin(deal: Deal, way: Way, *, by: User, at: datetime) -> None:
    """Saves a new deal in the first stage of its way, with the move that the database asks for."""
    deal.stage, deal.stage_entered_at = way.first, at
    stalls.settle(deal, way.stall_rules_of(deal.stage), by.company.calendar())
    weights.weigh(deal)
    exit_criteria.Standing.of_new(deal, way).count()
    deal.save()
    StageMove.objects.create(deal=deal, from_stage=None, to_stage=deal.stage, by=by, at=at)


def _pass_the_gate(standing: Standing, to: Stage, *, by: User, waiver: str) -> list[ExitCriterion]:
    """The criteria that a manager waived; raises NotMet when some are missing and nobody did."""
    missing = standing.unmet_on_the_way(to)
    if not missing:
        return []
    if not clean_text(waiver).strip():
        raise exit_criteria.NotMet(missing)
    access.require(by, "waive criteria", standing.deal)
    return missing


def _enter(
    standing: Standing,
    to: Stage,
    *,
    by: User,
    at: datetime | None,
    waiver: str = "",
    waived: Sequence[ExitCriterion] = (),
    reason: str = "",
    since: datetime | None = None,
    happened: list[Event] | None = None,
    **data: Any,
) -> Deal:
    """The change itself: history row, stored answers, event."""
    deal = standing.deal
    now, came_from = at or timezone.now(), deal.stage
    StageMove.objects.create(
        deal=deal, from_stage=came_from, to_stage=to, by=by, at=now,
        waiver=clean_text(waiver)[:200], waived_count=len(waived),
        waived=[c.pk for c in waived], reason=clean_text(reason)[:200],
    )  # fmt: skip
    deal.stage, deal.stage_entered_at = to, since or now
    deal.closed_at = None if to.is_open else now
    if to.is_open:
        deal.loss_reason, deal.win_reason, deal.left_stage = None, None, None
        deal.outcome_note, deal.call_again_on = "", None
    elif came_from.is_open:
        deal.left_stage = came_from
    deal.snoozed_until = None
    stalls.settle(deal, standing.way.stall_rules_of(to), by.company.calendar())
    deal.version += 1
    weights.weigh(deal)
    standing.count(closed_from=came_from)
    deal.save()
    moved = events.build(
        _kind(came_from, to), deal, by=by, at=at, before={"stage": came_from.pk}, after={"stage": to.pk},
        from_ja=came_from.name_ja, from_en=came_from.name_en, to_ja=to.name_ja, to_en=to.name_en,
        waived=len(waived), waiver=waiver, reason=reason, amount=deal.amount, version=deal.version, **data,
    )  # fmt: skip
    events.record_all([*(happened or []), moved])
    return deal


def _before_the_loss(deal: Deal) -> str:
    lost = Event.objects.filter(deal_id=deal.pk, kind=DealEvent.LOST).order_by("-pk").first()
    return lost.data.get("competitor_before", deal.competitor) if lost else deal.competitor


def _kind(from_stage: Stage, to: Stage) -> DealEvent:
    if to.kind == Stage.Kind.WON:
        return DealEvent.WON
    if to.kind == Stage.Kind.LOST:
        return DealEvent.LOST
    return DealEvent.MOVED if from_stage.is_open else DealEvent.REOPENED
