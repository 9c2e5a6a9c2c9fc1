"""How activities and todos read on timelines and in the operation log."""

from __future__ import annotations

from django.utils.translation import gettext as _

from activities.activity_events import ActivityEvent, HandoverEvent
from activities.automation.editing import AutomationEvent
from activities.models import ActivityKind
from activities.playbooks.issuing import PlaybookEvent
from activities.reminders import SWITCHED
from activities.rows import ICONS
from activities.texts.editing import TextEvent
from staff.models import Event
from staff.wording import register


def register_all() -> None:
    """Called once, when the app is ready."""
    register(ActivityEvent.LOGGED, _icon, _logged, lambda e: str(e.data.get("body", "")))
    register(HandoverEvent.DONE, "users", _handed_over)
    register(HandoverEvent.UNDONE, "undo", _handed_back)
    register(ActivityEvent.TODO_ADDED, "task", lambda e: _("planned: %(title)s") % _title(e))
    register(ActivityEvent.TODO_COMPLETED, "check", lambda e: _("done: %(title)s") % _title(e), tone="ok")
    register(ActivityEvent.TODO_REOPENED, "undo", lambda e: _("opened again: %(title)s") % _title(e))
    register(ActivityEvent.TODO_RESCHEDULED, "cal", lambda e: _("put off: %(title)s") % _title(e))
    register(AutomationEvent.CHANGED, "bolt", lambda e: _("changed an automation"))
    register(SWITCHED, "mail", lambda e: _("switched the nudge for deals without a memo"))
    register(TextEvent.CHANGED, "doc", lambda e: _("changed a template"))
    register(PlaybookEvent.CHANGED, "task", lambda e: _("changed a playbook"))
    register(ActivityEvent.TODO_WITHDRAWN, "undo", lambda e: _("not planned any more: %(title)s") % _title(e))


def _handed_back(event: Event) -> str:
    return _("took the handover to %(taker)s back: %(giver)s has the account again") % event.data


def _handed_over(event: Event) -> str:
    named = {"giver": event.data.get("giver") or "—", "taker": event.data.get("taker", "")}
    return _("handed the account over: %(giver)s → %(taker)s") % named


def _icon(event: Event) -> str:
    return ICONS.get(event.data.get("activity", ""), "phone")


def _logged(event: Event) -> str:
    kind = event.data.get("activity", "")
    if kind == ActivityKind.CALL and not event.data.get("reached", True):
        return _("called and did not reach anybody")
    return {
        ActivityKind.CALL.value: _("called"),
        ActivityKind.MAIL.value: _("wrote a mail"),
        ActivityKind.MEETING.value: _("met them"),
        ActivityKind.VISIT.value: _("visited them"),
        ActivityKind.PROPOSAL.value: _("made a proposal"),
        ActivityKind.MEMO.value: _("noted"),
    }.get(kind, str(kind))


def _title(event: Event) -> dict[str, str]:
    return {"title": str(event.data.get("title", ""))}
