from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.lib import workdays
from crm.lib.text import clean_text
from dashboards.meeting import drafts
from dashboards.meeting.deciding import Choice
from dashboards.meeting.models import Decision, Meeting, Topic
from pipeline.models import Deal, LossReason
from staff.models import Team, User


class StartForm(forms.Form):
    """Which team meets, and how long it should take."""

    team = forms.TypedChoiceField(label=gettext_lazy("Team"))
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("Time"), coerce=int, choices=[(n, n) for n in (15, 30, 45, 60)], initial=30
    )

    def __init__(self, teams: list[Team], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_id = {str(team.pk): team for team in teams}
        self.fields["team"].choices = [(pk, team.name) for pk, team in by_id.items()]  # type: ignore[attr-defined]
        self.fields["team"].coerce = by_id.get  # type: ignore[attr-defined]


class PlaceForm(forms.Form):
    """What is put on the screen."""

    topic = forms.ChoiceField(choices=Topic.choices)
    place = forms.IntegerField(min_value=0, max_value=1000, required=False)


class DecisionForm(forms.Form):
    """What is decided about the deal on the screen."""

    deal = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(choices=Decision.Kind.choices, label=gettext_lazy("Decision"))
    title = forms.CharField(
        max_length=160,
        label=gettext_lazy("What to do"),
        error_messages={"required": gettext_lazy("Say what is to be done.")},
    )
    owner = forms.TypedChoiceField(label=gettext_lazy("Who"))
    due_on = forms.TypedChoiceField(label=gettext_lazy("By when"), coerce=date.fromisoformat)
    close_on = forms.TypedChoiceField(
        label=gettext_lazy("New expected close"),
        coerce=date.fromisoformat,
        required=False,
        empty_value=None,
    )
    reason = forms.ModelChoiceField(
        LossReason.objects.filter(is_active=True), label=gettext_lazy("Main reason"), required=False
    )

    def __init__(
        self, meeting: Meeting, deal: Deal, people: list[User], calendar: workdays.Calendar, today: date,
        start_month: int, *args: Any, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        by_id = {str(person.pk): person for person in people}
        self.fields["owner"].choices = [(pk, person.full_name) for pk, person in by_id.items()]  # type: ignore[attr-defined]
        self.fields["owner"].coerce = by_id.get  # type: ignore[attr-defined]
        self.fields["due_on"].choices = drafts.due_days(meeting, calendar)  # type: ignore[attr-defined]
        self.fields["close_on"].choices = drafts.close_days(deal, today, start_month)  # type: ignore[attr-defined]

    def reasons(self) -> list[tuple[str, str]]:
        """Why a deal may be lost, in the order of their keys."""
        return [(str(reason.pk), str(reason)) for reason in self.fields["reason"].queryset]  # type: ignore[attr-defined]

    def clean_title(self) -> str:
        title = clean_text(self.cleaned_data["title"]).strip()
        if not title:
            raise forms.ValidationError(_("Say what is to be done."))
        return title

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("kind") == Decision.Kind.LOSE and not values.get("reason"):
            self.add_error("reason", _("Choose the main reason."))
        if values.get("kind") == Decision.Kind.NEW_DATE and not values.get("close_on"):
            self.add_error("close_on", _("Choose the new day."))
        return values

    def choice(self) -> Choice:
        """What was typed, as the domain takes it."""
        names = ("kind", "title", "owner", "due_on", "close_on", "reason")
        values = {name: self.cleaned_data[name] for name in names}
        if values["kind"] == Decision.Kind.LOSE:
            values["title"] = str(values["reason"])
        return Choice(**values)
