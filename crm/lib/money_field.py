"""A form field that takes yen as people write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from crm.lib import money


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
