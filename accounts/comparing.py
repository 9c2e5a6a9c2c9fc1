"""Two records, or two statements, side by side: equal rows quiet, different ones in sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts import facts
from accounts.company_values import ADDRESS_FIELDS, NAME_FIELDS
from accounts.models import Company, Contact, DuplicatePair, FactsQuestion


@dataclass
class Row:
    label: Any
    a: str
    b: str

    @property
    def same(self) -> bool:
        return self.a == self.b


def of(asked: DuplicatePair | FactsQuestion) -> list[Row]:
    """What either of the two, or of the two statements, says."""
    if isinstance(asked, FactsQuestion):
        return _statements(asked)
    if asked.contact_a and asked.contact_b:
        return _side_by_side(asked.contact_a, asked.contact_b)
    return _side_by_side(asked.company_a, asked.company_b)


def _side_by_side(a: Company | Contact, b: Company | Contact) -> list[Row]:
    pairs = zip(facts.of(a, can_edit=False), facts.of(b, can_edit=False), strict=True)
    return [Row(one.label, one.value, two.value) for one, two in pairs if one.value or two.value]


def _statements(asked: FactsQuestion) -> list[Row]:
    """An address is one fact; of a name kana and Latin name are facts of their own."""
    company = asked.company
    if asked.about == FactsQuestion.About.ADDRESS:
        other = Company(**{field: asked.values.get(field, "") for field in ADDRESS_FIELDS})
        return [Row(_("Address"), facts.address(company), facts.address(other))]
    sides = [(field, getattr(company, field) or "", asked.values.get(field) or "") for field in NAME_FIELDS]
    return [Row(capfirst(_label(field)), ours, theirs) for field, ours, theirs in sides if ours or theirs]


def _label(field: str) -> str:
    return str(Company._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
