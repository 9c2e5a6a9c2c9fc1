"""How much of what the method asks is known, where it is missing, and whether knowing it goes along with winning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from crm.lib import stats
from pipeline.deal_filters import Narrowing
from pipeline.models import Deal, DealQuerySet, ExitCriterion, Stage
from staff.models import Team, User

# Fewer deals are shown by their number and not as a share; fewer closed ones on a side say nothing about winning.
SAYS_SOMETHING = 5
ENOUGH = 10
# Win rates are of these at most, the newest ones.
NEWEST = 1000
_YEAR = timedelta(days=365)

_OPEN = """
    SELECT asked.criterion, deal.part, asked.is_met, count(*),
        count(*) FILTER (WHERE asked.is_met AND asked.criterion = ANY (deal.bare)),
        sum(extract(epoch FROM %s - deal.entered)) / 86400
    FROM ({rows}) AS deal (part, entered, met, lacking, bare)
    CROSS JOIN LATERAL (
        SELECT unnest(deal.met) AS criterion, TRUE AS is_met UNION ALL SELECT unnest(deal.lacking), FALSE
    ) AS asked
    GROUP BY 1, 2, 3
"""
_CLOSED = """
    SELECT asked.criterion, asked.is_met, count(*), count(*) FILTER (WHERE stage.kind = 'won')
    FROM ({rows}) AS deal (stage, met, lacking)
    JOIN pipeline_stage AS stage ON stage.id = deal.stage
    CROSS JOIN LATERAL (
        SELECT unnest(deal.met) AS criterion, TRUE AS is_met UNION ALL SELECT unnest(deal.lacking), FALSE
    ) AS asked
    GROUP BY 1, 2
"""


@dataclass
class Share:
    """Of so many deals that are asked for something, how many have it; and how long those without it have been waiting."""

    asked: int = 0
    met: int = 0
    # Met by an answer without the words it was heard in.
    bare: int = 0
    waited: float = 0.0

    def add(self, other: Share) -> Share:
        self.asked += other.asked
        self.met += other.met
        self.bare += other.bare
        self.waited += other.waited
        return self

    @property
    def lacking(self) -> int:
        return self.asked - self.met

    @property
    def percent(self) -> int | None:
        return round(100 * self.met / self.asked) if self.asked else None

    @property
    def percent_with_evidence(self) -> int | None:
        return round(100 * (self.met - self.bare) / self.asked) if self.asked else None

    @property
    def says_something(self) -> bool:
        return self.asked >= SAYS_SOMETHING

    @property
    def days(self) -> int | None:
        """Days on average that the deals without it have stood in their stage."""
        return round(self.waited / self.lacking) if self.lacking else None

    @property
    def heat(self) -> int:
        """0 (nearly nothing known) to 4 (all of it), for the colour; the number stands beside it."""
        return min(4, (self.percent or 0) // 20) if self.percent != 100 else 4


@dataclass(frozen=True)
class Rate:
    """How often such deals were won, with the range in which the true rate lies."""

    won: int
    closed: int

    @property
    def is_enough(self) -> bool:
        return self.closed >= ENOUGH

    @property
    def percent(self) -> int:
        return round(100 * self.won / self.closed) if self.closed else 0

    @property
    def range(self) -> tuple[int, int]:
        low, high = stats.wilson(self.won, self.closed)
        return round(100 * low), round(100 * high)


@dataclass
class Row:
    """One criterion: its cells by column, all of them together, and the win rates with and without it."""

    criterion: ExitCriterion
    cells: list[tuple[Column, Share]] = field(default_factory=list)
    whole: Share = field(default_factory=Share)
    won_with: Rate = Rate(0, 0)
    won_without: Rate = Rate(0, 0)

    @property
    def separates(self) -> bool:
        """Whether the ranges of the two win rates do not even touch: more than chance. Of a required one it would be the gate's doing."""
        if self.criterion.is_required or not (self.won_with.is_enough and self.won_without.is_enough):
            return False
        return self.won_with.range[0] > self.won_without.range[1]


@dataclass
class StageRows:
    stage: Stage
    number: int
    rows: list[Row]
    whole: Share


@dataclass(frozen=True)
class Column:
    """A team or a person."""

    key: str
    pk: int
    label: str
    whole: Share


@dataclass
class Coverage:
    stages: list[StageRows]
    columns: list[Column]
    whole: Share
    # Deals that the counting has not reached yet: they are in no figure.
    uncounted: bool

    @property
    def rows(self) -> list[Row]:
        return [row for part in self.stages for row in part.rows]

    @property
    def weakest(self) -> Row | None:
        """The criterion that most deals lack, once there are enough of them to say so."""
        told = [row for row in self.rows if row.whole.says_something and row.whole.lacking]
        return min(told, key=lambda row: (row.whole.percent, -row.whole.lacking), default=None)


COLUMNS = 12


def read(narrowing: Narrowing, stages: list[Stage], by: str, now: datetime) -> Coverage:
    """Of the open deals that the person sees and asked for, in the given stages; `by` is "team" or "owner". Four statements."""
    visible = narrowing.narrow(Deal.objects.visible_to(narrowing.user)).filter(stage__in=stages)
    cells, rates = _cells(visible.open(), by, now), _rates(narrowing, stages, now)
    criteria = ExitCriterion.objects.current().filter(stage__in=stages, stage__kind=Stage.Kind.OPEN)
    columns = _columns(by, cells)
    by_stage: dict[int, list[Row]] = defaultdict(list)
    for criterion in criteria.order_by("position", "pk"):
        of_all = [share for (pk, _part), share in cells.items() if pk == criterion.pk]
        by_stage[criterion.stage_id].append(
            Row(
                criterion,
                [(column, cells.get((criterion.pk, column.pk), Share())) for column in columns],
                _sum(of_all),
                Rate(*rates.get((criterion.pk, True), (0, 0))),
                Rate(*rates.get((criterion.pk, False), (0, 0))),
            )
        )
    parts = [
        StageRows(stage, n, by_stage[stage.pk], _sum(row.whole for row in by_stage[stage.pk]))
        for n, stage in enumerate((s for s in stages if s.is_open), 1)
        if by_stage[stage.pk]
    ]
    uncounted = visible.open().filter(met_ids=None).exists()
    return Coverage(parts, columns, _sum(part.whole for part in parts), uncounted)


def _sum(shares: Iterable[Share]) -> Share:
    whole = Share()
    for share in shares:
        whole.add(share)
    return whole


def _cells(rows: DealQuerySet, by: str, now: datetime) -> dict[tuple[int, int], Share]:
    """(criterion, team or person) → share; from the index `deal_coverage` alone."""
    columns = (f"{by}_id", "stage_entered_at", "met_ids", "lacking_ids", "bare_ids")
    found: dict[tuple[int, int], Share] = defaultdict(Share)
    for criterion, part, is_met, count, bare, days in _ask(_OPEN, rows.order_by().values_list(*columns), now):
        share = Share(count, count, bare) if is_met else Share(count, waited=float(days))
        found[criterion, part].add(share)
    return found


def _rates(
    narrowing: Narrowing, stages: list[Stage], now: datetime
) -> dict[tuple[int, bool], tuple[int, int]]:
    """(criterion, met or not) → won and closed, of the newest thousand deals closed within a year."""
    rows = narrowing.narrow(Deal.objects.visible_to(narrowing.user))
    rows = rows.filter(closed_at__gte=now - _YEAR, deleted_at=None, stage__in=stages, met_ids__isnull=False)
    newest = rows.order_by("-closed_at").values_list("stage_id", "met_ids", "lacking_ids")[:NEWEST]
    return {(criterion, is_met): (won, closed) for criterion, is_met, closed, won in _ask(_CLOSED, newest)}


def _ask(statement: str, rows: Any, *values: Any) -> list[tuple[Any, ...]]:
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(statement.format(rows=sql), [*values, *params])
        return list(cursor.fetchall())


def _columns(by: str, cells: dict[tuple[int, int], Share]) -> list[Column]:
    """The teams or people with the most to fill in, at most twelve; what the others have is in the sums."""
    wholes: dict[int, Share] = defaultdict(Share)
    for (_criterion, part), share in cells.items():
        wholes[part].add(share)
    first = sorted(wholes, key=lambda part: (-wholes[part].asked, part))[:COLUMNS]
    read_names: dict[str, Callable[[], Any]] = {
        "team": lambda: Team.objects.filter(pk__in=first).order_by("path"),
        "owner": lambda: User.objects.filter(pk__in=first).order_by("team__path", "pk"),
    }
    return [Column(by, row.pk, str(row), wholes[row.pk]) for row in read_names[by]()]
