"""What must hold of a deal or lead before an automation acts: a declared list, each with how it is asked and said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Channel
from activities.automation.names import Names
from crm.lib import money
from pipeline.models import Stage
from staff.models import Team


class Unreadable(ValueError):
    """The value cannot be one of this field."""


@dataclass(frozen=True)
class Field:
    """A fact that may be asked for: of which records, of which type, and how it is read from one."""

    label: str | Promise
    type: str
    about: tuple[str, ...]
    read: Callable[[Any], Any]


FIELDS: dict[str, Field] = {
    "amount": Field(gettext_lazy("Amount"), "money", ("deal",), lambda r: r.amount),
    "budget": Field(gettext_lazy("Budget"), "money", ("deal",), lambda r: r.budget),
    "probability": Field(gettext_lazy("Probability"), "number", ("deal",), lambda r: r.probability),
    "stage": Field(gettext_lazy("Stage"), "stage", ("deal",), lambda r: r.stage_id),
    "competitor": Field(gettext_lazy("Competitor"), "text", ("deal",), lambda r: r.competitor),
    "close_on": Field(gettext_lazy("Expected close"), "day", ("deal",), lambda r: r.close_on),
    "next_action_on": Field(gettext_lazy("Next action"), "day", ("deal",), lambda r: r.next_action_on),
    "channel": Field(gettext_lazy("Channel"), "channel", ("deal", "lead"), lambda r: r.channel_id),
    "team": Field(gettext_lazy("Team"), "team", ("deal", "lead"), lambda r: r.team_id),
    "score": Field(gettext_lazy("Score"), "number", ("lead",), lambda r: r.score),
}
OPERATORS: dict[str, str | Promise] = {
    "gte": gettext_lazy("is at least"),
    "lt": gettext_lazy("is less than"),
    "is": gettext_lazy("is"),
    "filled": gettext_lazy("is filled in"),
    "empty": gettext_lazy("is empty"),
}
_OF_TYPE = {
    "money": ("gte", "lt", "filled", "empty"), "number": ("gte", "lt", "is"), "text": ("is", "filled", "empty"),
    "day": ("filled", "empty"), "stage": ("is",), "channel": ("is",), "team": ("is",),
}  # fmt: skip
_ROWS: dict[str, Any] = {"stage": Stage, "channel": Channel, "team": Team}


def read(field: str, op: str, typed: str, about: str) -> dict[str, str]:
    """The condition as it is stored. Raises Unreadable with words for the person."""
    if field not in FIELDS or about not in FIELDS[field].about:
        raise Unreadable(_("This does not go with the trigger."))
    kind = FIELDS[field].type
    if op not in _OF_TYPE[kind]:
        raise Unreadable(_("This cannot be asked of this field."))
    value = "" if op in ("filled", "empty") else _value(kind, typed.strip())
    return {"field": field, "op": op, "value": value}


def _value(kind: str, typed: str) -> str:
    if kind == "money":
        try:
            return str(int(money.parse(typed)))
        except money.NotMoney as problem:
            raise Unreadable(problem.message) from problem
    if kind == "number":
        if not typed.isdecimal() or len(typed) > 9:
            raise Unreadable(_("Enter a number."))
        return str(int(typed))
    if kind in _ROWS:
        row = _named(_ROWS[kind], typed)
        if row is None:
            raise Unreadable(_("There is no %(name)s of this name.") % {"name": typed or "—"})
        return str(row.pk)
    if not typed:
        raise Unreadable(_("Enter what to compare with."))
    return typed[:80]


def _named(model: Any, typed: str) -> Any:
    names = ("name",) if model is Team else ("name_ja", "name_en")
    return next((r for r in model.objects.order_by("pk") if typed in [getattr(r, n) for n in names]), None)


def hold(conditions: list[dict[str, str]], record: Any) -> bool:
    return all(_holds(condition, record) for condition in conditions)


def _holds(condition: dict[str, str], record: Any) -> bool:
    found, op = FIELDS[condition["field"]].read(record), condition["op"]
    if op in ("filled", "empty"):
        return (found in (None, "")) is (op == "empty")
    if found in (None, ""):
        return False
    if op == "is":
        return str(found) == condition["value"]
    there = Decimal(condition["value"])
    return bool(found >= there) if op == "gte" else bool(found < there)


def in_words(condition: dict[str, str], names: Names) -> str:
    """金額が ¥1,000,000 以上"""
    field, op = FIELDS[condition["field"]], condition["op"]
    if op in ("filled", "empty"):
        return _("%(field)s %(op)s") % {"field": field.label, "op": OPERATORS[op]}
    return _("%(field)s %(op)s %(value)s") % {
        "field": field.label, "op": OPERATORS[op], "value": shown_value(condition, names),
    }  # fmt: skip


def shown_value(condition: dict[str, str], names: Names) -> str:
    """The value as a person reads and types it."""
    kind, value = FIELDS[condition["field"]].type, condition["value"]
    if not value:
        return ""
    if kind == "money":
        return money.full(int(value))
    if kind in _ROWS:
        return names.of(kind, value)
    return value
