"""How meetings read on timelines and in the operation log."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from crm.lib import dates, fiscal, money
from dashboards.channels.costs import CostEvent
from dashboards.meeting.meeting_events import MeetingEvent
from dashboards.meeting.models import Decision
from dashboards.roi.roi_events import RoiEvent
from dashboards.targets.setting import TargetEvent
from staff.models import Event
from staff.wording import register, register_value


def register_all() -> None:
    """Called once, when the app is ready."""
    register(MeetingEvent.STARTED, "meeting", lambda e: _("began the sales meeting of %(team)s") % _team(e))
    register(MeetingEvent.ENDED, "meeting", lambda e: _("ended the sales meeting"))
    register(MeetingEvent.REOPENED, "meeting", lambda e: _("went on with the sales meeting"))
    register(MeetingEvent.DECIDED, "meeting", _decided, _who_by_when, tone="stage")
    register(
        CostEvent.SET,
        "edit",
        lambda e: _("wrote down what %(channel)s cost") % {"channel": e.data.get("channel", "")},
    )
    register(RoiEvent.COST_SET, "edit", lambda e: _("wrote down what the CRM costs"))
    for kind in (CostEvent.SET, RoiEvent.COST_SET):
        register_value(
            kind, "amount", gettext_lazy("Amount"), lambda amount: money.full(int(Decimal(amount)))
        )
    register(RoiEvent.EXPORTED, "download", lambda e: _("took the rows of the ROI statement out"))
    register(TargetEvent.SET, "flag", lambda e: _("set the target of %(quarter)s") % {"quarter": _quarter(e)})
    register(
        MeetingEvent.TAKEN_BACK,
        "undo",
        lambda e: _("took a decision of the meeting back: %(title)s") % _title(e),
    )


def _team(event: Event) -> dict[str, str]:
    return {"team": str(event.data.get("team", ""))}


def _title(event: Event) -> dict[str, str]:
    return {"title": str(event.data.get("title", ""))}


def _quarter(event: Event) -> str:
    year, number = event.data.get("quarter") or (0, 0)
    return str(fiscal.Quarter(year, number))


def _decided(event: Event) -> str:
    kind = event.data.get("decision", "")
    label = Decision.Kind(kind).label if kind in Decision.Kind.values else kind
    return _("decided in the meeting: %(decision)s") % {"decision": label}


def _who_by_when(event: Event) -> str:
    words = {"title": event.data.get("title", ""), "who": event.data.get("who", "")}
    day = event.data.get("due_on", "")
    near = dates.near(date.fromisoformat(day), timezone.localdate(), get_language() or "ja") if day else "—"
    return _("%(title)s (%(who)s, by %(day)s)") % {**words, "day": near}
