"""Were last week's decisions kept? One definition of the rate, for a meeting, the weeks before, and the minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboards.figures.kpis import Rate
from dashboards.meeting.models import Decision, Meeting, Outcome
from staff.models import User

# How many meetings the rate looks back over.
WEEKS = 12
COUNTED = (Outcome.KEPT, Outcome.LATE, Outcome.BROKEN)


@dataclass(frozen=True)
class Promises:
    """The decisions of one meeting with what became of each, and how many of those that are due were kept."""

    meeting: Meeting
    rows: list[Decision]

    @property
    def rate(self) -> Rate:
        return rate_of([row.outcome for row in self.rows])  # type: ignore[attr-defined]


def rate_of(outcomes: list[str]) -> Rate:
    """約束を守れた割合: kept ÷ (kept + late + broken); what still has time or fell away is not counted."""
    due = [outcome for outcome in outcomes if outcome in COUNTED]
    return Rate(due.count(Outcome.KEPT), len(due))


def of_meeting(meeting: Meeting, user: User, today: date) -> Promises:
    """What the meeting decided, as far as the person may see it; what was not kept first."""
    rows = Decision.objects.visible_to(user).standing().filter(meeting=meeting).with_outcome(today).for_rows()
    order = [Outcome.BROKEN, Outcome.LATE, Outcome.OPEN, Outcome.KEPT, Outcome.DROPPED]
    return Promises(meeting, sorted(rows, key=lambda row: (order.index(row.outcome), row.due_on)))  # type: ignore[attr-defined]


def before(meeting: Meeting, user: User, today: date) -> Promises | None:
    """Those of the team's meeting before this one."""
    last = (
        Meeting.objects.filter(team=meeting.team_id, started_at__lt=meeting.started_at)
        .order_by("-started_at")
        .first()
    )
    return of_meeting(last, user, today) if last else None


@dataclass(frozen=True)
class Held:
    """How many decisions of a meeting the reader may see, and how many of those that are due were kept."""

    decisions: int
    rate: Rate


def held(meetings: Sequence[Meeting], user: User, today: date) -> dict[int, Held]:
    """Meeting → what it decided, in one statement."""
    outcomes: dict[int, list[str]] = {meeting.pk: [] for meeting in meetings}
    for meeting_id, outcome in _outcomes([meeting.pk for meeting in meetings], user, today):
        outcomes[meeting_id].append(outcome)
    return {pk: Held(len(them), rate_of(them)) for pk, them in outcomes.items()}


def lately(meeting: Meeting, user: User, today: date) -> Rate:
    """The rate over the team's meetings of the last weeks, this one not among them."""
    recent = Meeting.objects.filter(team=meeting.team_id, started_at__lt=meeting.started_at)
    ids = list(recent.order_by("-started_at").values_list("pk", flat=True)[:WEEKS])
    return rate_of([outcome for _meeting, outcome in _outcomes(ids, user, today)])


def _outcomes(meetings: list[int], user: User, today: date) -> list[tuple[int, str]]:
    rows = Decision.objects.visible_to(user).standing().filter(meeting__in=meetings).with_outcome(today)
    return list(rows.values_list("meeting_id", "outcome"))  # type: ignore[misc]
