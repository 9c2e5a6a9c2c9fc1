"""Changes of rules, and the three figures in the weeks before and after each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from accounts.company_events import MatchEvent
from activities.automation.editing import AutomationEvent
from activities.playbooks.issuing import PlaybookEvent
from crm.lib import stats
from crm.lib.questions import Question, Row, ask_together, only, totals
from dashboards.figures import kpis, links
from dashboards.figures.kpis import IS_LOST, IS_WON, ComparedRate, LeadTime, Rate
from dashboards.figures.periods import Period
from leads.lead_events import LeadEvent
from leads.models import Lead
from pipeline.deal_events import StageEvent
from pipeline.models import Deal, Stage
from pipeline.models.deal import DealQuerySet
from staff import wording
from staff.models import Event, User
from staff.working_time import CalendarEvent

# Days on each side of a change that are compared.
DAYS = 56
MOST_CHANGES = 12
RULES = (
    StageEvent.EDITED, StageEvent.ADDED, StageEvent.GIVEN_UP, StageEvent.CRITERION_EDITED, StageEvent.CRITERION_ADDED,
    StageEvent.CRITERION_RETIRED, StageEvent.IN_FORCE, StageEvent.STALL_RULES_EDITED, StageEvent.PIPELINE_ADDED,
    LeadEvent.CLOCK_CHANGED, LeadEvent.ASSIGNMENT_CHANGED, MatchEvent.RULES_PUBLISHED, AutomationEvent.CHANGED,
    PlaybookEvent.CHANGED, CalendarEvent.CHANGED,
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """The three figures after a day against those before it."""

    rate: ComparedRate
    won: ComparedRate
    lead_time: LeadTime

    @property
    def rate_moved(self) -> bool:
        return is_more_than_chance(self.rate)

    @property
    def won_moved(self) -> bool:
        return is_more_than_chance(self.won)


@dataclass(frozen=True)
class Change:
    """What was changed on a day in one kind of rule, by whom, and the figures around it."""

    day: date
    text: str
    actor: str
    count: int
    after_days: int
    figures: Figures | None = None


def is_more_than_chance(rate: ComparedRate) -> bool:
    """Whether the interval of the difference does not hold zero."""
    found = stats.difference((rate.now.part, rate.now.whole), (rate.before.part, rate.before.whole))
    return found is not None and (found[0] > 0 or found[1] < 0)


def win_rate(deals: DealQuerySet, period: Period, before: Period) -> Question[ComparedRate]:
    """受注率: of the deals decided in the period, the share won; beside that of the period before."""
    counts = {}
    for name, span in (("now", period), ("before", before)):
        inside = span.has_moment("closed_at")
        counts[f"{name}_part"] = Count("pk", filter=inside & IS_WON)
        counts[f"{name}_whole"] = Count("pk", filter=inside)
    both = period.has_moment("closed_at") | before.has_moment("closed_at")

    def read(rows: list[Row]) -> ComparedRate:
        row = only(rows)
        return ComparedRate(
            Rate(row["now_part"], row["now_whole"]), Rate(row["before_part"], row["before_whole"]),
            links.closed_deals(Stage.Kind.WON, period),
        )  # fmt: skip

    return Question(totals(deals.filter(IS_WON | IS_LOST, both), **counts), read)


def of_quarter(user: User, period: Period, today: date) -> tuple[list[Change], Figures, int]:
    """The changes of the period with their figures, those of the period itself, and how many changes are not shown."""
    found = _changes(period)
    shown = found[:MOST_CHANGES]
    spans = {f"c{n}": _around(change.day, today) for n, change in enumerate(shown)}
    length = period.last - period.first
    spans["all"] = (
        period,
        Period(period.first - length - timedelta(days=1), period.first - timedelta(days=1)),
    )
    figures = _figures(user, spans)
    told = [
        Change(
            c.day,
            c.text,
            c.actor,
            c.count,
            (min(c.day + timedelta(days=DAYS - 1), today) - c.day).days + 1,
            figures[f"c{n}"],
        )
        for n, c in enumerate(shown)
    ]
    return told, figures["all"], len(found) - len(shown)


def _around(day: date, today: date) -> tuple[Period, Period]:
    after = Period(day, min(day + timedelta(days=DAYS - 1), today))
    return after, Period(day - timedelta(days=DAYS), day - timedelta(days=1))


def _figures(user: User, spans: dict[str, tuple[Period, Period]]) -> dict[str, Figures]:
    """All of them by one statement."""
    deals, leads = Deal.objects.visible_to(user), Lead.objects.visible_to(user)
    asked: dict[str, Any] = {}
    for name, span in spans.items():
        asked[f"{name}_rate"] = kpis.lead_to_deal_rate(leads, *span)
        asked[f"{name}_won"] = win_rate(deals, *span)
        asked[f"{name}_lead_time"] = kpis.lead_time(deals, *span)
    found = ask_together(**asked)
    return {
        name: Figures(found[f"{name}_rate"], found[f"{name}_won"], found[f"{name}_lead_time"])
        for name in spans
    }


def _changes(period: Period) -> list[Change]:
    """The newest first; several of the same kind on one day are one change."""
    rows = Event.objects.filter(period.has_moment("happened_at"), kind__in=RULES).order_by(
        "-happened_at", "-pk"
    )
    grouped: dict[tuple[date, str], list[wording.Line]] = {}
    for line in wording.lines(rows[:500]):
        grouped.setdefault((timezone.localdate(line.at), line.kind), []).append(line)
    return [
        Change(day, lines[0].text.removeprefix("が"), lines[0].actor, len(lines), 0)
        for (day, _kind), lines in grouped.items()
    ]
