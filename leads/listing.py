"""The list of leads: its views, filters and orders, all declared, and one page of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from crm.lib import keyset
from leads.first_contact import Clocks, Timer, timer
from leads.models import Lead, LeadQuerySet
from staff.models import User

SOON = timedelta(hours=24)
COUNT_LIMIT = 1000

_BY_CLOCK = ("-state", "first_contact_due_at", "pk")
_NEWEST = ("-received_at", "-pk")


@dataclass(frozen=True)
class View:
    """A saved view: which leads, in which order at first. `is_counted` shows how many; `hot` when that should be none."""

    key: str
    label: str | Promise
    rows: Callable[[LeadQuerySet, User, datetime], LeadQuerySet]
    order: tuple[str, ...]
    is_counted: bool = False
    hot: bool = False


def _this_week(rows: LeadQuerySet, user: User, now: datetime) -> LeadQuerySet:
    """What waits, however old, and what was contacted of this week's. 新規 sorts before 接触済 by its state."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    return rows.open().filter(Q(state=Lead.State.NEW) | Q(received_at__gte=monday))


VIEWS = (
    View("week", _("This week"), _this_week, _BY_CLOCK, is_counted=True),
    View(
        "soon",
        _("Due soon"),
        lambda rows, user, now: rows.waiting().filter(first_contact_due_at__lte=now + SOON),
        _BY_CLOCK,
        is_counted=True,
        hot=True,
    ),
    View("mine", _("Mine"), lambda rows, user, now: rows.open().filter(owner=user), _BY_CLOCK),
    View(
        "nurture",
        _("Nurturing"),
        lambda rows, user, now: rows.kept().filter(state=Lead.State.NURTURE),
        _NEWEST,
        is_counted=True,
    ),
    View(
        "out",
        _("Not a fit"),
        lambda rows, user, now: rows.kept().filter(state=Lead.State.DISQUALIFIED),
        _NEWEST,
    ),
)
ORDERS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "due": (_("By deadline"), _BY_CLOCK),
    "score": (_("By score"), ("-score", "-pk")),
    "newest": (_("Newest first"), _NEWEST),
}
# Public key → the field it narrows; values are ids.
FILTERS = {"channel": "channel_id", "owner": "owner_id"}


@dataclass(frozen=True)
class Row:
    lead: Lead
    timer: Timer | None


@dataclass(frozen=True)
class Listing:
    view: View
    order: str
    filters: dict[str, int]
    page: keyset.Page
    rows: list[Row]


def listing(user: User, params: Any, now: datetime) -> Listing:
    """The page that the address asks for; whatever it asks wrongly is left out."""
    view = next((v for v in VIEWS if v.key == params.get("view")), VIEWS[0])
    order = params.get("sort", "")
    fields = ORDERS[order][1] if order in ORDERS else view.order
    filters = {key: int(params[key]) for key in FILTERS if _is_id(params.get(key))}
    rows = view.rows(Lead.objects.visible_to(user), user, now).filter(
        **{FILTERS[key]: value for key, value in filters.items()}
    )
    page = keyset.page(rows.for_rows(), fields, params)
    return Listing(view, order if order in ORDERS else "", filters, page, as_rows(page.rows, now))


def as_rows(leads: list[Lead], now: datetime) -> list[Row]:
    clocks = Clocks()
    return [Row(lead, timer(lead, now, clocks)) for lead in leads]


def tabs(user: User, current: View, now: datetime) -> list[dict[str, Any]]:
    """The views with their counts, up to 1,001 each, in one statement."""
    visible = Lead.objects.visible_to(user)
    counted = [view for view in VIEWS if view.is_counted]
    counts = dict(
        zip(
            (view.key for view in counted),
            _counts([view.rows(visible, user, now) for view in counted]),
            strict=True,
        )
    )
    return [
        {
            "key": view.key,
            "label": view.label,
            "count": counts.get(view.key),
            "shown": f"{min(counts.get(view.key, 0), COUNT_LIMIT):,}"
            + "+" * (counts.get(view.key, 0) > COUNT_LIMIT),
            "hot": view.hot,
            "current": view is current,
        }
        for view in VIEWS
    ]


def choices() -> dict[str, list[Any]]:
    """What the filters offer."""
    return {
        "channels": list(Channel.objects.filter(is_active=True)),
        "owners": list(User.objects.people().filter(role__in=(User.Role.REP, User.Role.MANAGER))),
    }


def _counts(querysets: list[QuerySet[Lead]]) -> list[int]:
    parts: list[str] = []
    values: list[Any] = []
    for n, rows in enumerate(querysets):
        sql, params = rows.order_by().values("pk")[: COUNT_LIMIT + 1].query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS n{n})")  # noqa: S608 - compiled by Django, values apart
        values += params
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), values)
        return list(cursor.fetchone())


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19
