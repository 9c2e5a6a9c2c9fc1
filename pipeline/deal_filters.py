"""What a list of deals can be narrowed to and sorted by: a declared map, so that no request names a column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from accounts.models import Channel, Company
from crm.lib import dates, fiscal, names
from crm.lib.kept import kept
from crm.lib.text import clean_text
from pipeline import columns
from pipeline.columns import Column
from pipeline.models import Deal, ExitCriterion, LossReason, Pipeline, SavedView, Stage, StageMove, WinReason
from pipeline.models.deal import DealQuerySet
from staff import search
from staff.custom import lists as own_fields
from staff.models import Team, User
from staff.readers import Reader

MOST_VIEWS = 12


@dataclass(frozen=True)
class Filter:
    """One public key: how its text becomes a value (ValueError: it is ignored), what rows it leaves, how a chip says it."""

    key: str
    label: str | Promise
    read: Callable[[str, User], Any]
    narrow: Callable[[DealQuerySet, Any, date], DealQuerySet]
    words: Callable[[Any], str] = str


def _row(model: Any) -> Callable[[str, User], Any]:
    def read(text: str, user: User) -> Any:
        rows = (
            model.objects.visible_to(user)
            if hasattr(model.objects.all(), "visible_to")
            else model.objects.all()
        )
        found = rows.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
        if found is None:
            raise ValueError(text)
        return found

    return read


def _day(text: str, user: User) -> date:
    day = dates.parse(text, timezone.localdate())
    # The last days of the calendar have no tomorrow, its first ones no midnight in other zones.
    if not 1900 <= day.year <= 2200:
        raise ValueError(text)
    return day


def _one_of(*allowed: str) -> Callable[[str, User], str]:
    def read(text: str, user: User) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return read


def _words(text: str, user: User) -> str:
    text = clean_text(text).strip()[:80]
    if not text:
        raise ValueError(text)
    return text


def _spelled(text: str, user: User) -> list[str]:
    """A competitor as typed, and every other way in which deals name it: they are counted together, too."""
    words = _words(text, user)
    written = Deal.objects.exclude(competitor="").order_by().values_list("competitor", flat=True).distinct()
    return [words, *(name for name in written if names.company_key(name) == names.company_key(words))]


def _coded(model: Any) -> Callable[[str, User], Any]:
    def read(text: str, user: User) -> Any:
        found = model.objects.filter(code=text).first()
        if found is None:
            raise ValueError(text)
        return found

    return read


def _near(day: date) -> str:
    return dates.near(day, timezone.localdate(), get_language() or "ja")


def midnight(day: date) -> datetime:
    """The beginning of the day, in the company's time."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _by_words(rows: DealQuerySet, words: str, today: date) -> DealQuerySet:
    """Deals whose own name, or whose company's, contains the words."""
    by_name = search.matching(Deal.objects.all(), words).values("pk")
    by_company = search.matching(Company.objects.all(), words).values("pk")
    return rows.filter(Q(pk__in=by_name) | Q(company__in=by_company))


def _closed(rows: DealQuerySet, kind: str, today: date) -> DealQuerySet:
    return rows.filter(deleted_at=None, closed_at__isnull=False, stage__kind=kind)


@dataclass(frozen=True)
class Cohort:
    """Deals that came to a stage, or to one beyond it, for the first time on one of these days.

    `fate`: of them only those that are "gone" (have come further, or are lost), or "closed" (won or lost).
    """

    stage: Stage
    first: date
    last: date
    fate: str = ""

    def __str__(self) -> str:
        text = f"{self.stage} {_near(self.first)}–{_near(self.last)}"
        fate = {"gone": _("gone on or lost"), "closed": _("won or lost")}.get(self.fate)
        return f"{text}, {fate}" if fate else text


def _cohort(text: str, user: User) -> Cohort:
    """`3:2026-07-01:2026-09-30`, and behind it `:gone` or `:closed`."""
    pk, first, last, fate = (text.split(":") + ["", "", ""])[:4]
    if fate not in ("", "gone", "closed"):
        raise ValueError(text)
    return Cohort(_row(Stage)(pk, user), _day(first, user), _day(last, user), fate)


def _reached(rows: DealQuerySet, cohort: Cohort, today: date) -> DealQuerySet:
    kinds = (Stage.Kind.OPEN, Stage.Kind.WON)
    there = Stage.objects.filter(
        pipeline=cohort.stage.pipeline_id, position__gte=cohort.stage.position, kind__in=kinds
    )
    moves = StageMove.objects.filter(deal=OuterRef("pk"), to_stage__in=list(there))
    begins, ends = midnight(cohort.first), midnight(cohort.last + timedelta(days=1))
    if cohort.fate == "closed":
        rows = rows.exclude(stage__kind=Stage.Kind.OPEN)
    if cohort.fate == "gone":
        beyond = [stage for stage in there if stage.position > cohort.stage.position]
        went_on = Exists(StageMove.objects.filter(deal=OuterRef("pk"), to_stage__in=beyond))
        rows = rows.filter(Q(stage__kind=Stage.Kind.LOST) | went_on)
    return rows.filter(
        Exists(moves.filter(at__gte=begins, at__lt=ends)),
        ~Exists(moves.filter(at__lt=begins)),
        deleted_at=None,
    )


FILTERS = {
    f.key: f
    for f in (
        Filter("mine", gettext_lazy("My deals"), lambda text, user: user, lambda rows, me, _t: rows.filter(owner=me), lambda me: ""),
        Filter("owner", pgettext_lazy("deal", "Owner"), _row(User), lambda rows, who, _t: rows.filter(owner=who)),
        Filter("team", gettext_lazy("Team"), _row(Team), lambda rows, team, _t: rows.filter(team__in=team.subtree_ids())),
        Filter("company", gettext_lazy("Company"), _row(Company), lambda rows, c, _t: rows.filter(company=c), lambda c: c.short_name),
        Filter("pipeline", gettext_lazy("Pipeline"), _row(Pipeline), lambda rows, p, _t: rows.filter(stage__pipeline=p)),
        Filter("stage", gettext_lazy("Stage"), _row(Stage), lambda rows, stage, _t: rows.filter(stage=stage)),
        Filter("cohort", gettext_lazy("Reached the stage"), _cohort, _reached, str),
        Filter("channel", gettext_lazy("Channel"), _row(Channel), lambda rows, channel, _t: rows.filter(channel=channel)),
        Filter("stalled", gettext_lazy("Stalled"), _one_of("1"), lambda rows, _v, today: rows.stalled(today), lambda v: ""),
        Filter("next", gettext_lazy("No next action"), _one_of("none"), lambda rows, _v, _t: rows.without_next_action(), lambda v: ""),
        Filter("close", gettext_lazy("No expected close"), _one_of("none"), lambda rows, _v, _t: rows.filter(close_on=None), lambda v: ""),
        Filter("close_from", gettext_lazy("Expected close from"), _day, lambda rows, day, _t: rows.filter(close_on__gte=day), _near),
        Filter("close_to", gettext_lazy("Expected close until"), _day, lambda rows, day, _t: rows.filter(close_on__lte=day), _near),
        Filter("closed", gettext_lazy("Closed"), _one_of(Stage.Kind.WON, Stage.Kind.LOST), _closed, lambda kind: {"won": _("Won"), "lost": _("Lost")}[kind]),
        Filter("from", gettext_lazy("Closed from"), _day, lambda rows, day, _t: rows.filter(closed_at__gte=midnight(day)), _near),
        Filter("to", gettext_lazy("Closed until"), _day, lambda rows, day, _t: rows.filter(closed_at__lt=midnight(day + timedelta(days=1))), _near),
        Filter("reason", gettext_lazy("Reason"), _coded(LossReason), lambda rows, reason, _t: rows.filter(loss_reason=reason)),
        Filter("win", gettext_lazy("Reason"), _coded(WinReason), lambda rows, reason, _t: rows.filter(win_reason=reason)),
        Filter("reached", gettext_lazy("Stage reached"), _row(Stage), lambda rows, stage, _t: rows.filter(left_stage=stage)),
        Filter("competitor", gettext_lazy("Competitor"), _spelled, lambda rows, ways, _t: rows.filter(competitor__in=ways), lambda ways: ways[0]),
        Filter("forecast", gettext_lazy("Forecast category"), _one_of(*Deal.ForecastCategory.values), lambda rows, value, _t: rows.filter(forecast_category=value), lambda value: str(Deal.ForecastCategory(value).label)),
        Filter("has", gettext_lazy("Known"), _row(ExitCriterion), lambda rows, c, _t: rows.filter(met_ids__contains=[c.pk])),
        Filter("lacks", gettext_lazy("Not known"), _row(ExitCriterion), lambda rows, c, _t: rows.filter(lacking_ids__contains=[c.pk])),
        Filter("q", gettext_lazy("Words"), _words, _by_words),
    )
}  # fmt: skip


def provide(declared: Filter) -> None:
    """A filter by what a higher app knows of deals."""
    FILTERS[declared.key] = declared


@dataclass(frozen=True)
class Chip:
    """One filter in use, in words, and the query without it."""

    key: str
    label: str
    words: str
    without: str


@dataclass
class Narrowing:
    """The filters that a request asks for, read and checked."""

    user: User
    today: date
    values: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    # By the company's own fields.
    own: list[own_fields.Narrow] = field(default_factory=list)
    # Added to the list; they narrow nothing, but are kept with the rest of the address.
    columns: list[Column] = field(default_factory=list)

    @classmethod
    def of(cls, user: User, query: QueryDict, today: date) -> Narrowing:
        found = cls(user, today)
        for key, declared in FILTERS.items():
            text = clean_text(query.get(key, "")).strip()
            if not text:
                continue
            try:
                found.values[key] = declared.read(text, user)
                found.texts[key] = text
            except ValueError:
                continue  # a stale link or a slip of the hand: the list is shown without it
        found.own = own_fields.asked("deal", query)
        found.columns = columns.chosen(query)
        return found

    def apply(self, rows: DealQuerySet) -> DealQuerySet:
        """The rows that remain. Without `closed` these are open deals; those that reached a stage are all of them."""
        if not {"closed", "cohort"} & self.values.keys():
            rows = rows.open()
        return self.narrow(rows)

    def narrow(self, rows: DealQuerySet) -> DealQuerySet:
        for key, value in self.values.items():
            rows = FILTERS[key].narrow(rows, value, self.today)
        narrowed: DealQuerySet = own_fields.apply(rows, self.own)
        return narrowed

    def only_open_ones(self) -> Narrowing:
        """The same without what narrows closed deals: for the board, which shows these in columns of their own."""
        return self._only(set(self.values) - {"closed", "from", "to", "reason", "win", "reached", "cohort"})

    def only_whose(self) -> Narrowing:
        """Only who sells it, where it came from and in which pipeline: what open and closed deals have in common."""
        return self._only({"mine", "owner", "team", "pipeline", "channel"})

    def _only(self, keys: set[str]) -> Narrowing:
        keep = {key: value for key, value in self.values.items() if key in keys}
        return Narrowing(self.user, self.today, keep, {key: self.texts[key] for key in keep}, self.own)

    @property
    def chips(self) -> list[Chip]:
        return [
            Chip(key, str(FILTERS[key].label), FILTERS[key].words(value), self.query(**{key: None}))
            for key, value in self.values.items()
        ] + [Chip(one.key, str(one.field), one.words, self.query(**{one.key: None})) for one in self.own]

    def query(self, **changes: str | None) -> str:
        """The query string with some keys changed, or taken out with None."""
        wanted = {**self.texts, **{one.key: one.text for one in self.own}, **changes}
        pairs = [(key, value) for key, value in wanted.items() if value]
        return urlencode(pairs + [("col", column.key) for column in self.columns])


@dataclass(frozen=True)
class View:
    """A ready filter that everyone has, on top of board and list."""

    label: str
    query: str
    is_current: bool = False
    count: int | None = None
    # Of a view that somebody keeps.
    saved: SavedView | None = None
    is_mine: bool = False


def views(narrowing: Narrowing, start_month: int) -> list[View]:
    """This quarter (of a year that begins with `start_month`), my own, stalled only, closing this month; the shown one is marked."""
    today = narrowing.today
    quarter = fiscal.quarter_of(today, start_month)
    month_end = (fiscal.month_of(today) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    offered = [
        (_("All open"), {}),
        (_("My deals"), {"mine": "1"}),
        (_("Closing this quarter"), {"close_from": quarter.first.isoformat(), "close_to": quarter.last.isoformat()}),
        (_("Stalled only"), {"stalled": "1"}),
        (_("Closing this month"), {"close_from": today.replace(day=1).isoformat(), "close_to": month_end.isoformat()}),
    ]  # fmt: skip
    ready = [View(label, urlencode(keys), keys == narrowing.texts) for label, keys in offered]
    return ready + [
        View(
            view.name,
            view.query,
            view.query == narrowing.query(),
            saved=view,
            is_mine=view.owner_id == narrowing.user.pk,
        )
        for view in _kept_views(Reader.of(narrowing.user))
    ]


@kept
def _kept_views(reader: Reader) -> QuerySet[SavedView]:
    return SavedView.objects.visible_to(reader.user)[:MOST_VIEWS]


@dataclass(frozen=True)
class Sort:
    """One order of the list: its public key, the words at the column's head, and the columns that make it."""

    key: str
    label: str | Promise
    order: tuple[str, ...]


SORTS = {
    s.key: s
    for s in (
        Sort("stay", gettext_lazy("Days in stage"), ("stage_entered_at", "pk")),
        Sort("-stay", gettext_lazy("Days in stage"), ("-stage_entered_at", "-pk")),
        Sort("next", gettext_lazy("Next action"), ("next_action_on", "pk")),
        Sort("-next", gettext_lazy("Next action"), ("-next_action_on", "-pk")),
        Sort("amount", gettext_lazy("Amount"), ("amount", "pk")),
        Sort("-amount", gettext_lazy("Amount"), ("-amount", "-pk")),
        Sort("weighted", gettext_lazy("Weighted"), ("weighted_amount", "pk")),
        Sort("-weighted", gettext_lazy("Weighted"), ("-weighted_amount", "-pk")),
        Sort("close", gettext_lazy("Expected close"), ("close_on", "pk")),
        Sort("-close", gettext_lazy("Expected close"), ("-close_on", "-pk")),
        Sort("closed", gettext_lazy("Closed on"), ("closed_at", "pk")),
        Sort("-closed", gettext_lazy("Closed on"), ("-closed_at", "-pk")),
    )
}
