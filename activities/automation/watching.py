"""The fields of deals that an automation can wait for: those that people edit, and those that the company has added."""

from __future__ import annotations

from typing import Any

from activities.automation.names import Names
from pipeline.deals import EDITABLE
from pipeline.models import Deal
from staff.models import CustomField

_FIELDS = tuple(name for name in EDITABLE if name not in ("outcome_note", "own_probability_reason"))
_DATES = ("close_on", "wanted_on", "call_again_on")


def offered(names: Names) -> list[tuple[str, Any]]:
    """The fields to choose from, those out of use left out."""
    own = [field for field in names.own.values() if field.subject == "deal" and field.retired_at is None]
    return [*((name, label_of(name, names)) for name in _FIELDS), *((field.key, str(field)) for field in own)]


def is_date(name: str, names: Names) -> bool:
    """Whether it is a day that can come."""
    pk = CustomField.pk_of(name)
    own = names.own.get(str(pk)) if pk else None
    return name in _DATES or (own is not None and own.kind == CustomField.Kind.DATE)


def label_of(name: str, names: Names) -> str:
    """What the field is called; a field out of use keeps its name."""
    if pk := CustomField.pk_of(name):
        return names.of("own", pk)
    return str(Deal._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
