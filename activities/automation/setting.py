"""What an automation can set: every field that people edit on a deal or a lead, those of the company's own among them.

A field is named by a key: `amount` of a deal, `lead:title` of a lead, `cf12` for one of the company's own. Its value is kept
as text, read by the form field that people use, and put in by the domain function that they go through.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from activities.automation.names import Names
from crm.lib import money, workdays
from crm.lib.day_field import DayField
from leads import editing
from leads.forms import LeadForm
from leads.models import Lead
from pipeline import deals
from pipeline.forms import FACTS, Text, fact_field
from pipeline.models import Deal
from staff import working_time
from staff.custom import values as own_values
from staff.custom.forms import form_field as own_form_field
from staff.custom.forms import typed as own_typed
from staff.models import CustomField, User

# Rows of one company: no single one of them could be right for every deal.
_OF_ONE_COMPANY = ("contact", "division", "site")
_DEAL_FIELDS = (
    *(name for name in FACTS if name not in _OF_ONE_COMPANY), "own_probability", "outcome_note", "call_again_on",
)  # fmt: skip
_LEAD_FIELDS = tuple(name for name in LeadForm.base_fields if name != "base")  # type: ignore[attr-defined]
_LEAD = "lead:"
# One of them is what a lead is known by: none is ever emptied.
_NAMES_SOMEBODY = ("lead:company_name", "lead:family_name", "lead:email")
_COMING = re.compile(r"^\+(\d{1,4})$")
ABOUT: dict[str, str | Promise] = {"deal": gettext_lazy("Deal"), "lead": gettext_lazy("Lead")}


class ComingDay(DayField):
    """A day, or +14: so many business days after the day on which the automation runs."""

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        return text if _COMING.match(text) else super().to_python(value)


def offered(names: Names) -> list[tuple[str, list[tuple[str, str]]]]:
    """The fields to choose from, by what they are fields of."""
    found = []
    for about, label in ABOUT.items():
        keys = _DEAL_FIELDS if about == "deal" else [_LEAD + name for name in _LEAD_FIELDS]
        rows = [(key, _label(key, names)) for key in keys]
        own = [f for f in names.own.values() if f.subject == about and f.retired_at is None]
        found.append((str(label), [*rows, *((field.key, str(field)) for field in own)]))
    return found


def about(key: str, names: Names) -> str:
    """deal or lead; "" for a field that is not there, or no longer."""
    if key in _DEAL_FIELDS:
        return "deal"
    if key.removeprefix(_LEAD) in _LEAD_FIELDS and key.startswith(_LEAD):
        return "lead"
    own = names.own_field(key)
    return own.subject if own and own.retired_at is None and own.subject in ABOUT else ""


def form_field(key: str, names: Names) -> forms.Field:
    """What takes the value: the field of the record's own page. Days may also be said from the day of the run."""
    made: forms.Field
    if not about(key, names):
        made = forms.CharField(max_length=200)
    elif own := names.own_field(key):
        made = own_form_field(own)
    elif key.startswith(_LEAD):
        made = LeadForm().fields[key.removeprefix(_LEAD)]
        made.required = key in _NAMES_SOMEBODY
    else:
        made = _deal_field(key)
    if isinstance(made, DayField):
        made = ComingDay(required=made.required, help_text=_("A day, or +14: business days after it runs."))
    return made


def _deal_field(name: str) -> forms.Field:
    if name == "own_probability":
        return forms.IntegerField(min_value=0, max_value=100, required=False)
    if name == "outcome_note":
        return Text(max_length=2000, required=False)
    return DayField(required=False) if name == "call_again_on" else fact_field(Deal(), name)


def kept(value: Any) -> str:
    """A cleaned value as the automation keeps it."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "1", False: "0"}[value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value.pk) if isinstance(value, Model) else str(value)


def typed(key: str, text: str, names: Names) -> Any:
    """A kept value as the form field shows it at first."""
    try:
        value = form_field(key, names).clean(text)
    except ValidationError:
        return text
    own = names.own_field(key)
    if own is not None and not isinstance(value, str):
        return own_typed(own, value)
    return value.pk if isinstance(value, Model) else value


def put(record: Deal | Lead, key: str, text: str, *, by: User) -> None:
    """Sets it, as a person would. Raises ValueError with words for a field or a value that is not there any more."""
    names = Names()
    if about(key, names) != ("lead" if isinstance(record, Lead) else "deal"):
        raise ValueError(_("The field is not in use."))
    try:
        value = form_field(key, names).clean(text)
    except ValidationError as problem:
        raise ValueError(" ".join(problem.messages)) from problem
    if isinstance(value, str) and _COMING.match(value):
        value = day_of(value)
    own = names.own_field(key)
    if own is not None:
        own_values.change(own.subject, record, {own: value}, {}, by=by)
    elif isinstance(record, Lead):
        editing.edit_lead(record, {key.removeprefix(_LEAD): value}, {}, by=by)
    else:
        deals.edit_deal(record, _changes(key, value), {}, by=by)


def day_of(text: str) -> date:
    """A day as it is kept: 2026-11-30, or +14 from today."""
    coming = _COMING.match(text)
    if coming is None:
        return date.fromisoformat(text)
    return workdays.add(timezone.localdate(), min(int(coming[1]), 3650), working_time.of_company())


def day_in_words(text: str) -> str:
    """2026/11/30, 14営業日後"""
    if coming := _COMING.match(text):
        n = int(coming[1])
        return ngettext("%(n)s business day after", "%(n)s business days after", n) % {"n": n}
    return f"{date.fromisoformat(text):%Y/%-m/%-d}"


def _changes(name: str, value: Any) -> dict[str, Any]:
    """One's own probability goes with its reason."""
    if name != "own_probability":
        return {name: value}
    reason = "" if value is None else _("Set by an automation")
    return {name: value, "own_probability_reason": reason}


def in_words(key: str, text: str, names: Names) -> str:
    """受注予定を「14営業日後」にする"""
    value = _value_in_words(key, text, names) if text else ""
    return _("set %(field)s to “%(value)s”") % {"field": _label(key, names), "value": value or "—"}


def _label(key: str, names: Names) -> str:
    own = names.own_field(key)
    if own is not None:
        return str(own)
    if key.startswith(_LEAD):
        field = LeadForm.base_fields.get(key.removeprefix(_LEAD))  # type: ignore[attr-defined]
        return str(field.label) if field else "—"
    return str(Deal._meta.get_field(key).verbose_name) if key in _DEAL_FIELDS else "—"  # type: ignore[union-attr]


def _value_in_words(key: str, text: str, names: Names) -> str:
    if _COMING.match(text):
        return day_in_words(text)
    own = names.own_field(key)
    if key == "channel" or (own and own.kind == CustomField.Kind.PERSON):
        return names.of("person" if own else "channel", text)
    if own is None and key not in ("amount", "budget", "forecast_category") and not key.endswith("_on"):
        return f"{text}%" if key == "own_probability" else text
    try:
        value = form_field(key, names).clean(text)
    except ValidationError:
        return text
    if own is not None:
        return own_values.in_words(own, own_values.clean(own, value))
    if isinstance(value, date):
        return f"{value:%Y/%-m/%-d}"
    return money.full(int(value)) if isinstance(value, Decimal) else str(Deal.ForecastCategory(value).label)
