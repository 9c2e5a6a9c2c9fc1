from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.lib import dates, workdays
from crm.lib.text import clean_text

# Business days from today that the list of a next action offers; the second is chosen.
DAYS_AHEAD = (1, 2, 3, 5, 10)


class NextActionForm(forms.Form):
    """What somebody does next for a deal, and by when; filled in the row of the deal."""

    title = forms.CharField(label=_("What to do next"), max_length=160)
    due_on = forms.TypedChoiceField(label=_("Due"), coerce=date.fromisoformat)

    def __init__(self, *args: Any, today: date, calendar: workdays.Calendar, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "ja"
        days = [workdays.add(today, n, calendar) for n in DAYS_AHEAD]
        offered = [(day.isoformat(), dates.near(day, today, language)) for day in days]
        self.fields["due_on"].choices = offered  # type: ignore[attr-defined]
        self.initial.setdefault("due_on", days[1].isoformat())

    def clean_title(self) -> str:
        return clean_text(self.cleaned_data["title"]).strip()
