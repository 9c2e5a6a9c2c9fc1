"""The list of leads: its views, filters and orders, all declared, and one page of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Channel
from crm.lib import dates, keyset, paths
from crm.lib.questions import Asked, Question, together
from leads import assignment
from leads.first_contact import Clocks, Timer, timer
from leads.models import Lead, LeadQuerySet
from staff.custom import lists as own_fields
from staff.models import CustomField, User

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
    contacted = Q(state=Lead.State.CONTACTED, received_at__gte=monday)
    return rows.kept().filter(Q(state=Lead.State.NEW) | contacted)


VIEWS = (
    View("week", gettext_lazy("This week"), _this_week, _BY_CLOCK, is_counted=True),
    View(
        "soon",
        gettext_lazy("Due soon"),
        lambda rows, user, now: rows.waiting().filter(first_contact_due_at__lte=now + SOON),
        _BY_CLOCK,
        is_counted=True,
        hot=True,
    ),
    View("mine", gettext_lazy("Mine"), lambda rows, user, now: rows.open().filter(owner=user), _BY_CLOCK),
    View(
        "nurture",
        gettext_lazy("Nurturing"),
        lambda rows, user, now: rows.kept().filter(state=Lead.State.NURTURE),
        _NEWEST,
        is_counted=True,
    ),
    View(
        "out",
        gettext_lazy("Not a fit"),
        lambda rows, user, now: rows.kept().filter(state=Lead.State.DISQUALIFIED),
        _NEWEST,
    ),
    View("all", gettext_lazy("All leads"), lambda rows, user, now: rows.kept(), _NEWEST),
)
# What `state` may say; the figures of other pages link with it. An address with it, or with days, means all leads.
STATES: dict[str, tuple[str | Promise, Q]] = {
    Lead.State.NEW.value: (
        gettext_lazy("Waiting for the first contact"),
        Q(state=Lead.State.NEW, first_contacted_at=None),
    ),
    **{state.value: (state.label, Q(state=state)) for state in Lead.State if state != Lead.State.NEW},
    "decided": (gettext_lazy("Decided on"), Q(state__in=Lead.DECIDED)),
    "clocked": (gettext_lazy("With a first-contact deadline"), Lead.HAS_A_CLOCK),
    "late": (
        gettext_lazy("Not spoken with in time"),
        Lead.HAS_A_CLOCK
        & (
            Q(first_contacted_at__gt=F("first_contact_due_at"))
            | Q(first_contacted_at=None, first_contact_due_at__lt=Now())
        ),
    ),
}
# Which days `from` and `to` are about; the day on which the lead was received unless `days` says otherwise.
DAYS = {"": "received_at", "due": "first_contact_due_at"}
ORDERS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "due": (gettext_lazy("By deadline"), _BY_CLOCK),
    "score": (gettext_lazy("By score"), ("-score", "-pk")),
    "newest": (gettext_lazy("Newest first"), _NEWEST),
}
# Public key → the field it narrows; values are ids.
FILTERS = {"channel": "channel_id", "owner": "owner_id"}


@dataclass(frozen=True)
class Narrowing:
    """The days on which leads were received (or due) and their state, as the address says it; what it says wrongly is None."""

    first: date | None = None
    last: date | None = None
    state: str = ""
    days: str = ""

    @property
    def state_words(self) -> str:
        return str(STATES[self.state][0]) if self.state else ""

    def __bool__(self) -> bool:
        return bool(self.first or self.last or self.state)

    def apply(self, rows: LeadQuerySet) -> LeadQuerySet:
        field = DAYS[self.days]
        if self.first:
            rows = rows.filter(**{f"{field}__gte": _midnight(self.first)})
        if self.last:
            rows = rows.filter(**{f"{field}__lt": _midnight(self.last + timedelta(days=1))})
        return rows.filter(STATES[self.state][1]) if self.state else rows


@dataclass(frozen=True)
class Row:
    lead: Lead
    timer: Timer | None

    @property
    def panel_url(self) -> str:
        return paths.of("leads:lead-panel", self.lead.pk)

    @property
    def name(self) -> str:
        return self.lead.short_name

    @property
    def call_label(self) -> str:
        return _("Call %(name)s and log it") % {"name": self.name}


@dataclass(frozen=True)
class Listing:
    view: View
    order: str
    filters: dict[str, int]
    narrowing: Narrowing
    page: keyset.Page
    rows: list[Row]
    # By the company's own fields.
    own: list[own_fields.Narrow]
    by_own: CustomField | None


def listing(user: User, params: Any, now: datetime) -> Listing:
    """The page that the address asks for; whatever it asks wrongly is left out."""
    view, filters, narrowing = _asked_for(params, now)
    order, fields = _order(view, params)
    rows, by_own = matching(user, params, now), own_fields.sorted_by("lead", params)
    if by_own:
        page = own_fields.page(rows, rows.only_rows(), by_own, params)
    else:
        page = keyset.page(rows.only_rows(), fields, params)
    leads = as_rows(page.rows, now, Clocks.for_reader(user))
    return Listing(view, order, filters, narrowing, page, leads, own_fields.asked("lead", params), by_own)


def _order(view: View, params: Any) -> tuple[str, tuple[str, ...]]:
    """The order that is asked for, "" for the view's own, and its columns."""
    order = params.get("sort", "")
    return (order, ORDERS[order][1]) if order in ORDERS else ("", view.order)


def whole(user: User, params: Any, now: datetime) -> QuerySet[Lead]:
    """All leads of the list, in the order of its pages."""
    rows, by_own = matching(user, params, now), own_fields.sorted_by("lead", params)
    if by_own:
        return own_fields.whole(rows, by_own, params)
    return keyset.whole(rows, _order(_asked_for(params, now)[0], params)[1])


def matching(user: User, params: Any, now: datetime) -> LeadQuerySet:
    """All leads that the address asks for and the person may see, in no order."""
    view, filters, narrowing = _asked_for(params, now)
    rows = view.rows(Lead.objects.visible_to(user), user, now)
    rows = narrowing.apply(rows.filter(**{FILTERS[key]: value for key, value in filters.items()}))
    narrowed: LeadQuerySet = own_fields.apply(rows, own_fields.asked("lead", params))
    return narrowed


def _asked_for(params: Any, now: datetime) -> tuple[View, dict[str, int], Narrowing]:
    narrowing = _narrowing(params, timezone.localdate(now))
    usual = "all" if narrowing else VIEWS[0].key
    view = next((v for v in VIEWS if v.key == params.get("view", usual)), VIEWS[0])
    return view, {key: int(params[key]) for key in FILTERS if _is_id(params.get(key))}, narrowing


def _narrowing(params: Any, today: date) -> Narrowing:
    state, days = params.get("state", ""), params.get("days", "")
    return Narrowing(
        _day(params.get("from", ""), today),
        _day(params.get("to", ""), today),
        state if state in STATES else "",
        days if days in DAYS else "",
    )


def _day(text: str, today: date) -> date | None:
    try:
        return dates.parse(text, today) if text else None
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def as_rows(leads: list[Lead], now: datetime, clocks: Clocks) -> list[Row]:
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


@dataclass(frozen=True)
class Choices:
    """What the filters and the panel offer."""

    channels: list[Channel]
    takers: list[User]

    @property
    def owners(self) -> list[User]:
        """Those whom leads are usually given to: the filter names no administrators."""
        return [person for person in self.takers if person.role != User.Role.ADMIN]


def choices() -> Choices:
    """Channels in use and the people who may have a lead, in one statement."""
    return Choices(**_asked_choices().answers())


@cache
def _asked_choices() -> Asked:
    channels = Channel.objects.filter(is_active=True).values("id", "name_ja", "name_en")
    takers = assignment.takers().values("id", "family_name", "given_name", "role")
    return together(
        channels=Question(channels, lambda rows: [Channel(**row) for row in rows]),
        takers=Question(takers, lambda rows: [User(**row) for row in rows]),
    )


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
