"""What is typed about people and teams."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.lib.text import clean_text
from staff.models import Team, User


class PersonForm(forms.ModelForm):
    """Who somebody is, and what they may do."""

    class Meta:
        model = User
        fields = [
            "email", "family_name", "given_name", "family_kana", "given_kana", "title", "role", "team", "language",
        ]  # fmt: skip
        labels = {"language": gettext_lazy("language")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].label_from_instance = indented  # type: ignore[attr-defined]
        self.fields["team"].empty_label = None  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()
        if User.objects.filter(email=email).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Somebody has this e-mail address already."))
        return email


class TeamForm(forms.Form):
    """The name of a team and the team above it."""

    name = forms.CharField(label=gettext_lazy("name"), max_length=80)
    parent = forms.ModelChoiceField(
        Team.objects.order_by("path"), label=gettext_lazy("team above"), empty_label=None
    )

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team
        if team is not None:
            self.initial = {"name": team.name, "parent": team.parent_id}
        if team is not None and team.parent_id is None:
            del self.fields["parent"]  # the top of the tree
            return
        parents = Team.objects.order_by("path")
        if team is not None:
            parents = parents.exclude(path__startswith=team.path)
        self.fields["parent"].queryset = parents  # type: ignore[attr-defined]
        self.fields["parent"].label_from_instance = indented  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        name = clean_text(values.get("name", "")).strip()
        parent = values.get("parent")
        if name and parent:
            same = Team.objects.filter(parent=parent, name=name)
            if (same.exclude(pk=self.team.pk) if self.team else same).exists():
                self.add_error("name", _("There is a team of this name there already."))
        return values


def indented(team: Team) -> str:
    """The name, set in by how far down the tree it stands."""
    return "\u3000" * (team.path.count("/") - 1) + team.name
