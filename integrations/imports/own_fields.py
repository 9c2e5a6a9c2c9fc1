"""Fields of the company's own as columns of a list: which ones a kind of list can fill, and which column is which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.lib.text import fold
from integrations.imports import cleaning, fields, own_cells
from integrations.imports.fields import Field
from staff.models import CustomField, User

Kinds, Subject = CustomField.Kind, CustomField.Subject

# Whose fields stand in a list of the kind, its own record's first.
SUBJECTS: dict[str, tuple[str, ...]] = {
    fields.COMPANIES: (Subject.COMPANY, Subject.CONTACT),
    fields.CONTACTS: (Subject.CONTACT, Subject.COMPANY),
    fields.LEADS: (Subject.LEAD,),
    fields.DEALS: (Subject.DEAL,),
}
_GROUPS: dict[str, str | Promise] = {
    Subject.COMPANY: fields.COMPANY, Subject.CONTACT: fields.PERSON, Subject.LEAD: fields.LEAD, Subject.DEAL: fields.DEAL,
}  # fmt: skip
_HOW: dict[str, str | Promise] = {
    Kinds.TEXT: _("spaces at both ends are taken off"),
    Kinds.NUMBER: _("full-width digits and commas are put right"),
    Kinds.MONEY: _("whole yen; 128万 and 1.2億 too, also by the header: 金額(千円)"),
    Kinds.DATE: _("also 令和8年7月9日"),
    Kinds.CHOICE: _("by the name of the choice"),
    Kinds.PERSON: _("by mail address or name"),
    Kinds.YES_NO: _("はい, いいえ, ○, ×, true, false"),
}


def named(keys: Iterable[str]) -> dict[str, CustomField]:
    """Key → field, of the keys that are of the company's own fields; retired ones too. No statement without any."""
    pks = [pk for key in keys if (pk := CustomField.pk_of(key))]
    return {field.key: field for field in CustomField.objects.filter(pk__in=pks)} if pks else {}


def in_use(kind: str) -> list[CustomField]:
    """What a list of the kind can fill, in the order of the form."""
    subjects = SUBJECTS.get(kind, ())
    rows = CustomField.objects.filter(subject__in=subjects, retired_at=None) if subjects else ()
    return sorted(rows, key=lambda field: (subjects.index(field.subject), field.position, field.pk))


def nobody(name: str) -> User | None:
    """For fields that read no cells."""
    return None


def as_field(own: CustomField, kind: str, people: own_cells.People = nobody) -> Field:
    """The field as every other one that a column can be."""
    return Field(
        own.key, _GROUPS[own.subject], str(own), _HOW[own.kind], own_cells.cleaner(own, people), "", (kind,),
        own_cells.means(own),
    )  # fmt: skip


def of_kind(kind: str) -> list[Field]:
    """All fields that a column of such a list can go to."""
    return [*fields.of_kind(kind), *(as_field(own, kind) for own in in_use(kind))]


def grouped(kind: str) -> list[tuple[str | Promise, list[Field]]]:
    """For the select: the fields under 企業, 担当者 and リード, the company's own behind the built-in ones."""
    own = [as_field(one, kind) for one in in_use(kind)]
    return [
        (group, [*given, *(one for one in own if one.group is group)])
        for group, given in fields.grouped(kind)
    ]


def label(key: str) -> str | Promise:
    """What a field is called, also one that is retired by now."""
    if key in fields.BY_KEY:
        return fields.BY_KEY[key].label
    return str(named([key]).get(key, key))


def counts_in_units(own: CustomField, header: str) -> bool:
    """Whether the header may say what its amounts count in: not where it is the field's own name, as our exports write it."""
    return own.kind == Kinds.MONEY and fold(header) not in _names(own)


def proposed(kind: str, headers: Sequence[str], given: Iterable[int]) -> dict[int, str]:
    """Column → field, by the field's name in either language. Columns `given` have theirs already.

    Where a column is there twice by name, as in our own export beside a built-in one, the last one is the company's own.
    """
    left = in_use(kind)
    found: dict[int, str] = {}
    open_ones = [n for n in range(len(headers)) if n not in set(given)]
    for spellings in (lambda header: [header], _spellings):
        for n in reversed(open_ones):
            folded = {fold(spelling) for spelling in spellings(headers[n])} - {""}
            own = next((one for one in left if folded & _names(one)), None)
            if own is not None and n not in found:
                found[n] = own.key
                left.remove(own)
    return found


def by_choices(
    kind: str, samples: Sequence[list[str]], taken: dict[int, str], chosen: Sequence[str]
) -> dict[int, str]:
    """Columns that nothing else has named, and whose values are the choices of one field alone."""
    left = [one for one in in_use(kind) if one.kind == Kinds.CHOICE and one.key not in taken.values()]
    found: dict[int, str] = {}
    for n, key in enumerate(chosen):
        values = [value for value in samples[n] if not cleaning.is_blank(value)]
        fitting = [one for one in left if len(values) > 1 and all(_is_choice(one, value) for value in values)]
        if not key and len(fitting) == 1:
            found[n] = fitting[0].key
            left.remove(fitting[0])
    return found


def _is_choice(own: CustomField, value: str) -> bool:
    return fold(cleaning.plain(value)) in {fold(one) for one in own.choices}


def _names(own: CustomField) -> set[str]:
    return {fold(own.name_ja), fold(own.name_en)} - {""}


def _spellings(header: str) -> list[str]:
    """Without the remark in brackets."""
    return [re.sub(r"[(（\[【<＜*※].*$", "", header)]


def value(own: CustomField, kept: Any, people: dict[int, User]) -> Any:
    """What a line kept of a cell, as `staff.custom` takes it; None for what is none any more."""
    if own.kind == Kinds.CHOICE:
        return kept if kept in own.choices else None
    if own.kind == Kinds.PERSON:
        return people.get(kept)
    if own.kind == Kinds.DATE:
        return date.fromisoformat(kept)
    return Decimal(kept) if own.kind in (Kinds.NUMBER, Kinds.MONEY) else kept
