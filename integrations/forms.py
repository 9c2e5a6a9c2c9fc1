from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from integrations.imports import presets
from integrations.models import Import
from staff import roles
from staff.models import User


class UploadForm(forms.Form):
    """A list to bring in: the file, what it holds, and for leads where they come from."""

    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "Excel (xlsx, xls), ods, CSV in Shift_JIS or UTF-8, TSV, vCard. Titles above the header do no harm."
        ),
        error_messages={"empty": _("The file is empty. Choose a file with a header and at least one row.")},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.xlsb,.xls,.ods,.vcf"}),
    )
    kind = forms.ChoiceField(
        label=_("What is in it"),
        choices=Import.Kind.choices,
        widget=forms.RadioSelect,
        initial=Import.Kind.LEADS,
    )
    channel = forms.ModelChoiceField(
        Channel.objects.filter(is_active=True),
        label=_("Channel of the leads"),
        required=False,
        empty_label=None,
    )
    preset = forms.ChoiceField(
        label=_("Where the list comes from"),
        choices=[("", _("find out by the columns")), *presets.LABELS.items()],
        required=False,
    )
    enter_at_stage = forms.BooleanField(
        label=_("Deals enter where they stand, without passing the exit criteria"),
        help_text=_("For moving in from another system. Each move says that it came in by this list."),
        required=False,
    )
    campaign = forms.CharField(
        label=_("Campaign"),
        max_length=120,
        required=False,
        help_text=_("Name of the exhibition, the mailing, the seminar"),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Only administrators let deals enter where they stand.
        self.fields["enter_at_stage"].disabled = not roles.can(user, "administer")
        self.fields["channel"].initial = Channel.objects.filter(is_active=True).order_by("position").first()
