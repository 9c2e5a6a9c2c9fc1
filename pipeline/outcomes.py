"""What deals that were won have, and those that were lost have not: by reason, stage, competitor, channel, person, coverage, template."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from statistics import median
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Channel
from crm.lib import fiscal, names, stats
from pipeline.deal_filters import Narrowing, midnight
from pipeline.models import Deal, LossReason, Stage, WinReason
from staff.models import User

# Quarters side by side, the asked one being the last.
QUARTERS = 5
# Closed deals that are compared, the newest ones; beyond, the page says so.
MOST = 5000
# Fewer decided deals say nothing of a rate, fewer of both quarters nothing of a change.
ENOUGH = 10
ROWS = 8
NOT_NAMED = 0


@dataclass(frozen=True)
class Closed:
    """One closed deal, as plain values."""

    pk: int
    kind: str
    closed_at: datetime
    created_at: datetime
    amount: int
    channel: int
    owner: int
    competitor: str
    loss_reason: int
    win_reason: int
    reached: int
    met: int
    asked: int

    @property
    def is_won(self) -> bool:
        return self.kind == Stage.Kind.WON

    @property
    def days(self) -> int:
        return (self.closed_at - self.created_at).days


@dataclass(frozen=True)
class Tally:
    """Deals won and lost, with the rate and the range in which the true one lies."""

    won: int = 0
    lost: int = 0

    @property
    def count(self) -> int:
        return self.won + self.lost

    @property
    def is_enough(self) -> bool:
        return self.count >= ENOUGH

    @property
    def percent(self) -> int:
        return round(100 * self.won / self.count) if self.count else 0

    @property
    def range(self) -> tuple[int, int]:
        low, high = stats.wilson(self.won, self.count)
        return round(100 * low), round(100 * high)


@dataclass(frozen=True)
class Line:
    """One value of a dimension, quarter by quarter, the asked quarter last."""

    label: str
    by_quarter: list[Tally]
    # The filter of the list that shows its deals.
    query: dict[str, Any] | None = None

    @property
    def now(self) -> Tally:
        return self.by_quarter[-1]

    @cached_property
    def whole(self) -> Tally:
        """All quarters shown together."""
        return Tally(sum(t.won for t in self.by_quarter), sum(t.lost for t in self.by_quarter))

    @property
    def change(self) -> int | None:
        """Points of win rate against the quarter before; None while either says nothing."""
        now, before = self.by_quarter[-1], self.by_quarter[-2]
        return now.percent - before.percent if now.is_enough and before.is_enough else None


@dataclass(frozen=True)
class Reason:
    """One reason: how many deals named it in each quarter, and its part of all that were closed so."""

    label: str
    counts: list[int]
    parts: list[int]
    query: dict[str, Any] | None

    @property
    def now(self) -> int:
        return self.counts[-1]

    @property
    def percent(self) -> int:
        return round(100 * self.now / self.parts[-1]) if self.parts[-1] else 0

    @property
    def change(self) -> int | None:
        """Points of its part against the quarter before; None while either quarter says nothing."""
        if min(self.parts[-1], self.parts[-2]) < ENOUGH:
            return None
        return self.percent - round(100 * self.counts[-2] / self.parts[-2])


@dataclass(frozen=True)
class Dimension:
    """Win rates by one property of the deals."""

    key: str
    label: str | Promise
    lines: list[Line]


@dataclass
class Comparison:
    quarters: list[fiscal.Quarter]
    whole: Line
    losses: list[Reason]
    wins: list[Reason]
    dimensions: list[Dimension]
    days_won: int | None
    days_lost: int | None
    amount_won: int
    amount_lost: int
    # There are more closed deals in these quarters than are compared.
    is_cut: bool

    @property
    def quarter(self) -> fiscal.Quarter:
        return self.quarters[-1]


def read(narrowing: Narrowing, quarter: fiscal.Quarter) -> Comparison:
    """Of the closed deals that the person sees and asked for; seven statements whatever their number."""
    quarters = _until(quarter)
    found = _closed(narrowing, quarters)
    rows, is_cut = found[:MOST], len(found) > MOST
    place = {q: n for n, q in enumerate(quarters)}
    parts: list[list[Closed]] = [[] for _q in quarters]
    for row in rows:
        parts[place[fiscal.quarter_of(timezone.localdate(row.closed_at), quarter.start_month)]].append(row)
    now = parts[-1]
    won, lost = [r for r in now if r.is_won], [r for r in now if not r.is_won]
    return Comparison(
        quarters,
        Line(_("All"), [_tally(part) for part in parts]),
        _reasons(parts, "lost", lambda row: row.loss_reason, LossReason.objects.all(), "reason"),
        _reasons(parts, "won", lambda row: row.win_reason, WinReason.objects.all(), "win"),
        [dimension for dimension in _dimensions(parts) if dimension.lines],
        _middle(row.days for row in won),
        _middle(row.days for row in lost),
        sum(row.amount for row in won),
        sum(row.amount for row in lost),
        is_cut,
    )


def _until(quarter: fiscal.Quarter) -> list[fiscal.Quarter]:
    return [quarter.plus(n) for n in range(1 - QUARTERS, 1)]


def _closed(narrowing: Narrowing, quarters: list[fiscal.Quarter]) -> list[Closed]:
    """The newest closed deals of these quarters, one more than are compared."""
    rows = narrowing.narrow(Deal.objects.visible_to(narrowing.user)).filter(
        closed_at__gte=midnight(quarters[0].first),
        closed_at__lt=midnight(quarters[-1].next().first),
        deleted_at=None,
    )
    values = rows.order_by("-closed_at").values_list(
        "pk", "stage__kind", "closed_at", "created_at", "amount", "channel", "owner", "competitor", "loss_reason",
        "win_reason", "left_stage", "met_ids", "lacking_ids",
    )  # fmt: skip
    return [_plain(row) for row in values[: MOST + 1]]


def _plain(row: tuple[Any, ...]) -> Closed:
    pk, kind, closed_at, created_at, amount, channel, owner, competitor, loss, win, left, met, lacking = row
    return Closed(
        pk, kind, closed_at, created_at, int(amount or 0), channel or NOT_NAMED, owner, competitor.strip(),
        loss or NOT_NAMED, win or NOT_NAMED, left or NOT_NAMED, len(met or ()), len(met or ()) + len(lacking or ()),
    )  # fmt: skip


def _tally(rows: Iterable[Closed]) -> Tally:
    count = Counter(row.is_won for row in rows)
    return Tally(count[True], count[False])


def _middle(days: Iterable[int]) -> int | None:
    known = list(days)
    return round(median(known)) if len(known) >= ENOUGH else None


def _reasons(
    parts: list[list[Closed]],
    outcome: str,
    named: Callable[[Closed], int],
    rows: QuerySet[Any],
    key: str,
) -> list[Reason]:
    """The reasons that were named in these quarters, the most frequent of the last quarter first; unnamed ones last."""
    chosen = [[row for row in part if row.kind == outcome] for part in parts]
    counts = [Counter(named(row) for row in part) for part in chosen]
    wholes = [len(part) for part in chosen]
    known = {row.pk: row for row in rows}
    seen = {pk for count in counts for pk in count}
    found = [
        Reason(
            str(known[pk]) if pk in known else _("not named"),
            [count[pk] for count in counts],
            wholes,
            {"closed": outcome, key: known[pk].code} if pk in known else None,
        )
        for pk in seen
    ]
    return sorted(
        found, key=lambda reason: (reason.query is None, -reason.now, -sum(reason.counts), reason.label)
    )


def _dimensions(parts: list[list[Closed]]) -> list[Dimension]:
    stages = {s.pk: s for s in Stage.objects.filter(kind=Stage.Kind.OPEN)}
    channels = {c.pk: c for c in Channel.objects.all()}
    owners = {u.pk: u for u in User.objects.filter(pk__in={row.owner for part in parts for row in part})}
    spelled = _spellings(parts)
    return [
        Dimension("reached", gettext_lazy("Stage reached"), sorted(
            _lines(parts, lambda row: row.reached, _named(stages), lambda pk: {"reached": pk}),
            key=lambda line: next((s.position for s in stages.values() if str(s) == line.label), 99),
        )),
        Dimension("coverage", gettext_lazy("Coverage"), sorted(
            _lines(parts, _band, lambda band: str(BANDS[int(str(band))]), lambda band: None), key=_order_of_bands
        )),
        Dimension("competitor", gettext_lazy("Competitor"), _lines(
            parts, lambda row: names.company_key(row.competitor) if row.competitor else "",
            lambda key: spelled.get(str(key), _("none named")),
            lambda key: {"competitor": spelled[str(key)]} if key else None,
        )),
        Dimension("channel", gettext_lazy("Channel"), _lines(parts, lambda row: row.channel, _named(channels), lambda pk: {"channel": pk})),
        Dimension("owner", pgettext_lazy("deal", "Owner"), _lines(parts, lambda row: row.owner, _named(owners), lambda pk: {"owner": pk})),
        *(_of_provided(one, parts) for one in _PROVIDED),
    ]  # fmt: skip


@dataclass(frozen=True)
class Provided:
    """A property that a higher app knows of: what a deal has of it, by id, each with its name; a deal may have several.

    `key` is also the filter that the app has declared for the list of deals.
    """

    key: str
    label: str | Promise
    none: str | Promise
    read: Callable[[list[int]], dict[int, dict[int, str]]]


_PROVIDED: list[Provided] = []


def provide(dimension: Provided) -> None:
    _PROVIDED.append(dimension)


def _of_provided(one: Provided, parts: list[list[Closed]]) -> Dimension:
    had = one.read([row.pk for part in parts for row in part])
    labels = {pk: label for of_deal in had.values() for pk, label in of_deal.items()}
    lines = _lines_of_several(
        parts,
        lambda row: had.get(row.pk) or (NOT_NAMED,),
        lambda pk: labels.get(int(str(pk))) or str(one.none),
        lambda pk: {one.key: pk},
    )
    return Dimension(one.key, one.label, lines if labels else [])


# How much of what was asked was known when the deal was closed.
BANDS: dict[int, str | Promise] = {
    -1: gettext_lazy("not counted"),
    0: gettext_lazy("below 40%"),
    40: gettext_lazy("40 to 79%"),
    80: gettext_lazy("80% and more"),
}


def _band(row: Closed) -> int:
    if not row.asked:
        return -1
    share = 100 * row.met / row.asked
    return 80 if share >= 80 else 40 if share >= 40 else 0


def _order_of_bands(line: Line) -> int:
    return [str(label) for label in BANDS.values()].index(line.label)


def _named(rows: dict[int, Any]) -> Callable[[Hashable], str]:
    return lambda pk: str(rows[int(str(pk))]) if pk in rows else _("not known")


def _spellings(parts: list[list[Closed]]) -> dict[str, str]:
    """Key of a competitor → the way it is written most often."""
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for part in parts:
        for row in part:
            if row.competitor:
                written[names.company_key(row.competitor)][row.competitor] += 1
    return {key: counts.most_common(1)[0][0] for key, counts in written.items()}


def _lines(
    parts: list[list[Closed]],
    key: Callable[[Closed], Hashable],
    label: Callable[[Hashable], str],
    query: Callable[[Any], dict[str, Any] | None],
) -> list[Line]:
    return _lines_of_several(parts, lambda row: (key(row),), label, query)


def _lines_of_several(
    parts: list[list[Closed]],
    keys: Callable[[Closed], Iterable[Hashable]],
    label: Callable[[Hashable], str],
    query: Callable[[Any], dict[str, Any] | None],
) -> list[Line]:
    """The values with the most decided deals, quarter by quarter; a deal counts once for each of its values."""
    by_key: dict[Hashable, list[list[Closed]]] = defaultdict(lambda: [[] for _part in parts])
    for n, part in enumerate(parts):
        for row in part:
            for value in keys(row):
                by_key[value][n].append(row)
    lines = [
        Line(label(value), [_tally(part) for part in of_value], query(value) if value else None)
        for value, of_value in by_key.items()
    ]
    return sorted(lines, key=lambda line: (-line.now.count, -line.whole.count, line.label))[:ROWS]
