from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.lib import fiscal
from crm.lib.day_field import DayField
from dashboards.figures.periods import Period
from dashboards.models import CrmCost
from dashboards.roi.costs import cost_of
from dashboards.roi.gathering import Question
from pipeline.fields import MoneyField
from staff.models import Team

PERIODS, TEAMS = "period", "team"


class RoiForm(forms.Form):
    """What is compared with what."""

    mode = forms.ChoiceField(
        label=gettext_lazy("Compare"),
        choices=[
            (PERIODS, gettext_lazy("a period with the one before")),
            (TEAMS, gettext_lazy("a pilot team with the others")),
        ],
    )
    first = DayField(label=gettext_lazy("From"))
    last = DayField(label=gettext_lazy("To"))
    base_first = DayField(label=gettext_lazy("Baseline from"), required=False)
    base_last = DayField(label=gettext_lazy("Baseline to"), required=False)
    team = forms.TypedChoiceField(label=gettext_lazy("Pilot team"), required=False, empty_value=None)
    margin = forms.IntegerField(
        label=gettext_lazy("Gross margin, %"), min_value=1, max_value=100, initial=100
    )
    largest = forms.BooleanField(label=gettext_lazy("Without the largest order of each side"), required=False)

    def __init__(self, teams: list[Team], today: date, start_month: int, data: Any = None) -> None:
        defaults = self.defaults(today, start_month)
        super().__init__({**defaults, **data.dict()} if data else defaults)
        by_id = {str(team.pk): team for team in teams}
        self.fields["team"].choices = [("", "—"), *((pk, team.name) for pk, team in by_id.items())]  # type: ignore[attr-defined]
        self.fields["team"].coerce = by_id.get  # type: ignore[attr-defined]

    @staticmethod
    def defaults(today: date, start_month: int) -> dict[str, Any]:
        """This quarter and the last one, against the two before."""
        this = fiscal.quarter_of(today, start_month)
        days = {
            "first": this.plus(-1).first, "last": today,
            "base_first": this.plus(-3).first, "base_last": this.plus(-2).last,
        }  # fmt: skip
        return {"mode": PERIODS, "margin": "100", **{name: f"{day:%Y/%-m/%-d}" for name, day in days.items()}}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for first, last in (("first", "last"), ("base_first", "base_last")):
            if values.get(first) and values.get(last) and values[first] > values[last]:
                self.add_error(last, _("The last day lies after the first."))
        if values.get("mode") == TEAMS and not values.get("team"):
            self.add_error("team", _("Choose the pilot team."))
        if values.get("mode") == PERIODS:
            self._check_baseline(values)
        return values

    def _check_baseline(self, values: dict[str, Any]) -> None:
        first, last = values.get("base_first"), values.get("base_last")
        if not first or not last:
            self.add_error("base_first", _("Enter the days of the baseline."))
        elif values.get("first") and last >= values["first"]:
            self.add_error("base_last", _("The baseline ends before the period begins."))

    def question(self, costs: Sequence[CrmCost]) -> Question:
        """What was asked, as the statement takes it; `costs`: what the CRM costs, by month."""
        values = self.cleaned_data
        by_team = values["mode"] == TEAMS
        period = Period(values["first"], values["last"])
        return Question(
            period,
            None if by_team else Period(values["base_first"], values["base_last"]),
            values["team"] if by_team else None,
            float(cost_of(period, costs)),
            values["margin"],
            values["largest"],
        )


class CostForm(forms.Form):
    """What the CRM costs a month, from which month on."""

    month = DayField(label=gettext_lazy("From the month of"))
    amount = MoneyField(label=gettext_lazy("Cost of the CRM a month"), required=False)
