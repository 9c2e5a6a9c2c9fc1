"""How what happens to deals reads on timelines and in the operation log."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from crm.lib import money
from crm.lib.text import comma
from pipeline import exit_criteria
from pipeline.deal_events import DealEvent, StageEvent
from pipeline.models import Deal, DealFile, ExitCriterion
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
    register(
        DealEvent.APPROVAL_ASKED, "flag", _about(gettext_lazy("asked for the approval %(criterion)s")), _note
    )
    register(DealEvent.APPROVED, "check", _about(gettext_lazy("gave the approval %(criterion)s")), _note)
    register(
        DealEvent.APPROVAL_WITHDRAWN, "undo", _about(gettext_lazy("took back the approval %(criterion)s"))
    )
    register(DealEvent.FILE_ATTACHED, "doc", lambda e: _("attached %(name)s") % {"name": e.data["name"]})
    register(DealEvent.FILE_REMOVED, "doc", lambda e: _("removed %(name)s") % {"name": e.data["name"]})
    register(DealEvent.HANDED_OVER, "users", lambda e: _("handed the deal over"))
    register(DealEvent.STALLED, "stall", lambda e: _("The deal has been in its stage too long"))
    register(
        StageEvent.EDITED, "stages", lambda e: _("changed the stage %(name)s") % {"name": _name(e, "name")}
    )
    register(
        StageEvent.CRITERION_EDITED,
        "stages",
        lambda e: _("changed the exit criterion %(name)s") % {"name": _name(e, "name")},
    )


def _name(event: Event, prefix: str) -> str:
    language = "en" if (get_language() or "ja").startswith("en") else "ja"
    return str(event.data.get(f"{prefix}_{language}", ""))


def _created_with(event: Event) -> str:
    amount = event.after.get("amount")
    return money.full(int(amount)) if amount else ""


def _moved(event: Event) -> str:
    text = _("%(from)s → %(to)s") % {"from": _name(event, "from"), "to": _name(event, "to")}
    waived = event.data.get("waived") or 0
    if waived:
        text += " " + ngettext("(%(n)s criterion waived)", "(%(n)s criteria waived)", waived) % {"n": waived}
    return text


def _why(event: Event) -> str:
    return str(event.data.get("waiver") or event.data.get("reason") or "")


def _lost(event: Event) -> str:
    return _("closed the deal as lost: %(reason)s") % {
        "reason": _name(event, "reason") or event.data.get("reason", "")
    }


def _about(text: Any) -> Callable[[Event], str]:
    return lambda event: str(text) % {"criterion": _name(event, "label")}


def _note(event: Event) -> str:
    return str(event.data.get("note") or "")


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


def met_when(criterion: ExitCriterion) -> str:
    """When the criterion counts as met, in words: 項目「予算」が ¥1,000,000 以上."""
    kind = ExitCriterion.Kind
    if criterion.kind == kind.QUESTION:
        return _("answered, with the words it was heard in") if criterion.needs_evidence else _("answered")
    if criterion.kind == kind.APPROVAL:
        return _("a manager approved it")
    what = target(criterion)
    if criterion.kind == kind.ABSENCE:
        return _("nothing of this: %(what)s") % {"what": what}
    return what


def target(criterion: ExitCriterion) -> str:
    """What must be there: the field with its condition, the kinds of activity, the kind of file."""
    if criterion.activity_kinds:
        labels = [str(exit_criteria.ACTIVITY_KINDS.get(k, k)) for k in criterion.activity_kinds]
        return _("logged: %(kinds)s") % {"kinds": comma().join(labels)}
    if criterion.file_kind:
        return _("file attached: %(kind)s") % {"kind": DealFile.Kind(criterion.file_kind).label}
    label = exit_criteria.FIELDS.get(criterion.field, criterion.field)
    condition = condition_in_words(criterion)
    if condition:
        return _("“%(field)s” is %(condition)s") % {"field": label, "condition": condition}
    return _("“%(field)s” is filled in") % {"field": label}


def condition_in_words(criterion: ExitCriterion) -> str:
    """¥1,000,000 or more; "" when the field only needs to be filled in."""
    condition, threshold = ExitCriterion.Condition, criterion.threshold or Decimal(0)
    number = (
        money.full(int(threshold))
        if criterion.field in MONEY
        else f"{threshold.normalize():,f}"
        if threshold
        else "0"
    )
    if criterion.condition == condition.AT_LEAST:
        return _("%(number)s or more") % {"number": number}
    if criterion.condition == condition.AT_MOST:
        return _("%(number)s or less") % {"number": number}
    if criterion.condition == condition.LENGTH:
        return _("%(number)s characters or more") % {"number": number}
    return ""


def in_words(name: str, value: Any) -> str:
    """The value of a field of a deal as people read it, from Python or from the plain form of an event."""
    if value in (None, ""):
        return _("not set")
    if name in MONEY:
        return money.full(int(value))
    if name.endswith("_on"):
        day = Deal._meta.get_field(name).to_python(value)  # type: ignore[union-attr]
        return f"{day:%Y/%-m/%-d}"
    return str(value)
