"""Lists by fields of the company's own: narrowed by ?cf12=…, sorted by ?sort=cf12. Declared by rows, never by the request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.lib import keyset
from crm.lib.text import clean_text
from staff.custom.forms import form_field
from staff.custom.values import in_words
from staff.models import CustomField, CustomValue

_KEY = re.compile(r"^cf(\d{1,15})(_from|_to)?$")
Kinds = CustomField.Kind
RANGES = (Kinds.NUMBER, Kinds.MONEY, Kinds.DATE)


@dataclass(frozen=True)
class Narrow:
    """One filter in use: its key and text as in the address, and what it asks."""

    key: str
    text: str
    field: CustomField
    value: Any

    @property
    def words(self) -> str:
        shown = in_words(self.field, self.value)
        return (
            f"{shown} –"
            if self.key.endswith("_from")
            else f"– {shown}"
            if self.key.endswith("_to")
            else shown
        )


def asked(subject: str, query: QueryDict) -> list[Narrow]:
    """The filters that the address asks for; what is no field or no value counts as none. No statement without any."""
    wanted = {key: match for key in query if (match := _KEY.match(key)) and query.get(key, "").strip()}
    if not wanted:
        return []
    pks = {int(match[1]) for match in wanted.values()}
    fields = CustomField.objects.filter(subject=subject, retired_at=None, pk__in=pks).in_bulk()
    found = []
    for key, match in wanted.items():
        field = fields.get(int(match[1]))
        if field is None or (match[2] and field.kind not in RANGES):
            continue
        text = clean_text(query.get(key, "")).strip()[:200]
        try:
            value = form_field(field).clean(text)
        except ValidationError:
            continue
        if value not in (None, ""):
            found.append(Narrow(key, text, field, value))
    return found


def apply(rows: QuerySet[Any], narrows: list[Narrow]) -> Any:
    """The rows that have it."""
    for one in narrows:
        rows = rows.filter(
            pk__in=CustomValue.objects.filter(_holds(one), field=one.field).values("subject_id")
        )
    return rows


def _holds(one: Narrow) -> Q:
    column, value = one.field.column, one.value
    if one.key.endswith("_from"):
        return Q(**{f"{column}__gte": value})
    if one.key.endswith("_to"):
        return Q(**{f"{column}__lte": value})
    if one.field.kind == Kinds.TEXT:
        return Q(text__icontains=value)
    return Q(**{column: int(value) if one.field.kind == Kinds.YES_NO else value})


def sorted_by(subject: str, query: QueryDict) -> CustomField | None:
    """The field that the address sorts by."""
    pk = CustomField.pk_of(query.get("sort", "").removeprefix("-"))
    return CustomField.objects.filter(subject=subject, retired_at=None, pk=pk).first() if pk else None


def page(rows: QuerySet[Any], full: QuerySet[Any], field: CustomField, query: QueryDict) -> keyset.Page:
    """Fifty of the rows by what stands in the field, read along its index; those without anything there come last.

    `full` is what the page shows of them; `in_field` of each says what stands there, in words.
    """
    sign = "-" if query.get("sort", "").startswith("-") else ""
    rows = rows.order_by()
    held = CustomValue.objects.filter(field=field, subject_id__in=rows.values("pk"))
    held = held.filter(**{f"{field.column}__isnull": False})
    if field.kind == Kinds.PERSON:
        held = held.select_related("person")
    empty = rows.filter(~Exists(CustomValue.objects.filter(field=field, subject_id=OuterRef("pk"))))
    found = keyset.chained(
        [
            keyset.Part(held, (f"{sign}{field.column}", f"{sign}subject_id")),
            keyset.Part(empty.only("pk"), (f"{sign}pk",)),
        ],
        query,
    )
    words = dict(_in_field(row, field) for row in found.rows)
    records = full.in_bulk(list(words))
    found.rows = [records[pk] for pk in words if pk in records]
    for record in found.rows:
        record.in_field = words[record.pk]
    return found


def whole(rows: QuerySet[Any], field: CustomField, query: QueryDict) -> QuerySet[Any]:
    """All of the rows in the order that the pages have."""
    sign = "-" if query.get("sort", "").startswith("-") else ""
    return keyset.whole(rows.annotate(in_field=value_of(field)), (f"{sign}in_field", f"{sign}pk"))


def _in_field(row: Any, field: CustomField) -> tuple[int, str]:
    """The id of a record, and what stands in the field by which it is sorted."""
    if not isinstance(row, CustomValue):
        return row.pk, ""
    row.field = field
    return row.subject_id, in_words(field, row.value)


@dataclass(frozen=True)
class Offered:
    """A field as the form of filters offers it: its input, or two for a range, and whether the list is sorted by it."""

    field: CustomField
    inputs: list[tuple[str, str, str]]
    choices: list[tuple[str, str]]


def offered(subject: str, query: QueryDict) -> list[Offered]:
    """All fields in use, with what the address asks of them."""
    found = []
    for field in CustomField.objects.filter(subject=subject, retired_at=None):
        keys = [f"{field.key}_from", f"{field.key}_to"] if field.kind in RANGES else [field.key]
        words = [_("from"), _("until")] if field.kind in RANGES else [""]
        inputs = [
            (key, word, clean_text(query.get(key, ""))[:200]) for key, word in zip(keys, words, strict=True)
        ]
        choices = getattr(form_field(field), "choices", [])
        found.append(Offered(field, inputs, [(str(value), str(label)) for value, label in choices]))
    return found


def value_of(field: CustomField) -> Subquery:
    """The column of one field, for rows that are read out in bulk."""
    return Subquery(
        CustomValue.objects.filter(field=field, subject_id=OuterRef("pk")).values(field.column)[:1]
    )
