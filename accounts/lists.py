"""What the lists of companies and of people have in common. Public words lead to expressions, never to lookups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.lib import keyset
from crm.lib.text import clean_text
from staff import search
from staff.custom import lists as own_fields
from staff.models import CustomField, User

# Rows are counted to here; beyond it the page says that there are more.
COUNTED = 1000

Narrow = Callable[[QuerySet[Any], str, User], QuerySet[Any] | None]


@dataclass(frozen=True)
class Filter:
    """One way to narrow a list. `narrow` gives None for a value that nobody offered: then it counts as none."""

    key: str
    label: str | Promise
    narrow: Narrow
    shown: Callable[[str], str | Promise] = str


@dataclass(frozen=True)
class Sort:
    """One order of a list: its words, and the columns that an index has in this order."""

    label: str | Promise
    order: tuple[str, ...]


# Both lists; the first is the usual one.
SORTS = {
    "name": Sort(_("Name"), ("sort_key", "pk")),
    "newest": Sort(_("Newest first"), ("-pk",)),
    "quiet": Sort(_("Longest without contact"), ("last_activity_at", "pk")),
}
USUAL = next(iter(SORTS))


@dataclass(frozen=True)
class Kind:
    """A list: whose own fields narrow it, its rows for a person, and what else the address may ask for."""

    subject: str
    rows: Callable[[User], QuerySet[Any]]
    filters: Mapping[str, Filter]

    def listing(self, user: User, params: QueryDict) -> Listing:
        """Rows that the person may see, narrowed and sorted as the address says; unknown values count as none."""
        rows = self.rows(user)
        chosen: dict[str, str] = {}
        for key, rule in self.filters.items():
            value = clean_text(params.get(key, "")).strip()[:80]
            narrowed = rule.narrow(rows, value, user) if value else None
            if narrowed is not None:
                rows, chosen[key] = narrowed, value
        query = clean_text(params.get("q", "")).strip()[:80]
        if query:
            rows = search.matching(rows, query)
        own = own_fields.asked(self.subject, params)
        sort = params.get("sort", "")
        by_own = own_fields.sorted_by(self.subject, params)
        return Listing(
            kind=self,
            rows=own_fields.apply(rows, own),
            sort=sort if sort in SORTS else USUAL,
            asked_sort=sort if by_own or (sort in SORTS and sort != USUAL) else "",
            query=query,
            chosen=chosen,
            own=own,
            by_own=by_own,
        )


@dataclass
class Listing:
    """The narrowed rows with what the page says about them."""

    kind: Kind
    rows: QuerySet[Any]
    sort: str
    # As it stands in the address, a field of the company's own too; "" for the usual one.
    asked_sort: str
    query: str
    chosen: dict[str, str]
    # By the company's own fields.
    own: list[own_fields.Narrow]
    by_own: CustomField | None

    @property
    def chips(self) -> list[dict[str, Any]]:
        """The filters in force, as the page shows them."""
        filters = self.kind.filters
        return [
            {"key": key, "label": filters[key].label, "value": filters[key].shown(value), "text": value}
            for key, value in self.chosen.items()
        ] + [
            {"key": one.key, "label": str(one.field), "value": one.words, "text": one.text}
            for one in self.own
        ]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.chosen or self.query or self.own)

    def page(self, shown: QuerySet[Any], params: QueryDict) -> keyset.Page:
        """Fifty rows; `shown` are the same rows with all that the page shows of them."""
        if self.by_own:
            return own_fields.page(self.rows, shown, self.by_own, params)
        return keyset.page(shown, SORTS[self.sort].order, params)

    def whole(self, shown: QuerySet[Any], params: QueryDict) -> QuerySet[Any]:
        """All rows, in the order of the pages."""
        if self.by_own:
            return own_fields.whole(shown, self.by_own, params)
        return keyset.whole(shown, SORTS[self.sort].order)

    @property
    def count(self) -> int:
        """How many, `COUNTED` + 1 at most."""
        return keyset.count_up_to(self.rows, COUNTED)


def by_owner(column: str) -> Narrow:
    """Narrows to the accounts of one person, of oneself ("me") or of nobody ("none"); `column` says whose a row is."""

    def narrow(rows: QuerySet[Any], value: str, user: User) -> QuerySet[Any] | None:
        if value in ("me", "none"):
            return rows.filter(**{column: user.pk if value == "me" else None})
        is_id = value.isascii() and value.isdecimal() and len(value) < 19
        return rows.filter(**{column: int(value)}) if is_id else None

    return narrow


def owner_name(value: str) -> str | Promise:
    """How the chip calls whoever `by_owner` narrows to."""
    if value in ("me", "none"):
        return {"me": _("me"), "none": _("nobody")}[value]
    person = User.objects.filter(pk=int(value)).first()
    return person.full_name if person else value
