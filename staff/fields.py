"""Forms that more than one app asks with: a file or a link."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.lib.text import clean_text
from staff import files


class UploadField(forms.FileField):
    """A file of at most 25 MiB."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        upload = super().clean(data, initial)
        if upload and upload.size > files.LIMIT_BYTES:
            raise ValidationError(_("The file is larger than 25 MB. Attach a smaller one."), code="too_large")
        return upload


class FileForm(forms.Form):
    """A file, or the address of something that is kept elsewhere, and what it is."""

    content = UploadField(label=gettext_lazy("File"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=files.FileKind.choices)
    link = forms.URLField(
        label=gettext_lazy("Address"), max_length=500, required=False, assume_scheme="https"
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("link", "name"):
            data[name] = clean_text(data.get(name) or "").strip()
        if data["link"] and not data["link"].lower().startswith(("http://", "https://")):
            self.add_error("link", _("Enter an address that begins with https://."))
        elif not data.get("content") and not data["link"] and not self.errors:
            self.add_error("content", _("Choose a file, or enter the address of one."))
        return data
