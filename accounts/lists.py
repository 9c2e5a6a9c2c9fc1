"""The list of companies: what it may be narrowed and sorted by. Public words lead to expressions, never to lookups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Company
from crm.lib.addresses import PREFECTURES
from crm.lib.text import clean_text
from staff import access, search
from staff.custom import lists as own_fields
from staff.models import CustomField, User

Narrow = Callable[[QuerySet[Company], str, User], QuerySet[Company] | None]


@dataclass(frozen=True)
class Filter:
    """One way to narrow the list. `narrow` gives None for a value that nobody offered: then it counts as none."""

    key: str
    label: str | Promise
    narrow: Narrow
    shown: Callable[[str], str | Promise] = str


def _by_owner(rows: QuerySet[Company], value: str, user: User) -> QuerySet[Company] | None:
    if value == "none":
        return rows.filter(owner=None)
    if value == "me":
        return rows.filter(owner=user)
    return (
        rows.filter(owner=int(value)) if value.isascii() and value.isdecimal() and len(value) < 19 else None
    )


def _owner_name(value: str) -> str | Promise:
    if value in ("me", "none"):
        return {"me": _("me"), "none": _("nobody")}[value]
    person = User.objects.filter(pk=int(value)).first()
    return person.full_name if person else value


def _by_prefecture(rows: QuerySet[Company], value: str, user: User) -> QuerySet[Company] | None:
    return rows.filter(prefecture=value) if value in PREFECTURES else None


def _with_open_deals(rows: QuerySet[Company], value: str, user: User) -> QuerySet[Company] | None:
    if value != "yes":
        return None
    return rows.filter(pk__in=access.visible("deal", user).filter(closed_at=None).values("company"))


FILTERS = {
    f.key: f
    for f in (
        Filter("owner", _("Account owner"), _by_owner, _owner_name),
        Filter("prefecture", _("Prefecture"), _by_prefecture),
        Filter("industry", _("Industry"), lambda rows, value, user: rows.filter(industry=value)),
        Filter("deals", _("Open deals"), _with_open_deals, lambda value: _("yes")),
    )
}
SORTS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "name": (_("Name"), ("sort_key", "pk")),
    "newest": (_("Newest first"), ("-pk",)),
    "quiet": (_("Longest without contact"), ("last_activity_at", "pk")),
}


@dataclass
class Listing:
    """The narrowed rows with what the page says about them."""

    rows: QuerySet[Company]
    order: tuple[str, ...]
    sort: str
    query: str
    chosen: dict[str, str]
    # By the company's own fields.
    own: list[own_fields.Narrow]
    by_own: CustomField | None

    @property
    def chips(self) -> list[dict[str, Any]]:
        """The filters in force, as the page shows them."""
        return [
            {"key": key, "label": FILTERS[key].label, "value": FILTERS[key].shown(value), "text": value}
            for key, value in self.chosen.items()
        ] + [
            {"key": one.key, "label": str(one.field), "value": one.words, "text": one.text}
            for one in self.own
        ]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.chosen or self.query or self.own)


def listing(user: User, params: QueryDict) -> Listing:
    """Companies that the person may see, narrowed and sorted as the address says; unknown values count as none."""
    rows: QuerySet[Company] = Company.objects.active().visible_to(user)
    chosen: dict[str, str] = {}
    for key, rule in FILTERS.items():
        value = clean_text(params.get(key, "")).strip()[:80]
        narrowed = rule.narrow(rows, value, user) if value else None
        if narrowed is not None:
            rows, chosen[key] = narrowed, value
    query = clean_text(params.get("q", "")).strip()[:80]
    if query:
        rows = search.matching(rows, query)
    sort = params.get("sort", "") if params.get("sort") in SORTS else "name"
    own = own_fields.asked("company", params)
    rows = own_fields.apply(rows, own)
    return Listing(rows, SORTS[sort][1], sort, query, chosen, own, own_fields.sorted_by("company", params))


def with_open_deals(rows: QuerySet[Company], user: User) -> QuerySet[Company]:
    """Adds `open_count` and `open_amount` of the deals that the person may see."""
    deals = access.visible("deal", user).filter(company=OuterRef("pk"), closed_at=None, deleted_at=None)
    deals = deals.order_by().values("company")
    return rows.annotate(
        open_count=Subquery(deals.annotate(n=Count("pk")).values("n")),
        open_amount=Subquery(deals.annotate(total=Sum("amount")).values("total")),
    )


def industries(limit: int = 100) -> list[str]:
    """The industries in use, hopping through the index from one to the next: the same cost at a million companies."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE hop AS (
                (SELECT industry FROM accounts_company WHERE industry > '' ORDER BY industry LIMIT 1)
                UNION ALL
                SELECT (SELECT industry FROM accounts_company WHERE industry > hop.industry ORDER BY industry LIMIT 1)
                FROM hop WHERE hop.industry IS NOT NULL
            ) SELECT industry FROM hop WHERE industry IS NOT NULL LIMIT %s
            """,
            [limit],
        )
        return [row[0] for row in cursor.fetchall()]
