"""What is typed about stalls: the rules of a stage, and putting one off."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.lib.day_field import DayField
from pipeline.forms import Text
from pipeline.models import Stage, StallRule
from pipeline.stall_settings import Wanted
from pipeline.stall_words import ACTIVITIES, BEGINNINGS

KIND = StallRule.Kind
# Each with the sentence around its number of days.
SENTENCES = {
    KIND.SILENCE: gettext_lazy("days without anybody spoken with"),
    KIND.UNANSWERED: gettext_lazy("days without an answer since our last mail"),
    KIND.NO_ACTION: gettext_lazy("days without a next action"),
    KIND.OVERDUE: gettext_lazy("days after the next action was due"),
    KIND.CLOSE: gettext_lazy("days after the expected close"),
}
MOST_ABSENT = 3
_USUAL = {KIND.SILENCE: 14, KIND.UNANSWERED: 7, KIND.NO_ACTION: 7, KIND.OVERDUE: 3, KIND.CLOSE: 1}


def _days(**kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(
        min_value=1, max_value=365, widget=forms.NumberInput(attrs={"class": "input num input--q"}), **kwargs
    )


def _translated(texts: dict[str, str]) -> list[tuple[str, str]]:
    return [("", "—"), *((key, _(text)) for key, text in texts.items())]


class StallRulesForm(forms.Form):
    """All rules of one stage at once, with the version of the stage that the person saw."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    patience_days = _days(label=gettext_lazy("days in the stage"))
    tell_manager_after = forms.IntegerField(
        label=gettext_lazy("Tell the manager after (business days)"), min_value=0, max_value=60
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, sentence in SENTENCES.items():
            self.fields[f"{kind}_on"] = forms.BooleanField(label=sentence, required=False)
            self.fields[f"{kind}_days"] = _days(label=sentence, required=False, initial=_USUAL[kind])
        for n in range(MOST_ABSENT):
            self.fields[f"absent{n}_what"] = forms.ChoiceField(
                label=_("What is missing"), choices=_translated(ACTIVITIES), required=False
            )
            self.fields[f"absent{n}_days"] = _days(label=_("Days"), required=False)
            self.fields[f"absent{n}_after"] = forms.ChoiceField(
                label=_("Counted from"), choices=_translated(BEGINNINGS), required=False
            )

    @classmethod
    def of(cls, stage: Stage) -> StallRulesForm:
        initial: dict[str, Any] = {
            "seen": stage.version,
            "patience_days": stage.patience_days,
            "tell_manager_after": stage.tell_manager_after,
        }
        absent = 0
        for rule in StallRule.objects.filter(stage=stage):
            if rule.kind != KIND.ABSENT:
                initial |= {f"{rule.kind}_on": rule.is_active, f"{rule.kind}_days": rule.days}
            elif rule.is_active and absent < MOST_ABSENT:
                prefix, absent = f"absent{absent}", absent + 1
                initial |= {
                    f"{prefix}_what": rule.activity_kind, f"{prefix}_days": rule.days, f"{prefix}_after": rule.after,
                }  # fmt: skip
        return cls(initial=initial)

    @property
    def rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        return [(str(kind), self[f"{kind}_on"], self[f"{kind}_days"]) for kind in SENTENCES]

    @property
    def absent_rows(self) -> list[list[forms.BoundField]]:
        return [[self[f"absent{n}_{name}"] for name in ("what", "days", "after")] for n in range(MOST_ABSENT)]

    @property
    def absent_shown(self) -> int:
        """How many rows are open to see: those that say something, and one to go on with."""
        filled = [n for n, row in enumerate(self.absent_rows) if any(part.value() for part in row)]
        return min(max(filled, default=-1) + 2, MOST_ABSENT)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for kind in SENTENCES:
            if (
                values.get(f"{kind}_on")
                and not values.get(f"{kind}_days")
                and f"{kind}_days" not in self.errors
            ):
                self.add_error(f"{kind}_days", _("Enter after how many days."))
        for n in range(MOST_ABSENT):
            what, days, after = (values.get(f"absent{n}_{name}") for name in ("what", "days", "after"))
            if what and not days and f"absent{n}_days" not in self.errors:
                self.add_error(f"absent{n}_days", _("Enter after how many days."))
            if what and not after:
                self.add_error(f"absent{n}_after", _("Choose after what."))
        return values

    @property
    def wanted(self) -> list[Wanted]:
        values = self.cleaned_data
        plain = [Wanted(str(kind), values[f"{kind}_days"]) for kind in SENTENCES if values[f"{kind}_on"]]
        absent = [
            Wanted(
                str(KIND.ABSENT),
                values[f"absent{n}_days"],
                values[f"absent{n}_what"],
                values[f"absent{n}_after"],
            )
            for n in range(MOST_ABSENT)
            if values[f"absent{n}_what"]
        ]
        return plain + absent


class SnoozeForm(forms.Form):
    """Until when, and why."""

    until = DayField(label=gettext_lazy("Until"))
    reason = Text(
        max_length=200,
        label=gettext_lazy("Why it may wait"),
        error_messages={"required": gettext_lazy("A word why helps whoever looks at it next.")},
    )

    LONGEST = timedelta(days=180)

    def clean_until(self) -> date:
        day: date = self.cleaned_data["until"]
        today = timezone.localdate()
        if not today < day <= today + self.LONGEST:
            raise forms.ValidationError(_("Choose a day after today, within half a year."))
        return day
