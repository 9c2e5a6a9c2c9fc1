"""Telling of deals that stand still: each occurrence once to the owner, some days later to the managers, weekly in one line.

Some hundred are claimed in one transaction, with an event for each deal and one for all of them, which is what
subscribers hear: a thousand alerts are told in a few steps, not in two thousand.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from crm.lib import workdays
from pipeline import stall_words
from pipeline.deal_events import DealEvent, StallEvent
from pipeline.models import Deal, Stage
from staff import events, notices, teams, working_time
from staff.models import CompanyProfile, Event, Notification, User

_AT_ONCE = 200
# What stands for all events of a kind that were recorded together.
_TOGETHER = {DealEvent.STALLED: StallEvent.RAISED, DealEvent.STALL_ESCALATED: StallEvent.ESCALATED}


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
            made = events.record_all(
                events.build(kind, d, by=by, stalls_on=d.stalls_on, stage=d.stage_id, why=d.stall_why)
                for d in deals
            )
            events.record(_TOGETHER[kind], by, by=by, events=[e.pk for e in made], count=len(made))
            raised += len(deals)


def tell(event: Event) -> None:
    """Subscriber of `stalls.raised`: each owner hears of it once; while they are away, their managers too."""
    away = working_time.away_on(timezone.localdate())
    managers = _Managers()
    told = [
        (one, deal, [deal.owner, *(managers.of(deal) if deal.owner_id in away else ())])
        for one, deal in still_stalled(event)
    ]
    _tell(told, DealEvent.STALLED)


def tell_managers(event: Event) -> None:
    """Subscriber of `stalls.escalated`."""
    managers = _Managers()
    told = [(one, deal, managers.of(deal)) for one, deal in still_stalled(event)]
    _tell(told, DealEvent.STALL_ESCALATED)


def still_stalled(event: Event) -> Iterator[tuple[Event, Deal]]:
    """What the event stands for: the deals, but those that have moved on before we came to tell."""
    of_deals = Event.objects.filter(pk__in=event.data["events"]).order_by("pk")
    rows = Deal.objects.for_cards().select_related("team")
    deals = rows.in_bulk([one.subject_id for one in of_deals])
    for one in of_deals:
        deal = deals.get(one.subject_id)
        if deal and deal.stalls_on and deal.stalls_on.isoformat() == one.data["stalls_on"]:
            yield one, deal


class _Managers:
    """Those above a deal, asked once for each team."""

    def __init__(self) -> None:
        self._of_team: dict[int, list[User]] = {}

    def of(self, deal: Deal) -> list[User]:
        if deal.team_id not in self._of_team:
            self._of_team[deal.team_id] = teams.managers_of(deal.team)
        return self._of_team[deal.team_id]


def _tell(told: list[tuple[Event, Deal, list[User]]], kind: DealEvent) -> None:
    notices.store([notice for one, deal, people in told for notice in _notices(one, deal, people, kind)])


def _notices(event: Event, deal: Deal, people: list[User], kind: DealEvent) -> list[Notification]:
    return notices.build(
        people, topic=f"deal {deal.pk} stalled {event.data['stalls_on']}", kind=kind,
        text=gettext_noop("%(deal)s (%(company)s) stands still: %(reason)s"),
        url=deal.get_absolute_url(), about=deal, deal=deal.name, company=deal.company.short_name,
        owner=deal.owner.family_name, **stall_words.parts(event.data.get("why", "")),
    )  # fmt: skip


def tell_weekly(today: date) -> int:
    """On the first business day of a week: what stands still, to each owner and to the managers above. Returns how many."""
    calendar = CompanyProfile.load().calendar()
    monday = today - timedelta(days=today.weekday())
    if workdays.add(monday, 0, calendar) != today:
        return 0
    counted: dict[int, list[int]] = {}
    stalled = Deal.objects.stalled(today)
    managers: dict[int, list[User]] = {}
    people = {user.pk: user for user in User.objects.people().select_related("team")}
    restricted = set(stalled.filter(company__is_restricted=True).values_list("pk", flat=True))

    @cache
    def seen_by(person: int) -> set[int]:
        rows = Deal.objects.visible_to(people[person]).filter(pk__in=restricted)
        return set(rows.values_list("pk", flat=True))

    rows = stalled.values_list("pk", "owner", "team", "stalls_on")
    for pk, owner, team, day in rows.iterator(chunk_size=2000):
        if team not in managers and owner in people:
            managers[team] = teams.managers_of(people[owner].team)
        for person in {owner, *(m.pk for m in managers.get(team, []))} & people.keys():
            if pk in restricted and pk not in seen_by(person):
                continue
            row = counted.setdefault(person, [0, 0])
            row[0] += 1
            row[1] += day is not None and day > monday - timedelta(days=7)
    for pk, (count, new) in counted.items():
        notices.tell(
            [people[pk]], topic=f"stalled in the week of {monday}", kind=DealEvent.STALLED,
            text=gettext_noop("This week: %(count)s deals stand still, %(new)s of them since a week"),
            url="/deals/list/?stalled=1", count=count, new=new,
        )  # fmt: skip
    return len(counted)
