"""What the screen proposes for each decision, so that two key presses are enough: text, person, day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crm.lib import dates, fiscal, workdays
from dashboards.meeting.models import Decision, Meeting
from pipeline.exit_criteria import Status
from pipeline.models import Deal
from staff.models import User

Kind = Decision.Kind
# Business days from the meeting that are offered, and which of them each decision proposes.
DAYS_AHEAD = (1, 2, 3, 5, 10)
PROPOSED = {Kind.GO_ON: 3, Kind.NEW_DATE: 5, Kind.ESCALATE: 2, Kind.LOSE: 1, Kind.HELP: 2}
KEYS = {Kind.GO_ON: "1", Kind.NEW_DATE: "2", Kind.ESCALATE: "3", Kind.LOSE: "4", Kind.HELP: "5"}


@dataclass(frozen=True)
class Draft:
    """One decision as it is proposed."""

    kind: str
    key: str
    label: str
    title: str
    owner: int
    due_on: str


def drafts(
    meeting: Meeting, deal: Deal, statuses: list[Status], people: list[User], calendar: workdays.Calendar
) -> list[Draft]:
    """The five decisions, in the order of their keys."""
    above = _above(deal, people)
    owners = {Kind.ESCALATE: above, Kind.HELP: meeting.led_by_id}
    return [
        Draft(
            kind=kind, key=KEYS[kind], label=str(kind.label), title=title_of(kind, deal, statuses),
            owner=owners.get(kind, deal.owner_id),
            due_on=workdays.add(meeting.held_on, PROPOSED[kind], calendar).isoformat(),
        )
        for kind in KEYS
    ]  # fmt: skip


def title_of(kind: str, deal: Deal, statuses: list[Status]) -> str:
    """The text that stands in the field at first."""
    company = deal.company.short_name
    missing = next((status.criterion for status in statuses if not status.is_met), None)
    if kind == Kind.GO_ON:
        return _("Settle: %(criterion)s") % {"criterion": missing} if missing else _("Agree on the next step")
    return {
        Kind.NEW_DATE: _("Confirm the new date with %(company)s"),
        Kind.ESCALATE: _("Talk to the decision maker of %(company)s"),
        Kind.LOSE: _("Close as lost"),
        Kind.HELP: _("Sit down with %(owner)s about %(company)s"),
    }[Kind(kind)] % {"company": company, "owner": deal.owner.family_name}


def _above(deal: Deal, people: list[User]) -> int:
    """The nearest manager over the deal's owner, else an executive, else the owner."""
    managers = [p for p in people if p.role == User.Role.MANAGER and p.pk != deal.owner_id]
    nearest = sorted(managers, key=lambda person: -len(person.team.path))
    bosses = nearest or [p for p in people if p.role == User.Role.EXECUTIVE]
    return bosses[0].pk if bosses else deal.owner_id


def due_days(meeting: Meeting, calendar: workdays.Calendar) -> list[tuple[str, str]]:
    """Days by which something may be done, in words."""
    days = [workdays.add(meeting.held_on, n, calendar) for n in DAYS_AHEAD]
    return [(day.isoformat(), _near(day, meeting.held_on)) for day in days]


def close_days(deal: Deal, today: date, start_month: int) -> list[tuple[str, str]]:
    """Expected closes to choose from: ends of months and of the quarter that lie ahead, and of what it said before."""
    quarter = fiscal.quarter_of(today, start_month)
    before = max(deal.close_on or today, today)
    days = {_month_end(before + timedelta(days=n)) for n in (1, 31, 62)}
    days |= {day for day in (quarter.last, quarter.next().last) if day > today}
    return [(day.isoformat(), _near(day, today)) for day in sorted(days - {deal.close_on})]


def proposed_close(deal: Deal, today: date) -> str:
    """The end of the month after the one it was expected in."""
    before = max(deal.close_on or today, today)
    return _month_end(_month_end(before) + timedelta(days=1)).isoformat()


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _near(day: date, today: date) -> str:
    return dates.near(day, today, get_language() or "ja")
