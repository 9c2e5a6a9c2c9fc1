"""A form field that takes a day as people write it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.lib import dates


class DayField(forms.Field):
    """2026/11/30, 11/30, R8.11.30 → a day; nothing → None."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "class": "input num"})

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        try:
            return dates.parse(value, timezone.localdate())
        except dates.NotADate as problem:
            raise ValidationError(problem.message, code=problem.code) from problem

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%Y/%-m/%-d}" if isinstance(value, date) else value
