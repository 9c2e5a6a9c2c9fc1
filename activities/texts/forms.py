"""What an administrator types: a template with its words, and where it is offered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.substitution import unknown
from activities.texts.models import TextTemplate, TextVersion
from activities.texts.offering import PLACES
from crm.lib.text import dot
from pipeline.forms import Text
from pipeline.models import Stage

LONGEST = 10_000


class TextForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=TextTemplate.Kind.choices)
    name = Text(label=gettext_lazy("Name"), max_length=80)
    subject = Text(
        label=gettext_lazy("Subject of the mail"), max_length=120, required=False,
        help_text=gettext_lazy("For mails only."),
    )  # fmt: skip
    body = Text(
        label=gettext_lazy("Text"), max_length=LONGEST, widget=forms.Textarea({"rows": 12}),
        help_text=gettext_lazy("These are filled in: %(places)s"),
    )  # fmt: skip
    note = Text(
        label=gettext_lazy("What is different"), max_length=120, required=False,
        help_text=gettext_lazy("Stands beside the version and its win rate."),
    )  # fmt: skip
    stage_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Offered at"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nothing chosen: everywhere."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages = Stage.objects.filter(kind=Stage.Kind.OPEN).select_related("pipeline")
        chosen: Any = self.fields["stage_ids"]
        several = len({stage.pipeline_id for stage in stages}) > 1
        chosen.choices = [(s.pk, f"{s.pipeline}{dot()}{s}" if several else str(s)) for s in stages]
        places = " ".join(f"{{{{ {name} }}}}" for name in PLACES)
        self.fields["body"].help_text = _("These are filled in: %(places)s") % {"places": places}

    @classmethod
    def of(cls, template: TextTemplate, newest: TextVersion) -> TextForm:
        return cls(
            initial={
                "seen": template.version, "kind": template.kind, "name": template.name,
                "stage_ids": template.stage_ids, "subject": newest.subject, "body": newest.body,
            }
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name in ("subject", "body"):
            if strange := unknown(values.get(name) or "", PLACES):
                self.add_error(name, _("{{ %(name)s }} is not known.") % {"name": strange[0]})
        if values.get("kind") == TextTemplate.Kind.MAIL and not (values.get("subject") or "").strip():
            self.add_error("subject", _("A mail needs a subject."))
        return values
