"""What is typed about working time."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.lib.day_field import DayField
from crm.lib.text import clean_text
from staff import access
from staff.models import Absence, CompanyProfile, User
from staff.working_time import HOURS, DayKind

SATURDAYS = [
    (1, gettext_lazy("1st")),
    (2, gettext_lazy("2nd")),
    (3, gettext_lazy("3rd")),
    (4, gettext_lazy("4th")),
    (5, gettext_lazy("5th")),
]


def _time(label: Any, required: bool = False) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")
    return forms.TimeField(label=label, required=required, widget=widget)


class HoursForm(forms.Form):
    """The company's hours, and the version of them that the person saw."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    opens_at = _time(gettext_lazy("Opens at"), required=True)
    closes_at = _time(gettext_lazy("Closes at"), required=True)
    lunch_from = _time(gettext_lazy("Lunch from"))
    lunch_to = _time(gettext_lazy("Lunch to"))
    working_saturdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Working Saturdays of the month"),
        choices=SATURDAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    saturday_closes_at = _time(gettext_lazy("Closes on Saturdays at"))
    closed_at_year_end = forms.BooleanField(label=gettext_lazy("Closed from 12/29 to 1/3"), required=False)

    @classmethod
    def of(cls, profile: CompanyProfile) -> HoursForm:
        return cls(initial={name: getattr(profile, name) for name in HOURS})

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        opens, closes = values.get("opens_at"), values.get("closes_at")
        if not opens or not closes:
            return values
        if opens >= closes:
            self.add_error("closes_at", _("Closing comes after opening."))
        begins, ends = values.get("lunch_from"), values.get("lunch_to")
        if bool(begins) != bool(ends):
            self.add_error("lunch_to", _("Lunch needs its beginning and its end."))
        elif begins and ends and not opens <= begins < ends <= closes:
            self.add_error("lunch_to", _("Lunch lies within the opening hours."))
        saturday = values.get("saturday_closes_at")
        if saturday and saturday <= opens:
            self.add_error("saturday_closes_at", _("Closing comes after opening."))
        return values


class DayForm(forms.Form):
    """A day of the company's own, or several in a row."""

    KINDS = (
        (DayKind.CLOSED, pgettext_lazy("day", "Closed")),
        (DayKind.HALF, gettext_lazy("Half day")),
        (DayKind.WORKED, gettext_lazy("Worked (Saturday, holiday)")),
    )

    day = DayField(label=gettext_lazy("Day"))
    last = DayField(label=gettext_lazy("To (several days)"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of day"), choices=KINDS)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=40, required=False)
    opens = _time(gettext_lazy("Opens at"))
    closes = _time(gettext_lazy("Closes at"))

    LONGEST_DAYS = 60

    def clean_name(self) -> str:
        return clean_text(self.cleaned_data["name"]).strip()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, last = values.get("day"), values.get("last")
        if first and last and not 0 <= (last - first).days < self.LONGEST_DAYS:
            self.add_error(
                "last", _("The last day lies at most %(days)s days after the first.") % {"days": 60}
            )
        opens, closes = values.get("opens"), values.get("closes")
        if values.get("kind") == DayKind.HALF and not (opens or closes):
            self.add_error("closes", _("A half day needs the hour when it ends, or begins."))
        if opens and closes and opens >= closes:
            self.add_error("closes", _("Closing comes after opening."))
        return values


class AbsenceForm(forms.Form):
    """Who is away, from when to when."""

    user = forms.TypedChoiceField(label=gettext_lazy("Person"))
    first_on = DayField(label=gettext_lazy("From"))
    last_on = DayField(label=gettext_lazy("To"), required=False)
    part = forms.ChoiceField(
        label=gettext_lazy("Which part"), choices=Absence.Part.choices, initial=Absence.Part.DAY
    )

    LONGEST_DAYS = 400

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = {str(p.pk): p for p in User.objects.people() if access.allows(user, "edit absence", p)}
        field = self.fields["user"]
        field.choices, field.coerce = [(pk, p.full_name) for pk, p in people.items()], people.get  # type: ignore[attr-defined]
        field.initial = user.pk

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first = values.get("first_on")
        values["last_on"] = values.get("last_on") or first
        if first and not 0 <= (values["last_on"] - first).days < self.LONGEST_DAYS:
            self.add_error("last_on", _("The last day lies after the first."))
        return values
