"""How activities and todos read on timelines and in the operation log."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from activities.activity_events import ActivityEvent, HandoverEvent
from activities.automation import actions, conditions, watching
from activities.automation.editing import AutomationEvent
from activities.automation.names import Names
from activities.models import ActivityKind, Automation
from activities.playbooks.issuing import PlaybookEvent
from activities.reminders import SWITCHED
from activities.rows import ICONS
from activities.texts.editing import TextEvent
from staff.models import Event
from staff.wording import register, register_value


def register_all() -> None:
    """Called once, when the app is ready."""
    register(ActivityEvent.LOGGED, _icon, _logged, lambda e: str(e.data.get("body", "")), is_contact=True)
    register(HandoverEvent.DONE, "users", _handed_over)
    register(HandoverEvent.UNDONE, "undo", _handed_back)
    register(HandoverEvent.BEGUN, "users", lambda e: _("began to hand over %(total)s accounts") % e.data)
    register(
        HandoverEvent.WENT_ON, "users", lambda e: _("handed over: %(done)s of %(total)s accounts") % e.data
    )
    register(HandoverEvent.UNDO_ASKED, "undo", lambda e: _("takes %(total)s accounts back") % e.data)
    register(
        HandoverEvent.WENT_BACK, "undo", lambda e: _("taken back: %(done)s of %(total)s accounts") % e.data
    )
    register(ActivityEvent.TODO_ADDED, "task", lambda e: _("planned: %(title)s") % _title(e))
    register(ActivityEvent.TODO_COMPLETED, "check", lambda e: _("done: %(title)s") % _title(e), tone="ok")
    register(ActivityEvent.TODO_REOPENED, "undo", lambda e: _("opened again: %(title)s") % _title(e))
    register(ActivityEvent.TODO_RESCHEDULED, "cal", lambda e: _("put off: %(title)s") % _title(e))
    register(AutomationEvent.CHANGED, "bolt", lambda e: _("changed an automation"))
    register(SWITCHED, "mail", lambda e: _("switched the nudge for deals without a memo"))
    register(TextEvent.CHANGED, "doc", lambda e: _("changed a template"))
    register(PlaybookEvent.CHANGED, "task", lambda e: _("changed a playbook"))
    register(ActivityEvent.TODO_WITHDRAWN, "undo", lambda e: _("not planned any more: %(title)s") % _title(e))

    _register_values()


def _register_values() -> None:
    """An automation and a template keep ids and parts of sentences."""
    said: dict[str, tuple[str | Promise, Callable[[Any, Names], object]]] = {
        "trigger": (pgettext_lazy("automation", "When"), lambda when, names: Automation.Trigger(when).label),
        "stage": (gettext_lazy("Stage"), lambda pk, names: names.of("stage", pk)),
        "field": (gettext_lazy("Field"), lambda name, names: watching.label_of(name, names) if name else ""),
        "offset_days": (gettext_lazy("days from it"), lambda days, names: days or ""),
        "conditions": (
            gettext_lazy("if"),
            lambda parts, names: [conditions.in_words(part, names) for part in parts],
        ),
        "actions": (
            gettext_lazy("then"),
            lambda parts, names: [actions.in_words(part, names) for part in parts],
        ),
    }
    for name, (label, say) in said.items():
        register_value(AutomationEvent.CHANGED, name, label, partial(_with_names, say))
    stages = gettext_lazy("Stages")
    register_value(TextEvent.CHANGED, "stages", stages, lambda pks: [Names().of("stage", pk) for pk in pks])
    register_value(SWITCHED, "on", gettext_lazy("in use"))


def _with_names(say: Callable[[Any, Names], object], value: Any) -> object:
    return say(value, Names())


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
