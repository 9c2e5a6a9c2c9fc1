"""How what happens to deals reads on timelines and in the operation log."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from crm.lib import money
from crm.lib.text import comma
from pipeline import stall_words
from pipeline.deal_events import DealEvent, StageEvent
from pipeline.models import Deal
from staff.models import Event
from staff.wording import register

MONEY = {"amount", "budget"}


def register_all() -> None:
    """Called once, when the app is ready."""
    register(DealEvent.CREATED, "plus", lambda e: _("made the deal"), _created_with)
    register(DealEvent.EDITED, "edit", _edited)
    register(DealEvent.MOVED, "stage", _moved, _why)
    register(DealEvent.WON, "check", lambda e: _("won the deal"), _why)
    register(DealEvent.LOST, "x", _lost)
    register(DealEvent.REOPENED, "undo", _moved, _why)
    register(DealEvent.ANSWERED, "check", _answered, lambda e: str(e.after.get("value", "")))
    register(DealEvent.FILE_ATTACHED, "doc", lambda e: _("attached %(name)s") % {"name": e.data["name"]})
    register(DealEvent.FILE_REMOVED, "doc", lambda e: _("removed %(name)s") % {"name": e.data["name"]})
    register(DealEvent.HANDED_OVER, "users", lambda e: _("handed the deal over"))
    register(DealEvent.CONTACT_LEFT, "user", _contact_left, tone="bad")
    register(DealEvent.STALLED, "stall", lambda e: _("The deal stands still"), _why_stalled)
    register(
        DealEvent.STALL_ESCALATED,
        "stall",
        lambda e: _("The deal still stands still: to the manager"),
        _why_stalled,
    )
    register(DealEvent.SNOOZED, "clock", _snoozed, lambda e: str(e.data.get("reason", "")))
    register(
        StageEvent.STALL_RULES_EDITED,
        "stall",
        lambda e: _("changed the rules of stalls of %(name)s") % {"name": _name(e, "name")},
    )
    register(DealEvent.ENTERED, "upload", _entered, _why)
    register(DealEvent.REMOVED, "undo", lambda e: _("took back the deal, which an import had made"))
    register(DealEvent.RESTORED, "undo", lambda e: _("took back what an import had filled in"))
    register(
        StageEvent.EDITED, "stages", lambda e: _("changed the stage %(name)s") % {"name": _name(e, "name")}
    )
    register(
        StageEvent.CRITERION_EDITED,
        "stages",
        lambda e: _("changed the exit criterion %(name)s") % {"name": _name(e, "name")},
    )


def _contact_left(event: Event) -> str:
    text = _("%(name)s has a new position; the deal needs a contact") % {"name": event.data.get("name", "")}
    heir = event.data.get("successor")
    return text + " · " + _("proposed: %(person)s") % {"person": heir} if heir else text


def _name(event: Event, prefix: str) -> str:
    language = "en" if (get_language() or "ja").startswith("en") else "ja"
    return str(event.data.get(f"{prefix}_{language}", ""))


def _created_with(event: Event) -> str:
    amount = event.after.get("amount")
    return money.full(int(amount)) if amount else ""


def _entered(event: Event) -> str:
    return _("came in at %(to)s by a list") % {"to": _name(event, "to")}


def _moved(event: Event) -> str:
    text = _("%(from)s → %(to)s") % {"from": _name(event, "from"), "to": _name(event, "to")}
    waived = event.data.get("waived") or 0
    if waived:
        text += " " + ngettext("(%(n)s criterion waived)", "(%(n)s criteria waived)", waived) % {"n": waived}
    return text


def _why(event: Event) -> str:
    return str(event.data.get("waiver") or event.data.get("reason") or "")


def _why_stalled(event: Event) -> str:
    return stall_words.in_words(event.data.get("why", ""))


def _snoozed(event: Event) -> str:
    until = event.after.get("snoozed_until")
    if not until:
        return _("took the putting off back")
    return _("put the alert off until %(day)s") % {"day": in_words("snoozed_on", until)}


def _lost(event: Event) -> str:
    return _("closed the deal as lost: %(reason)s") % {
        "reason": _name(event, "reason") or event.data.get("reason", "")
    }


def _answered(event: Event) -> str:
    text = _("wrote down %(criterion)s") if event.after.get("value") else _("took back %(criterion)s")
    return text % {"criterion": _name(event, "label")}


def _edited(event: Event) -> str:
    return comma().join(
        _("%(field)s %(before)s → %(after)s")
        % {
            "field": Deal._meta.get_field(name).verbose_name,  # type: ignore[union-attr]
            "before": in_words(name, before),
            "after": in_words(name, after),
        }
        for name, (before, after) in _changed(event).items()
    )


def _changed(event: Event) -> dict[str, tuple[Any, Any]]:
    names = event.data.get("names", {})
    return {name: names.get(name) or (event.before.get(name), after) for name, after in event.after.items()}


def in_words(name: str, value: Any) -> str:
    """The value of a field of a deal as people read it, from Python or from the plain form of an event."""
    if value in (None, ""):
        return _("not set")
    if name in MONEY:
        return money.full(int(value))
    if name.endswith("_on"):
        day = date.fromisoformat(value) if isinstance(value, str) else value
        return f"{day:%Y/%-m/%-d}"
    return str(value)
