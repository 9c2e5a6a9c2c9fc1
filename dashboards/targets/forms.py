from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy

from dashboards.targets.table import Cell, Row
from pipeline.fields import MoneyField


class RowForm(forms.Form):
    """The four quarters of one row, with what was there when the person began to type."""

    def __init__(self, row: Row, data: Any = None) -> None:
        super().__init__(data, initial={cell.name: cell.target for cell in row.cells}, prefix=row.key)
        self.row = row
        for cell in row.cells:
            self.fields[cell.name] = MoneyField(required=False, label=str(cell.quarter))

    def cells(self) -> list[tuple[Cell, forms.BoundField]]:
        """Each quarter with its field."""
        return [(cell, self[cell.name]) for cell in self.row.cells]

    def amounts(self) -> list[tuple[Any, Decimal | None, Decimal | None]]:
        """Quarter, what was typed, and what the person saw before."""
        return [
            (cell.quarter, self.cleaned_data[cell.name], self._seen(cell.name)) for cell in self.row.cells
        ]

    def _seen(self, name: str) -> Decimal | None:
        said = str(self.data.get(f"base-{self.add_prefix(name)}", ""))
        return Decimal(said) if said.isascii() and said.isdigit() and len(said) < 16 else None


class FiscalStartForm(forms.Form):
    """The first month of the fiscal year."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    month = forms.TypedChoiceField(
        label=gettext_lazy("The fiscal year begins in"), coerce=int, choices=list(MONTHS.items())
    )
