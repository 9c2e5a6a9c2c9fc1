"""What stands on the screen of a meeting: for whoever leads it, and, as far as they may see it, for everybody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from activities.models import Activity
from dashboards.meeting import agenda, changes, promises
from dashboards.meeting.models import OF_DEALS, Decision, Meeting, Topic
from leads import first_contact
from leads.models import Lead
from pipeline import exit_criteria, stall_words
from pipeline.models import Deal
from staff import access
from staff.models import User


@dataclass(frozen=True)
class Tab:
    """One topic at the top of the screen."""

    topic: Topic
    count: int
    # The place within it, from 1, while it is on the screen.
    at: int
    is_current: bool
    is_done: bool


@dataclass(frozen=True)
class Screen:
    """One item of the agenda as a person sees it."""

    meeting: Meeting
    tabs: list[Tab]
    # Today's decisions about deals that the person may see, newest first.
    decisions: list[Decision]
    # What the topic shows; `deal` is None where there is none, or where the person may not see it.
    deal: Deal | None = None
    is_hidden: bool = False
    of: dict[str, Any] = field(default_factory=dict)

    @property
    def decided(self) -> Decision | None:
        """What was decided today about the deal on the screen."""
        return next((d for d in self.decisions if self.deal and d.deal_id == self.deal.pk), None)


def screen(meeting: Meeting, user: User, now: datetime) -> Screen:
    """The current item. Everything starts at what the person may see."""
    today = timezone.localdate(now)
    seen = _seen(meeting, user)
    decisions = Decision.objects.visible_to(user).standing().filter(meeting=meeting)
    shown = Screen(meeting, _tabs(meeting, seen), list(decisions.with_outcome(today).for_rows()))
    if meeting.topic in OF_DEALS:
        return _with_deal(shown, user, today, seen)
    return Screen(meeting, shown.tabs, shown.decisions, of=_of_topic(meeting, user, today, now, seen))


def _of_topic(
    meeting: Meeting, user: User, today: date, now: datetime, seen: dict[str, list[int]]
) -> dict[str, Any]:
    if meeting.topic == Topic.PROMISES:
        return {
            "promises": promises.before(meeting, user, today),
            "lately": promises.lately(meeting, user, today),
        }
    if meeting.topic == Topic.CHANGES:
        return {"changes": changes.since(meeting, user)}
    if meeting.topic == Topic.CLOCKS:
        return {"clocks": _late(seen[Topic.CLOCKS], user, now)}
    return {"figures": agenda.kpis_of(meeting, user, today)}


def _seen(meeting: Meeting, user: User) -> dict[str, list[int]]:
    """The agenda without what the person may not see: they are not even told how much that is."""
    wanted = {pk for topic in OF_DEALS for pk in meeting.agenda.get(topic, [])}
    deals = set(Deal.objects.visible_to(user).filter(pk__in=wanted).values_list("pk", flat=True))
    leads = set(
        Lead.objects.visible_to(user)
        .filter(pk__in=meeting.agenda.get(Topic.CLOCKS, []))
        .values_list("pk", flat=True)
    )
    return {
        topic: [
            pk for pk in meeting.agenda.get(topic, []) if pk in (leads if topic == Topic.CLOCKS else deals)
        ]
        for topic in (*OF_DEALS, Topic.CLOCKS)
    }


def _tabs(meeting: Meeting, seen: dict[str, list[int]]) -> list[Tab]:
    here = list(Topic).index(Topic(meeting.topic))
    current = meeting.items[meeting.place] if meeting.place < len(meeting.items) else None
    tabs = []
    for number, topic in enumerate(Topic):
        items = seen.get(topic, [])
        at = items.index(current) + 1 if topic == meeting.topic and current in items else 0
        tabs.append(Tab(topic, len(items), at, number == here, number < here))
    return tabs


def deal_on_screen(meeting: Meeting) -> int | None:
    """Its id; None where the topic is of no deals or has none."""
    items = meeting.items
    return items[meeting.place] if meeting.place < len(items) else None


def _with_deal(shown: Screen, user: User, today: date, seen: dict[str, list[int]]) -> Screen:
    pk = deal_on_screen(shown.meeting)
    if pk is None or pk not in seen[shown.meeting.topic]:
        return Screen(shown.meeting, shown.tabs, shown.decisions, is_hidden=pk is not None)
    deal = Deal.objects.visible_to(user).for_cards().get(pk=pk)
    of = {
        "statuses": exit_criteria.statuses(deal),
        "days_in_stage": (today - timezone.localdate(deal.stage_entered_at)).days,
        "stalled_by": stall_words.unless_by_age(deal.stall_why),
        "is_stalled": deal.is_open and deal.stalls_on is not None and deal.stalls_on <= today,
        "learned": _learned(deal, user),
        "earlier": _earlier(deal, shown.meeting, today),
    }
    return Screen(shown.meeting, shown.tabs, shown.decisions, deal=deal, of=of)


def _learned(deal: Deal, user: User) -> Activity | None:
    """The last talk or note that says something."""
    return (
        Activity.objects.visible_to(user)
        .filter(deal=deal)
        .exclude(body="")
        .order_by("-at", "-pk")
        .defer("search_text", "search_grams")
        .first()
    )


def _earlier(deal: Deal, meeting: Meeting, today: date) -> Decision | None:
    """What an earlier meeting decided about the deal."""
    rows = Decision.objects.standing().filter(deal=deal, at__lt=meeting.started_at)
    return rows.with_outcome(today).select_related("owner").first()


@dataclass(frozen=True)
class LateLead:
    lead: Lead
    timer: first_contact.Timer | None


def _late(ids: list[int], user: User, now: datetime) -> list[LateLead]:
    """Leads past their first-contact deadline, and since when."""
    clocks = first_contact.Clocks.for_reader(user)
    rows = Lead.objects.visible_to(user).filter(pk__in=ids).select_related("owner", "channel", "clock_rule")
    return [
        LateLead(lead, first_contact.timer(lead, now, clocks))
        for lead in rows.order_by("first_contact_due_at")
    ]


def people_of(meeting: Meeting) -> list[User]:
    """Who may be given something to do: the team's people, and the managers and executives above them."""
    bosses = (User.Role.MANAGER, User.Role.EXECUTIVE)
    above = [int(pk) for pk in meeting.team.path.strip("/").split("/")]
    people = User.objects.people().select_related("team")
    theirs = people.filter(team__path__startswith=meeting.team.path) | people.filter(
        team__in=above, role__in=bosses
    )
    return list(theirs)


def may_lead(meeting: Meeting, user: User) -> bool:
    return access.allows(user, "lead meeting", meeting)
