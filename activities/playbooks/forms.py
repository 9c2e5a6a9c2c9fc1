from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from activities.models import ActivityKind, PlaybookStep
from pipeline.forms import Text
from pipeline.stage_field import StageField


class StepForm(forms.Form):
    """A todo of the playbook."""

    stage = StageField(label=gettext_lazy("Stage"), empty_label=None)
    title = Text(max_length=120, label=gettext_lazy("The todo"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ActivityKind.choices)
    due_days = forms.IntegerField(
        label=gettext_lazy("Due in business days"), min_value=0, max_value=120, initial=1
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, step: PlaybookStep) -> StepForm:
        initial: dict[str, Any] = {
            "stage": step.stage_id, "title": step.title, "kind": step.kind, "due_days": step.due_days, "seen": step.version,
        }  # fmt: skip
        return cls(initial=initial)
