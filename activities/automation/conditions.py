"""What must hold of a deal or lead before an automation acts: a declared list, each with how it is asked and said.

To it come the fields of the company's own: of the record, and of its company.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Channel
from activities.automation import setting
from activities.automation.names import Names
from crm.lib import money
from crm.lib.money_field import MoneyField
from pipeline.forms import Text
from pipeline.models import Deal, Stage
from staff.custom import values as own_values
from staff.custom.forms import form_field as own_form_field
from staff.custom.forms import typed as own_typed
from staff.models import CustomField, Team


class Unreadable(ValueError):
    """The value cannot be one of this field."""


class Facts:
    """What is asked of records: their columns, and what stands in fields of the company's own, read once for all of them."""

    def __init__(self, records: Iterable[Any] = ()) -> None:
        self._records, self.names = list(records), Names()
        self._held: dict[str, dict[int, dict[int, Any]]] = defaultdict(dict)

    def own(self, field: CustomField, record: Any) -> Any:
        """What stands in the field; None where it is empty."""
        pk, held = _pk_of(field, record), self._held[field.subject]
        if pk is None:
            return None
        if pk not in held:
            pks = {pk, *(_pk_of(field, other) for other in self._records)} - {None}
            found = own_values.read(field.subject, [pk for pk in pks if pk])
            held.update({pk: found.get(pk, {}) for pk in pks if pk})
        return held[pk].get(field.pk)


def _pk_of(field: CustomField, record: Any) -> int | None:
    """The record that the field is of: this one, or its company."""
    if field.subject == "company":
        return record.company_id  # type: ignore[no-any-return]
    return record.pk if field.subject == ("deal" if isinstance(record, Deal) else "lead") else None


@dataclass(frozen=True)
class Field:
    """A fact that may be asked for: of which records, of which type, and how it is read from one."""

    label: str | Promise
    type: str
    about: tuple[str, ...]
    read: Callable[[Any, Facts], Any]


def _column(name: str) -> Callable[[Any, Facts], Any]:
    return lambda record, _facts: getattr(record, name)


FIELDS: dict[str, Field] = {
    "amount": Field(gettext_lazy("Amount"), "money", ("deal",), _column("amount")),
    "budget": Field(gettext_lazy("Budget"), "money", ("deal",), _column("budget")),
    "probability": Field(gettext_lazy("Probability"), "number", ("deal",), _column("probability")),
    "stage": Field(gettext_lazy("Stage"), "stage", ("deal",), _column("stage_id")),
    "competitor": Field(gettext_lazy("Competitor"), "text", ("deal",), _column("competitor")),
    "close_on": Field(gettext_lazy("Expected close"), "day", ("deal",), _column("close_on")),
    "next_action_on": Field(gettext_lazy("Next action"), "day", ("deal",), _column("next_action_on")),
    "channel": Field(gettext_lazy("Channel"), "channel", ("deal", "lead"), _column("channel_id")),
    "team": Field(gettext_lazy("Team"), "team", ("deal", "lead"), _column("team_id")),
    "score": Field(gettext_lazy("Score"), "number", ("lead",), _column("score")),
}
OPERATORS: dict[str, str | Promise] = {
    "gte": gettext_lazy("is at least"),
    "lt": gettext_lazy("is less than"),
    "from": gettext_lazy("is on or after"),
    "before": gettext_lazy("is before"),
    "is": gettext_lazy("is"),
    "filled": gettext_lazy("is filled in"),
    "empty": gettext_lazy("is empty"),
}
_WITHOUT_VALUE = ("filled", "empty")
_OF_TYPE = {
    "money": ("gte", "lt", "filled", "empty"), "number": ("gte", "lt", "is", "filled", "empty"),
    "text": ("is", "filled", "empty"), "day": ("from", "before", "filled", "empty"), "stage": ("is",), "channel": ("is",),
    "team": ("is",), "choice": ("is", "filled", "empty"), "person": ("is", "filled", "empty"),
    "yes_no": ("is", "filled", "empty"),
}  # fmt: skip
_ROWS: dict[str, Any] = {"stage": Stage, "channel": Channel, "team": Team}
# Fields of the company's own that can be asked for, and of the records of which automations.
_OWN_ABOUT = {"deal": ("deal",), "lead": ("lead",), "company": ("deal", "lead")}


def field_of(key: str, names: Names) -> Field | None:
    """The field of that key; one of the company's own also when it is out of use."""
    own = names.own_field(key)
    if own is None or own.subject not in _OWN_ABOUT:
        return FIELDS.get(key)
    label = _("%(field)s of the company") % {"field": own} if own.subject == "company" else str(own)
    kind = "day" if own.kind == CustomField.Kind.DATE else own.kind
    return Field(label, kind, _OWN_ABOUT[own.subject], lambda record, facts: facts.own(own, record))


def _is_out_of_use(key: str, names: Names) -> bool:
    own = names.own_field(key)
    return own is not None and own.retired_at is not None


def offered(names: Names, chosen: str = "") -> list[Any]:
    """The fields to choose from: of deals and of leads, those of both first, and those of companies.

    One that was chosen before it went out of use stays there by name, so that it is not dropped unseen.
    """
    rows: dict[tuple[str, ...], list[tuple[str, Any]]] = defaultdict(list)
    for key, field in FIELDS.items():
        rows[field.about].append((key, field.label))
    for own in names.own.values():
        if own.subject in _OWN_ABOUT and own.retired_at is None:
            rows[(own.subject,)].append((own.key, str(own)))
        elif own.key == chosen:
            rows[(own.subject,)].append((own.key, _("%(field)s (not in use)") % {"field": own}))
    groups = [(str(label), rows[(about,)]) for about, label in setting.ABOUT.items()]
    return [*rows["deal", "lead"], *groups, (_("Company"), rows[("company",)])]


def operators(key: str, names: Names) -> list[tuple[str, str | Promise]]:
    """How the field may be asked; all ways while none is chosen."""
    field = field_of(key, names)
    return [(op, label) for op, label in OPERATORS.items() if field is None or op in _OF_TYPE[field.type]]


def value_field(key: str, names: Names) -> forms.Field:
    """What takes the value: a choice where there is one. Days may also be said from the day of the run."""
    field, own = field_of(key, names), names.own_field(key)
    made: forms.Field
    if field is None:
        made = forms.CharField(max_length=200)
    elif field.type == "day":
        made = setting.ComingDay(help_text=_("A day, or +14: business days after it runs."))
    elif own is not None:
        made = own_form_field(own)
    elif field.type in _ROWS:
        made = forms.ModelChoiceField(_ROWS[field.type].objects.order_by("pk"), empty_label="—")
    elif field.type == "number":
        made = forms.IntegerField(min_value=0, max_value=999_999_999)
    else:
        made = MoneyField() if field.type == "money" else Text(max_length=80)
    made.required = False
    return made


def read(key: str, op: str, typed: Any, about: str, names: Names | None = None) -> dict[str, str]:
    """The condition as it is stored, from what a person typed. Raises Unreadable with words for them."""
    names = names or Names()
    field = field_of(key, names)
    if field is None or about not in field.about:
        raise Unreadable(_("This does not go with the trigger."))
    if _is_out_of_use(key, names):
        raise Unreadable(_("The field is not in use."))
    if op not in _OF_TYPE[field.type]:
        raise Unreadable(_("This cannot be asked of this field."))
    if op in _WITHOUT_VALUE:
        return {"field": key, "op": op, "value": ""}
    try:
        value = setting.kept(_clean(key, typed, names))
    except ValidationError as problem:
        raise Unreadable(" ".join(problem.messages)) from problem
    if not value:
        raise Unreadable(_("Enter what to compare with."))
    return {"field": key, "op": op, "value": value}


def _clean(key: str, text: Any, names: Names) -> Any:
    """As the field holds it: numbers as numbers, rows as rows; a day that is said from the run stays as it is said."""
    value, own = value_field(key, names).clean(text), names.own_field(key)
    is_coming = isinstance(value, str) and own is not None and own.kind == CustomField.Kind.DATE
    return own_values.clean(own, value) if own is not None and not is_coming else value


def hold(conditions: list[dict[str, str]], record: Any, facts: Facts | None = None) -> bool:
    """Whether all of them do. What is asked of a field out of use does not hold."""
    facts = facts or Facts()
    return all(_holds(condition, record, facts) for condition in conditions)


def _holds(condition: dict[str, str], record: Any, facts: Facts) -> bool:
    key, op = condition["field"], condition["op"]
    field = field_of(key, facts.names)
    if field is None or _is_out_of_use(key, facts.names):
        return False
    found = field.read(record, facts)
    if op in _WITHOUT_VALUE:
        return (found in (None, "")) is (op == "empty")
    if found in (None, ""):
        return False
    if op == "is":
        return setting.kept(found) == condition["value"]
    if op in ("from", "before"):
        day = setting.day_of(condition["value"])
        return bool(found >= day) if op == "from" else bool(found < day)
    there = Decimal(condition["value"])
    return bool(found >= there) if op == "gte" else bool(found < there)


def in_words(condition: dict[str, str], names: Names) -> str:
    """金額が ¥1,000,000 以上"""
    field, op = field_of(condition["field"], names), condition["op"]
    label = field.label if field else "—"
    if op in _WITHOUT_VALUE:
        return _("%(field)s %(op)s") % {"field": label, "op": OPERATORS[op]}
    value = _value_in_words(condition, names)
    if op == "is":
        return _("%(field)s is “%(value)s”") % {"field": label, "value": value}
    return _("%(field)s %(op)s %(value)s") % {"field": label, "op": OPERATORS[op], "value": value}


def _value_in_words(condition: dict[str, str], names: Names) -> str:
    key, text = condition["field"], condition["value"]
    field, own = field_of(key, names), names.own_field(key)
    kind = field.type if field else "text"
    if kind == "day":
        return setting.day_in_words(text)
    if kind in _ROWS or kind == "person":
        return names.of(kind, text)
    try:
        value = _clean(key, text, names)
    except ValidationError:
        return text
    if own is not None:
        return own_values.in_words(own, value)
    return money.full(int(value)) if kind == "money" else text


def typed(condition: dict[str, str], names: Names) -> Any:
    """The value as the form field shows it at first."""
    own = names.own_field(condition["field"])
    try:
        value = _clean(condition["field"], condition["value"], names)
    except ValidationError:
        return condition["value"]
    if own is not None and not isinstance(value, str | date):
        return own_typed(own, value)
    return value.pk if isinstance(value, Model) else value
