"""Which template was used, told to the comparison of won and lost deals and to the lists of deals."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from activities.texts.models import TextUse, TextVersion
from pipeline import deal_filters, outcomes
from pipeline.models.deal import DealQuerySet
from staff.models import User

# The key of the dimension, and of the filter that leads to its deals.
KEY = "text"


def register() -> None:
    label = pgettext_lazy("dimension", "Template used")
    outcomes.provide(outcomes.Provided(KEY, label, gettext_lazy("without a template"), versions_of))
    deal_filters.provide(deal_filters.Filter(KEY, label, _version, _written_with))


def versions_of(deals: list[int]) -> dict[int, dict[int, str]]:
    """Deal → the versions that something was written with for it, each by its name and number; in one statement."""
    rows = TextUse.objects.filter(activity__deal__in=deals)
    found: dict[int, dict[int, str]] = defaultdict(dict)
    pairs = rows.values_list("activity__deal", "version", "version__template__name", "version__number")
    for deal, version, name, number in pairs.distinct():
        found[deal][version] = f"{name} v{number}"
    return found


def _version(text: str, user: User) -> Any:
    found = (
        TextVersion.objects.select_related("template").filter(pk=int(text)).first()
        if text.isdecimal() and len(text) < 19
        else None
    )
    if found is None:
        raise ValueError(text)
    return found


def _written_with(rows: DealQuerySet, version: TextVersion, today: date) -> DealQuerySet:
    return rows.filter(pk__in=TextUse.objects.filter(version=version).values("activity__deal"))
