"""When a deal counts as stalled and why, and telling the owner once, then the manager.

The day and its reason are computed where a fact of the deal changes and stored; badge, list, dashboard and alert read them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from crm.lib import workdays
from crm.lib.text import clean_text
from pipeline import batches, stall_words
from pipeline.deal_events import DealEvent
from pipeline.models import Deal, Stage, StallRule
from staff import access, events, notices, teams, working_time
from staff.models import CompanyProfile, User

if TYPE_CHECKING:
    from staff.models import Event

# Written down, and yet nobody was spoken with.
NO_CONTACT = {"memo"}
# What the customer takes part in; a mail is only ours until an answer is seen.
HEARD = ("call", "meeting", "visit", "reply")
_DAY = timedelta(days=1)
_AT_ONCE = 200


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


def verdict(deal: Deal, rules: Iterable[StallRule], calendar: workdays.Calendar) -> Stall | None:
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
    """All open deals, stage by stage; nightly, so that no change of rules is ever forgotten."""
    return sum(recompute(stage) for stage in Stage.objects.filter(kind=Stage.Kind.OPEN).order_by("pk"))


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


# Telling ----------------------------------------------------------------------------------------------


def raise_alerts(today: date, *, by: User) -> int:
    """Once per deal and due day; a deal that moves on is armed again by its new due day. Returns how many."""
    told = ~Q(stall_alerted_for=F("stalls_on")) | Q(stall_alerted_for=None)
    return _claim(Deal.objects.stalled(today).filter(told), "stall_alerted_for", DealEvent.STALLED, by=by)


def raise_escalations(today: date, *, by: User) -> int:
    """The same for the managers, once the owner has known for as many business days as the stage gives them."""
    told = Q(stall_alerted_for=F("stalls_on")) & (
        ~Q(stall_escalated_for=F("stalls_on")) | Q(stall_escalated_for=None)
    )
    calendar, raised = CompanyProfile.load().calendar(), 0
    for stage in Stage.objects.filter(kind=Stage.Kind.OPEN).order_by("pk"):
        since = (
            workdays.add(today, -stage.tell_manager_after, calendar) if stage.tell_manager_after else today
        )
        due = Deal.objects.stalled(min(since, today)).filter(told, stage=stage)
        raised += _claim(due, "stall_escalated_for", DealEvent.STALL_ESCALATED, by=by)
    return raised


def _claim(due: Any, mark: str, kind: DealEvent, *, by: User) -> int:
    """Marks the deals and records one event for each, some hundred a transaction; another worker's are left to it."""
    raised = 0
    while True:
        with transaction.atomic():
            rows = due.order_by("stalls_on", "pk").defer("search_text", "search_grams")
            deals = list(rows.select_for_update(skip_locked=True)[:_AT_ONCE])
            if not deals:
                return raised
            Deal.objects.filter(pk__in=[d.pk for d in deals]).update(**{mark: F("stalls_on")})
            events.record_all(
                events.build(kind, d, by=by, stalls_on=d.stalls_on, stage=d.stage_id, why=d.stall_why)
                for d in deals
            )
            raised += len(deals)


def tell(event: Event) -> None:
    """Subscriber of `deal.stalled`: the owner hears of this occurrence once; while they are away, their managers too."""
    deal = _still_stalled(event)
    if deal is None:
        return
    people = [deal.owner]
    if deal.owner_id in working_time.away_on(timezone.localdate()):
        people += teams.managers_of(deal.team)
    _tell(people, deal, event, f"deal {deal.pk} stalled {event.data['stalls_on']}", DealEvent.STALLED)


def tell_managers(event: Event) -> None:
    """Subscriber of `deal.stall_escalated`."""
    deal = _still_stalled(event)
    if deal is not None:
        topic = f"deal {deal.pk} stalled {event.data['stalls_on']}"
        _tell(teams.managers_of(deal.team), deal, event, topic, DealEvent.STALL_ESCALATED)


def _still_stalled(event: Event) -> Deal | None:
    """The deal, unless it has moved on before we came to tell."""
    deal = Deal.objects.for_cards().select_related("team").get(pk=event.subject_id)
    return deal if deal.stalls_on and deal.stalls_on.isoformat() == event.data["stalls_on"] else None


def _tell(people: list[User], deal: Deal, event: Event, topic: str, kind: DealEvent) -> None:
    notices.tell(
        people,
        topic=topic,
        kind=kind,
        text=gettext_noop("%(deal)s (%(company)s) stands still: %(reason)s"),
        url=deal.get_absolute_url(),
        about=deal,
        deal=deal.name,
        company=deal.company.short_name,
        owner=deal.owner.family_name,
        **stall_words.parts(event.data.get("why", "")),
    )


def tell_weekly(today: date) -> int:
    """On the first business day of a week: what stands still, to each owner and to the managers above. Returns how many."""
    calendar = CompanyProfile.load().calendar()
    monday = today - timedelta(days=today.weekday())
    if workdays.add(monday, 0, calendar) != today:
        return 0
    counted: dict[int, list[int]] = {}
    stalled = Deal.objects.stalled(today).values_list("owner", "team", "stalls_on")
    managers: dict[int, list[User]] = {}
    people = {user.pk: user for user in User.objects.people().select_related("team")}
    for owner, team, day in stalled.iterator(chunk_size=2000):
        if team not in managers and owner in people:
            managers[team] = teams.managers_of(people[owner].team)
        for pk in {owner, *(m.pk for m in managers.get(team, []))} & set(people):
            row = counted.setdefault(pk, [0, 0])
            row[0] += 1
            row[1] += day is not None and day > monday - timedelta(days=7)
    for pk, (count, new) in counted.items():
        notices.tell(
            [people[pk]], topic=f"stalled in the week of {monday}", kind=DealEvent.STALLED,
            text=gettext_noop("This week: %(count)s deals stand still, %(new)s of them since a week"),
            url="/deals/list/?stalled=1", count=count, new=new,
        )  # fmt: skip
    return len(counted)
