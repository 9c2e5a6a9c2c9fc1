"""Columns that a person adds to the list of deals: further fields, and those of the company's own. They stand in the address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.lib.text import clean_text
from pipeline.models import Deal
from staff.custom import values
from staff.models import CustomField

MOST = 4


@dataclass(frozen=True)
class Column:
    """`needs`: what is read for it beside the row itself; a `field` of the company's own is read for all rows at once."""

    key: str
    label: str | Promise
    needs: tuple[str, ...] = ()
    show: Callable[[Deal], str] | None = None
    field: CustomField | None = None
    is_number: bool = False


def _day_made(deal: Deal) -> str:
    return f"{timezone.localdate(deal.created_at):%Y/%-m/%-d}"


_OF_DEALS = {
    column.key: column
    for column in (
        Column("probability", gettext_lazy("Probability"), ("probability",), lambda deal: f"{deal.probability}%", is_number=True),
        Column("category", gettext_lazy("Forecast category"), ("forecast_category",), lambda deal: deal.get_forecast_category_display()),
        Column("channel", gettext_lazy("Channel"), ("channel",), lambda deal: str(deal.channel or "")),
        Column("contact", gettext_lazy("Main contact"), ("contact",), lambda deal: str(deal.contact or "")),
        Column("competitor", gettext_lazy("Competitor"), ("competitor",), lambda deal: deal.competitor),
        Column("made", pgettext_lazy("deal", "Made on"), ("created_at",), _day_made, is_number=True),
    )
}  # fmt: skip
_JOINED = ("channel", "contact")


def chosen(query: QueryDict) -> list[Column]:
    """The columns that the address asks for, in its order; what is none counts as not asked. No statement without any."""
    keys = list(dict.fromkeys(clean_text(key)[:20] for key in query.getlist("col")))[:20]
    pks = {key: pk for key in keys if (pk := CustomField.pk_of(key))}
    own = CustomField.objects.filter(subject="deal", retired_at=None).in_bulk(pks.values()) if pks else {}
    found = [_OF_DEALS.get(key) or _of_own(own.get(pks.get(key, 0))) for key in keys]
    return [column for column in found if column][:MOST]


def offered() -> list[Column]:
    """All that can be added."""
    fields = CustomField.objects.filter(subject="deal", retired_at=None)
    return [*_OF_DEALS.values(), *(column for field in fields if (column := _of_own(field)))]


def _of_own(field: CustomField | None) -> Column | None:
    if field is None:
        return None
    is_number = field.kind in (CustomField.Kind.NUMBER, CustomField.Kind.MONEY)
    return Column(field.key, str(field), field=field, is_number=is_number)


def needed(columns: Sequence[Column], rows: QuerySet[Deal]) -> QuerySet[Deal]:
    """The rows of the list, with what these columns show, and the team by which it is known who may edit."""
    needs = [name for column in columns for name in column.needs]
    joined = [name for name in needs if name in _JOINED]
    rows = rows.only_cards("team", *needs)  # type: ignore[attr-defined]
    return rows.select_related(*joined) if joined else rows


def cells(columns: Sequence[Column], deals: Sequence[Deal]) -> dict[int, list[tuple[Column, str]]]:
    """Deal → what stands in each column, in words."""
    own = [column.field for column in columns if column.field]
    held = values.read("deal", [deal.pk for deal in deals], [field.pk for field in own]) if own else {}
    return {deal.pk: [(c, _cell(c, deal, held.get(deal.pk, {}))) for c in columns] for deal in deals}


def _cell(column: Column, deal: Deal, held: dict[int, object]) -> str:
    if column.field:
        return values.in_words(column.field, held.get(column.field.pk))
    return column.show(deal) if column.show else ""
