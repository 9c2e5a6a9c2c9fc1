from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from integrations.models import Import


class UploadForm(forms.Form):
    """A list to bring in: the file, what it holds, and for leads where they come from."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("Excel (xlsx, xls), CSV in Shift_JIS or UTF-8, TSV. Titles above the header do no harm."),
        error_messages={"empty": _("The file is empty. Choose a file with a header and at least one row.")},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.xlsb,.xls,.ods"}),
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
    campaign = forms.CharField(
        label=_("Campaign"),
        max_length=120,
        required=False,
        help_text=_("Name of the exhibition, the mailing, the seminar"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].initial = Channel.objects.filter(is_active=True).order_by("position").first()
