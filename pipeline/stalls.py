"""When a deal counts as stalled and why. Who is told of it: `stall_alerts`.

The day and its reason are computed where a fact of the deal changes and stored; badge, list, dashboard and alert read them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from crm.lib import workdays
from crm.lib.text import clean_text
from pipeline import batches
from pipeline.deal_events import DealEvent
from pipeline.models import Deal, Stage, StallRule
from staff import access, events
from staff.models import CompanyProfile, User

if TYPE_CHECKING:
    from staff.models import Event

# Written down, and yet nobody was spoken with.
NO_CONTACT = {"memo"}
# What the customer takes part in; a mail is only ours until an answer is seen.
HEARD = ("call", "meeting", "visit", "reply")
_DAY = timedelta(days=1)


# What `verdict` asks of a deal, and what it answers.
ASKED = (
    "stage", "stage_entered_at", "created_at", "next_action_on", "no_action_since", "close_on", "last_done",
    "snoozed_until", "stalls_on", "stall_why",
)  # fmt: skip


class ReasonMissing(Exception):
    """Putting an alert off asks for a word why."""


class Stall(NamedTuple):
    """From which day the deal stands still, and by which rule (`stall_words` reads the code)."""

    on: date
    why: str


# The rule ---------------------------------------------------------------------------------------------


def verdict(deal: Any, rules: Iterable[StallRule], calendar: workdays.Calendar) -> Stall | None:
    """The first day on which one of the stage's rules says so; None for a closed deal.

    Never on a day the company is closed: nobody stalls over a weekend. A next action that lies ahead pauses it.
    """
    if not deal.stage.is_open:
        return None
    entered = timezone.localdate(deal.stage_entered_at) + timedelta(days=deal.stage.patience_days)
    found = [Stall(_after_the_plan(deal, entered), f"age:{deal.stage.patience_days}")]
    for rule in rules:
        day = _day_of(rule, deal)
        if day is not None:
            found.append(Stall(_after_the_plan(deal, day) if rule.is_paused_by_a_plan else day, rule.code))
    first = min(found, key=lambda stall: stall.on)
    day = max(first.on, deal.snoozed_until) if deal.snoozed_until else first.on
    return Stall(workdays.add(day, 0, calendar), first.why)


def _after_the_plan(deal: Deal, day: date) -> date:
    return max(day, deal.next_action_on + _DAY) if deal.next_action_on else day


def _day_of(rule: StallRule, deal: Deal) -> date | None:
    """The day by this rule alone; None when it does not apply to the deal as it is."""
    kind, days = StallRule.Kind, timedelta(days=rule.days)
    if rule.kind == kind.SILENCE:
        return (_last(deal, set(deal.last_done) - NO_CONTACT) or timezone.localdate(deal.created_at)) + days
    if rule.kind == kind.NO_ACTION:
        since = deal.no_action_since or timezone.localdate(deal.stage_entered_at)
        return None if deal.next_action_on else since + max(days, _DAY)
    if rule.kind == kind.OVERDUE:
        return deal.next_action_on + max(days, _DAY) if deal.next_action_on else None
    if rule.kind == kind.CLOSE:
        return deal.close_on + max(days, _DAY) if deal.close_on else None
    if rule.kind == kind.UNANSWERED:
        mailed = _moment(deal, ["mail"])
        heard = _moment(deal, HEARD)
        return timezone.localdate(mailed) + days if mailed and (heard is None or heard < mailed) else None
    return _absent_on(rule, deal, days)


def _absent_on(rule: StallRule, deal: Deal, days: timedelta) -> date | None:
    if rule.after == StallRule.ENTERED:
        begins: datetime | None = deal.stage_entered_at
    elif rule.after == StallRule.CREATED:
        begins = deal.created_at
    else:
        begins = _moment(deal, [rule.after])
    done = _moment(deal, [rule.activity_kind])
    if begins is None or (done is not None and done >= begins):
        return None
    return timezone.localdate(begins) + days


def _moment(deal: Deal, kinds: Iterable[str]) -> datetime | None:
    found = [deal.last_done[kind] for kind in kinds if kind in deal.last_done]
    return datetime.fromisoformat(max(found)) if found else None


def _last(deal: Deal, kinds: Iterable[str]) -> date | None:
    moment = _moment(deal, kinds)
    return timezone.localdate(moment) if moment else None


def settle(deal: Deal, rules: Iterable[StallRule], calendar: workdays.Calendar) -> bool:
    """Sets the stored answer on the deal, which the caller saves. True when it has changed."""
    found = verdict(deal, rules, calendar)
    before = deal.stalls_on, deal.stall_why
    deal.stalls_on, deal.stall_why = found or (None, "")
    return before != (deal.stalls_on, deal.stall_why)


def settle_many(deals: Iterable[Deal]) -> None:
    """The same for many deals of any stages, in two statements; the caller saves."""
    calendar, by_stage = CompanyProfile.load().calendar(), defaultdict(list)
    for rule in StallRule.objects.filter(is_active=True):
        by_stage[rule.stage_id].append(rule)
    for deal in deals:
        settle(deal, by_stage[deal.stage_id], calendar)


def due_on(deal: Deal) -> date | None:
    """The day as the rules of the deal's stage say it now."""
    rules = StallRule.objects.filter(stage=deal.stage_id, is_active=True)
    found = verdict(deal, rules, CompanyProfile.load().calendar())
    return found.on if found else None


# After a rule or the calendar has changed -------------------------------------------------------------


def recompute(stage: Stage) -> int:
    """The stage's open deals get their day anew, in batches. Returns how many changed."""
    rules = list(StallRule.objects.filter(stage=stage, is_active=True))
    calendar = CompanyProfile.load().calendar()
    return sum(_recompute(batch, rules, calendar) for batch in batches.of_open_deals(stage, *ASKED))


def _recompute(deals: list[Deal], rules: list[StallRule], calendar: workdays.Calendar) -> int:
    changed = [deal for deal in deals if settle(deal, rules, calendar)]
    return Deal.objects.bulk_update(changed, ["stalls_on", "stall_why"]) if changed else 0


def recompute_all() -> int:
    """All open deals, stage by stage, after the calendar has changed."""
    return sum(recompute(stage) for stage in Stage.objects.filter(kind=Stage.Kind.OPEN).order_by("pk"))


def look_over() -> int:
    """The same nightly, so that no change of rules is ever forgotten. Only what is wrong is locked, and looked at again."""
    return sum(_look_over(stage) for stage in Stage.objects.filter(kind=Stage.Kind.OPEN).order_by("pk"))


def _look_over(stage: Stage) -> int:
    rules = list(StallRule.objects.filter(stage=stage, is_active=True))
    calendar, changed = CompanyProfile.load().calendar(), 0
    for batch in batches.facts_of_open_deals(stage, *ASKED[1:]):
        wrong = [facts.pk for facts in batch if verdict(facts, rules, calendar) != _stored(facts)]
        if wrong:
            with transaction.atomic():
                changed += _recompute(batches.locked(stage, wrong, *ASKED), rules, calendar)
    return changed


def _stored(deal: Any) -> Stall | None:
    return Stall(deal.stalls_on, deal.stall_why) if deal.stalls_on else None


def follow_calendar(event: Event) -> None:
    """Subscriber of `calendar.changed`."""
    recompute_all()


def follow_rules(event: Event) -> None:
    """Subscriber of `stage.stall_rules_edited`."""
    recompute(Stage.objects.get(pk=event.subject_id))


# Putting it off ---------------------------------------------------------------------------------------


@transaction.atomic
def snooze(deal: Deal, until: date, reason: str, *, by: User) -> Deal:
    """The deal does not count as stalled before that day; the reason stands in its history."""
    reason = clean_text(reason).strip()[:200]
    if not reason:
        raise ReasonMissing
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "edit deal", deal)
    before, deal.snoozed_until = deal.snoozed_until, until
    _save_settled(deal)
    events.record(
        DealEvent.SNOOZED, deal, by=by, reason=reason, before={"snoozed_until": before},
        after={"snoozed_until": until},
    )  # fmt: skip
    return deal


@transaction.atomic
def wake(deal: Deal, *, by: User) -> Deal:
    """Takes a snooze back."""
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "edit deal", deal)
    before, deal.snoozed_until = deal.snoozed_until, None
    if before:
        _save_settled(deal)
        events.record(
            DealEvent.SNOOZED, deal, by=by, before={"snoozed_until": before}, after={"snoozed_until": None}
        )
    return deal


def _save_settled(deal: Deal) -> None:
    rules = StallRule.objects.filter(stage=deal.stage_id, is_active=True)
    settle(deal, rules, CompanyProfile.load().calendar())
    deal.save(update_fields=["snoozed_until", "stalls_on", "stall_why"])
