"""The agenda: drawn up from the week, walked through item by item, closed with its figures."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from crm.lib import fiscal
from crm.lib.questions import ask_together
from dashboards.figures import kpis, periods
from dashboards.meeting.meeting_events import MeetingEvent
from dashboards.meeting.models import OF_DEALS, Meeting, Topic
from leads.models import Lead
from pipeline.models import Deal
from staff import access, events
from staff.models import Team, User

WEEK = timedelta(days=7)
# More than this nobody decides in one meeting; the rest stands in the list that the page links to.
MOST_ITEMS = 60


class MeetingOver(Exception):
    """The meeting has ended: nothing more is decided in it."""


def draw_up(user: User, team: Team, today: date, now: datetime) -> dict[str, list[int]]:
    """What there is to go through for the team, as far as whoever leads may see it; the most valuable first."""
    below = team.subtree_ids()
    deals = Deal.objects.visible_to(user).filter(team__in=below)
    by_amount = (F("amount").desc(nulls_last=True), "pk")
    stalled = list(deals.stalled(today).order_by(*by_amount).values_list("pk", flat=True)[:MOST_ITEMS])
    idle = deals.without_next_action().exclude(pk__in=stalled).order_by(*by_amount)
    late = Lead.objects.visible_to(user).breached(now).filter(team__in=below)
    return {
        Topic.STALLED: stalled,
        Topic.IDLE: list(idle.values_list("pk", flat=True)[:MOST_ITEMS]),
        Topic.CLOCKS: list(late.order_by("first_contact_due_at").values_list("pk", flat=True)[:MOST_ITEMS]),
    }


def last_before(team: Team, moment: datetime) -> Meeting | None:
    """The meeting that this team held before."""
    return Meeting.objects.filter(team=team, started_at__lt=moment).order_by("-started_at").first()


@transaction.atomic
def start(team: Team, *, by: User, now: datetime, minutes: int = 30) -> Meeting:
    """Begins the team's meeting, or gives the one that is running already; one that was forgotten is over with its day."""
    # Two who press at once get the same meeting.
    Team.objects.select_for_update().get(pk=team.pk)
    access.require(by, "hold meeting", team)
    today, running = timezone.localdate(now), Meeting.objects.running().filter(team=team).first()
    if running is not None and running.held_on >= today:
        return running
    if running is not None:
        _close_forgotten(running, by=by, now=now)
    before = last_before(team, now)
    meeting = Meeting.objects.create(
        team=team, led_by=by, held_on=today, started_at=now, minutes=minutes,
        since=before.started_at if before else now - WEEK,
        agenda=draw_up(by, team, today, now),
    )  # fmt: skip
    events.record(MeetingEvent.STARTED, meeting, by=by, at=now, team=team.name)
    return meeting


def _close_forgotten(meeting: Meeting, *, by: User, now: datetime) -> None:
    """Nobody ended it: it was over with its last decision. What the KPIs were by then nobody wrote down."""
    meeting = Meeting.objects.select_for_update().get(pk=meeting.pk)
    last = meeting.decisions.order_by("-at").values_list("at", flat=True).first()
    meeting.ended_at = last or meeting.started_at + timedelta(minutes=meeting.minutes)
    meeting.version += 1
    meeting.save(update_fields=["ended_at", "version"])
    decided = meeting.decisions.standing().count()
    events.record(MeetingEvent.ENDED, meeting, by=by, at=now, decisions=decided, forgotten=True)


@transaction.atomic
def go_to(meeting: Meeting, topic: str, place: int, *, by: User) -> Meeting:
    """Puts another item on the screen, and on those of everybody who follows."""
    meeting = locked(meeting, by=by)
    meeting.topic = Topic(topic)
    meeting.place = max(0, min(place, len(meeting.items) - 1)) if meeting.items else 0
    return _saved(meeting)


def step(meeting: Meeting, by: int) -> tuple[str, int]:
    """The item so many further on (or back): within the topic, else in the next one that has something to show."""
    if 0 <= meeting.place + by < len(meeting.items):
        return meeting.topic, meeting.place + by
    topics = list(Topic)
    here = topics.index(Topic(meeting.topic)) + by
    while 0 <= here < len(topics):
        topic, items = topics[here], meeting.agenda.get(topics[here], [])
        if items or topic in (Topic.PROMISES, Topic.CHANGES, Topic.FIGURES):
            return topic, len(items) - 1 if by < 0 and topic in OF_DEALS else 0
        here += by
    return meeting.topic, meeting.place


def locked(meeting: Meeting, *, by: User) -> Meeting:
    """The meeting under its lock, for whoever leads it while it runs."""
    meeting = Meeting.objects.select_for_update().get(pk=meeting.pk)
    access.require(by, "lead meeting", meeting)
    if not meeting.is_running:
        raise MeetingOver
    return meeting


def went_on(meeting: Meeting, to: tuple[str, int]) -> Meeting:
    """A locked meeting shows another item."""
    meeting.topic, meeting.place = to
    return _saved(meeting)


def _saved(meeting: Meeting) -> Meeting:
    meeting.version += 1
    meeting.save(update_fields=["topic", "place", "version"])
    return meeting


@transaction.atomic
def end(meeting: Meeting, *, by: User, now: datetime) -> Meeting:
    """Closes the meeting; the three KPIs stay in its minutes as they are now."""
    meeting = locked(meeting, by=by)
    meeting.ended_at, meeting.figures = now, figures_of(meeting, by, timezone.localdate(now))
    meeting.version += 1
    meeting.save(update_fields=["ended_at", "figures", "version"])
    events.record(MeetingEvent.ENDED, meeting, by=by, at=now, decisions=meeting.decisions.standing().count())
    return meeting


@transaction.atomic
def reopen(meeting: Meeting, *, by: User) -> Meeting:
    """Takes the end back, unless the team has begun another meeting since."""
    Team.objects.select_for_update().get(pk=meeting.team_id)
    meeting = Meeting.objects.select_for_update().get(pk=meeting.pk)
    access.require(by, "lead meeting", meeting)
    if meeting.is_running or Meeting.objects.running().filter(team=meeting.team_id).exists():
        return meeting
    meeting.ended_at, meeting.figures = None, {}
    meeting.version += 1
    meeting.save(update_fields=["ended_at", "figures", "version"])
    events.record(MeetingEvent.REOPENED, meeting, by=by)
    return meeting


def kpis_of(meeting: Meeting, user: User, today: date) -> dict[str, Any]:
    """The three KPIs of the meeting's team in this quarter, from what the person may see."""
    below = meeting.team.subtree_ids()
    spans = periods.with_previous(fiscal.quarter_of(today, user.company.fiscal_start_month))
    deals = Deal.objects.visible_to(user).filter(team__in=below)
    leads = Lead.objects.visible_to(user).filter(team__in=below)
    return ask_together(
        rate=kpis.lead_to_deal_rate(leads, *spans),
        lead_time=kpis.lead_time(deals, *spans),
        stages=kpis.stage_rates(deals, *spans),
    )


def figures_of(meeting: Meeting, user: User, today: date) -> dict[str, Any]:
    """The same as plain numbers, to be kept."""
    found = kpis_of(meeting, user, today)
    return {
        "rate": [found["rate"].now.part, found["rate"].now.whole],
        "lead_time": [
            found["lead_time"].now.count, found["lead_time"].now.average, found["lead_time"].now.median
        ],
        "stages": [
            {"ja": r.stage.name_ja, "en": r.stage.name_en, "won": [r.won.now.part, r.won.now.whole]}
            for r in found["stages"]
        ],
    }  # fmt: skip
