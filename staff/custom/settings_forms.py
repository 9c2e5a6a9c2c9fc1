"""What administrators type about a field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staff.custom import records
from staff.custom.forms import Text
from staff.models import CustomField, User


class FieldForm(forms.Form):
    """A field: its names, what it takes, what for, whose it is and from which stage it is due."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name_ja = Text(max_length=60, label=gettext_lazy("name (Japanese)"))
    name_en = Text(max_length=60, label=gettext_lazy("name (English)"))
    kind = forms.ChoiceField(choices=CustomField.Kind.choices, label=gettext_lazy("What it takes"))
    choices = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), label=gettext_lazy("Choices"),
        help_text=gettext_lazy("One a line, for a choice only."),
    )  # fmt: skip
    purpose = Text(
        max_length=200,
        label=gettext_lazy("What for"),
        help_text=gettext_lazy("What is decided with it, and by whom."),
    )
    owner = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Who asked for it"))
    stage = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, label=gettext_lazy("Due from the stage")
    )
    is_required = forms.BooleanField(required=False, label=gettext_lazy("the first form requires it"))
    override = Text(max_length=200, required=False, label=gettext_lazy("Why more than five are required"))

    def __init__(self, subject: str, *args: Any, kind_is_fixed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        kind = records.kind(subject)
        if kind is None or not kind.has_first_form:
            del fields["is_required"], fields["override"]
        fields["owner"].queryset = User.objects.people()
        fields["stage"].choices = [("", "—"), *((str(pk), name) for pk, name in records.stages())]
        if kind_is_fixed:
            fields["kind"].disabled = True

    @classmethod
    def of(cls, field: CustomField, data: Any = None) -> FieldForm:
        names = ("name_ja", "name_en", "kind", "purpose", "stage", "is_required", "override")
        initial = {name: getattr(field, name) for name in names}
        initial |= {"seen": field.version, "owner": field.owner_id, "choices": "\n".join(field.choices)}
        return cls(field.subject, data, initial=initial, kind_is_fixed=True)

    def clean_choices(self) -> list[str]:
        lines = [line.strip()[:60] for line in self.cleaned_data["choices"].replace("\x00", "").splitlines()]
        return list(dict.fromkeys(line for line in lines if line))[:50]

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if found.get("kind") == CustomField.Kind.CHOICE:
            if "choices" in found and not found["choices"]:
                self.add_error("choices", _("Enter at least one choice."))
        else:
            found["choices"] = []
        return found

    @property
    def values(self) -> dict[str, Any]:
        names = ("name_ja", "name_en", "choices", "purpose", "owner", "stage", "is_required", "override")
        return {name: self.cleaned_data[name] for name in names if name in self.fields}
