"""Form fields that take yen and days as people write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from crm.lib import dates, money


class MoneyField(forms.Field):
    """1,280万, ¥980,000, 1.2億 → whole yen; nothing → None."""

    widget = forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off", "class": "input num"})

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        if isinstance(value, Decimal | int):
            return Decimal(value)
        try:
            amount = money.parse(str(value))
        except money.NotMoney as problem:
            raise ValidationError(problem.message, code=problem.code) from problem
        if amount < 0:
            raise ValidationError(money.NotMoney("not_a_number").message, code="negative")
        return amount

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,}" if isinstance(value, Decimal | int) else value


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
