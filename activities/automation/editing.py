"""Writing automations: made, changed, switched; and how one reads as a sentence."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from activities import switching
from activities.automation import actions, conditions, watching
from activities.automation.names import Names
from activities.models import Automation
from crm.lib.text import comma
from staff import events, versions
from staff.models import User

FIELDS = ("trigger", "stage", "field", "offset_days", "conditions", "actions")


class AutomationEvent:
    CHANGED = "automation.changed"


@transaction.atomic
def save(
    values: dict[str, Any], *, by: User, automation: Automation | None = None, seen: int = 0
) -> Automation:
    """A new automation, in use at once, or another wording of one. Raises versions.Stale. What it did stays done."""
    before: dict[str, Any] = {}
    if automation is None:
        automation = Automation(created_by=by)
    else:
        automation = Automation.objects.select_for_update().get(pk=automation.pk)
        versions.require(automation, seen)
        before = _told(automation)
        automation.version += 1
    for name in FIELDS:
        setattr(automation, name, values[name])
    automation.save()
    if _told(automation) != before:
        events.record(AutomationEvent.CHANGED, automation, by=by, before=before, after=_told(automation))
    return automation


def switch(automation: Automation, on: bool, *, by: User) -> Automation:
    """In use, or at rest."""
    return switching.switch(automation, on, kind=AutomationEvent.CHANGED, by=by)


def _told(automation: Automation) -> dict[str, Any]:
    return {name: getattr(automation, name) for name in FIELDS}


def sentence(automation: Automation, names: Names | None = None) -> str:
    """案件が「提案」に入ったとき、金額が ¥1,000,000 以上なら、担当者に…"""
    names = names or Names()
    values = {
        "when": _when(automation, names),
        "if": _(" and ").join(conditions.in_words(c, names) for c in automation.conditions),
        "then": comma().join(actions.in_words(a, names) for a in automation.actions),
    }
    return (
        _("When %(when)s, if %(if)s: %(then)s") if automation.conditions else _("When %(when)s: %(then)s")
    ) % values


def _when(automation: Automation, names: Names) -> str:
    trigger = Automation.Trigger
    if automation.trigger == trigger.STAGE_ENTERED and automation.stage:
        return _("a deal enters %(stage)s") % {"stage": automation.stage}
    if automation.trigger == trigger.STALLED and automation.stage:
        return _("a deal stands still in %(stage)s") % {"stage": automation.stage}
    if automation.trigger == trigger.FIELD_CHANGED:
        return _("%(field)s of a deal changes") % {"field": watching.label_of(automation.field, names)}
    if automation.trigger == trigger.DATE_REACHED:
        days, label = automation.offset_days, watching.label_of(automation.field, names)
        if not days:
            return _("%(field)s has come") % {"field": label}
        text = (
            ngettext("%(n)s day after %(field)s", "%(n)s days after %(field)s", days)
            if days > 0
            else ngettext("%(n)s day before %(field)s", "%(n)s days before %(field)s", -days)
        )
        return text % {"n": abs(days), "field": label}
    return str(automation.get_trigger_display())
