"""How what happens to deals reads on timelines and in the operation log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from crm.lib import money
from crm.lib.text import comma
from pipeline import exit_criteria, stall_words
from pipeline.deal_events import DealEvent, StageEvent, StallEvent
from pipeline.drafts import Change
from pipeline.models import Deal, ExitCriterion
from staff.files import FileKind
from staff.models import Event, Team
from staff.wording import register, register_value

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
        DealEvent.APPROVAL_REFUSED,
        "x",
        _about(gettext_lazy("did not give the approval %(criterion)s")),
        _note,
    )
    register(
        DealEvent.APPROVAL_WITHDRAWN, "undo", _about(gettext_lazy("took back the approval %(criterion)s"))
    )
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
    register(StallEvent.RAISED, "stall", lambda e: _("told owners of stalled deals: %(count)s") % e.data)
    register(StallEvent.ESCALATED, "stall", lambda e: _("told managers of stalled deals: %(count)s") % e.data)
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
    for kind, text in _OF_THE_METHOD.items():
        register(kind, "stages", _of_the_method(text), _note)
    _register_values()


def _register_values() -> None:
    for kind in (DealEvent.MOVED, DealEvent.WON, DealEvent.LOST, DealEvent.REOPENED):
        register_value(kind, "stage")
    register_value(DealEvent.ANSWERED, "value", gettext_lazy("Answer"))
    register_value(
        DealEvent.SNOOZED, "snoozed_until", gettext_lazy("until"), lambda day: in_words("_on", day)
    )
    for edited in (StageEvent.EDITED, StageEvent.CRITERION_EDITED):
        for name, label in FIELD_LABELS.items():
            register_value(edited, name, label, partial(_setting, name))
        register_value(edited, "position", gettext_lazy("place in the order"))
    register_value(
        StageEvent.STALL_RULES_EDITED,
        "rules",
        gettext_lazy("Rules"),
        lambda codes: [stall_words.in_words(code) for code in codes],
    )
    register_value(
        StageEvent.PIPELINE_GIVEN,
        "teams",
        gettext_lazy("Teams"),
        lambda pks: list(Team.objects.filter(pk__in=pks).order_by("path").values_list("name", flat=True)),
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


def _about(text: Any) -> Callable[[Event], str]:
    return lambda event: str(text) % {"criterion": _name(event, "label")}


_OF_THE_METHOD = {
    StageEvent.CRITERION_ADDED: gettext_lazy("added the exit criterion %(name)s"),
    StageEvent.CRITERION_RETIRED: gettext_lazy("took the exit criterion %(name)s out"),
    StageEvent.ADDED: gettext_lazy("added the stage %(name)s"),
    StageEvent.GIVEN_UP: gettext_lazy("took the stage %(name)s out"),
    StageEvent.DRAFT_DISCARDED: gettext_lazy("threw the draft of %(name)s away"),
    StageEvent.PUBLISHED: gettext_lazy(
        "published version %(number)s of %(name)s (%(affected)s deals affected)"
    ),
    StageEvent.IN_FORCE: gettext_lazy("put version %(number)s of %(name)s into force"),
    StageEvent.WITHDRAWN: gettext_lazy("took version %(number)s of %(name)s back"),
    StageEvent.PIPELINE_ADDED: gettext_lazy("added the pipeline %(name)s"),
    StageEvent.PIPELINE_EDITED: gettext_lazy("renamed the pipeline %(name)s"),
    StageEvent.PIPELINE_GIVEN: gettext_lazy("changed the teams of the pipeline %(name)s"),
    StageEvent.REASON_ADDED: gettext_lazy("added the reason %(name)s"),
    StageEvent.REASON_RENAMED: gettext_lazy("renamed the reason %(name)s"),
    StageEvent.REASON_RETIRED: gettext_lazy("retired the reason %(name)s"),
    StageEvent.REASON_OFFERED: gettext_lazy("offers the reason %(name)s again"),
    StageEvent.REASON_DELETED: gettext_lazy("took the reason %(name)s out, which nobody had named"),
    StageEvent.REASONS_ORDERED: gettext_lazy("changed the order of the reasons: %(name)s"),
}


def _of_the_method(text: Any) -> Callable[[Event], str]:
    return lambda event: str(text) % {"number": "", "affected": 0, **event.data, "name": _name(event, "name")}


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


FIELD_LABELS = {
    "name_ja": gettext_lazy("name (Japanese)"),
    "name_en": gettext_lazy("name (English)"),
    "probability": gettext_lazy("probability"),
    "patience_days": gettext_lazy("days until stalled"),
    "question_ja": gettext_lazy("how to ask (Japanese)"),
    "question_en": gettext_lazy("how to ask (English)"),
    "kind": gettext_lazy("Counts as met when"),
    "field": gettext_lazy("Field"),
    "condition": gettext_lazy("Condition"),
    "threshold": gettext_lazy("Limit"),
    "activity_kinds": gettext_lazy("One of these activities"),
    "file_kind": gettext_lazy("Kind of file"),
    "needs_evidence": gettext_lazy("with evidence"),
    "is_required": gettext_lazy("Strength"),
}


def change_in_words(change: Change) -> str:
    """One line of what a draft does: 競合: 推奨 → 必須."""
    name = change.name_en if (get_language() or "ja").startswith("en") else change.name_ja
    if change.how == "edited":
        parts = [
            _("%(field)s %(before)s → %(after)s")
            % {
                "field": FIELD_LABELS[field],
                "before": _setting(field, before),
                "after": _setting(field, after),
            }
            for field, (before, after) in change.fields.items()
        ]
        return f"{name}: {comma().join(parts)}"
    texts = {
        ("stage", "added"): _("new stage: %(name)s"),
        ("stage", "removed"): _("stage taken out: %(name)s"),
        ("stage", "ordered"): _("order of the stages"),
        ("criterion", "added"): _("new criterion: %(name)s"),
        ("criterion", "removed"): _("criterion taken out: %(name)s"),
        ("criterion", "ordered"): _("order of the criteria: %(name)s"),
    }
    return texts[change.what, change.how] % {"name": name}


def _setting(field: str, value: Any) -> str:
    if isinstance(value, bool):
        if field == "is_required":
            return _("Required") if value else _("Recommended")
        return _("yes") if value else _("no")
    if field == "kind":
        return str(ExitCriterion.Kind(value).label)
    if field == "condition":
        return str(ExitCriterion.Condition(value).label)
    if field == "field":
        return str(exit_criteria.field_labels().get(value, value or "—"))
    if isinstance(value, list):
        return comma().join(str(exit_criteria.ACTIVITY_KINDS.get(k, k)) for k in value) or "—"
    return "—" if value in (None, "") else str(value)


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
        return _("file attached: %(kind)s") % {"kind": FileKind(criterion.file_kind).label}
    label = exit_criteria.FIELDS.get(criterion.field) or exit_criteria.field_labels().get(
        criterion.field, criterion.field
    )
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
    if name == "forecast_category":
        return str(Deal.ForecastCategory(value).label)
    if name in MONEY:
        return money.full(int(value))
    if name.endswith("_on"):
        day = date.fromisoformat(value) if isinstance(value, str) else value
        return f"{day:%Y/%-m/%-d}"
    return str(value)
