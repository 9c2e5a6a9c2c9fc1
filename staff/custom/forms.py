"""The form field of a custom field, and the forms that are made of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.lib.day_field import DayField
from crm.lib.money_field import MoneyField
from crm.lib.text import clean_text
from staff.custom import values
from staff.models import CustomField, User

Kinds = CustomField.Kind
# How many fields a first form shows before it folds the others away.
MOST_ASKED = 5


class Text(forms.CharField):
    def to_python(self, value: Any) -> str:
        return clean_text(super().to_python(value) or "").strip()


def form_field(field: CustomField) -> forms.Field:
    """What takes the value as people write it; empty gives None or ""."""
    made: dict[str, Any] = {
        Kinds.TEXT: lambda: Text(max_length=1000, required=False),
        Kinds.NUMBER: lambda: forms.DecimalField(
            max_digits=16, decimal_places=4, required=False, localize=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
        ),
        Kinds.MONEY: lambda: MoneyField(required=False),
        Kinds.DATE: lambda: DayField(required=False),
        Kinds.CHOICE: lambda: forms.ChoiceField(choices=[("", ""), *((c, c) for c in field.choices)], required=False),
        Kinds.PERSON: lambda: forms.ModelChoiceField(User.objects.people(), required=False, empty_label=""),
        Kinds.YES_NO: lambda: forms.TypedChoiceField(
            choices=[("", ""), ("1", _("yes")), ("0", _("no"))], coerce=lambda text: text == "1", empty_value=None, required=False
        ),
    }  # fmt: skip
    found: forms.Field = made[field.kind]()
    found.label = str(field)
    return found


def typed(field: CustomField, value: Any) -> Any:
    """The value as the form field shows it at first."""
    if value is None:
        return None
    if field.kind == Kinds.YES_NO:
        return "1" if value else "0"
    if field.kind == Kinds.PERSON:
        return value.pk
    return f"{value:f}" if isinstance(value, Decimal) and field.kind == Kinds.NUMBER else value


class ValueForm(forms.Form):
    """One field of one record, with the value the person saw (`base`)."""

    def __init__(self, field: CustomField, value: Any, data: Any = None) -> None:
        shown = typed(field, value)
        super().__init__(data, initial={"value": shown, "base": shown})
        self.fields["value"] = form_field(field)
        base = form_field(field)
        base.widget = forms.HiddenInput()
        self.fields["base"] = base
        self.custom = field

    @property
    def value(self) -> Any:
        return values.clean(self.custom, self.cleaned_data["value"])

    @property
    def base(self) -> Any:
        return values.clean(self.custom, self.cleaned_data["base"])


class FirstForm(forms.Form):
    """A mixin of forms that begin a record of `subject`: what administrators require takes the place of what can wait.

    `firm` are fields that are asked in any case; of the others those are folded away that come behind the first five.
    """

    subject = ""
    firm: tuple[str, ...] = ()

    def ask_own(self) -> None:
        """Called once, by __init__."""
        self.own = [field for field in values.fields_of(self.subject) if field.is_required]
        self.can_wait = [
            name
            for name, field in self.fields.items()
            if name not in self.firm and not field.widget.is_hidden
        ]
        add_to(self, self.own)

    @property
    def first_rows(self) -> list[forms.BoundField]:
        return [*(self[name] for name in self.firm), *self.own_rows]

    @property
    def own_rows(self) -> list[forms.BoundField]:
        """The company's own, and of the others those that still fit in."""
        return [*(self[field.key] for field in self.own), *self._rest[: self._room]]

    @property
    def folded_rows(self) -> list[forms.BoundField]:
        return self._rest[self._room :]

    @property
    def has_folded_errors(self) -> bool:
        return any(row.errors for row in self.folded_rows)

    @property
    def said(self) -> dict[CustomField, Any]:
        """What was typed into the company's own fields."""
        return taken(self, self.own)

    @property
    def _rest(self) -> list[forms.BoundField]:
        return [self[name] for name in self.can_wait]

    @property
    def _room(self) -> int:
        return max(0, MOST_ASKED - len(self.firm) - len(self.own))


def add_to(form: forms.Form, fields: list[CustomField]) -> None:
    """Adds the fields that a first form asks for."""
    for field in fields:
        made = form_field(field)
        made.required = field.is_required
        form.fields[field.key] = made


def taken(form: forms.Form, fields: list[CustomField]) -> dict[CustomField, Any]:
    """What was typed into them."""
    found = {field: form.cleaned_data.get(field.key) for field in fields}
    return {field: value for field, value in found.items() if value not in (None, "")}
