"""Figures that are added up ahead: a page reads a few sums, whatever the number of deals.

Triggers write what a change adds or takes (`RollupDelta`) in the transaction of the change; `fold` adds that to the sums
(`Rollup`), by team and for the whole company. A reader adds both, so a committed change shows at once, and takes off what
restricted companies that are closed to them have in it: all of it in one statement, from one moment.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction

from accounts.models import Company
from crm.lib import prepared
from crm.lib.questions import sql_of
from pipeline.models import Figure
from pipeline.models.rollup_triggers import ALL_MOVES, ANY, DEALS, NUMBERS, SUMS
from staff import access, roles
from staff.models import User
from staff.readers import Reader

# The day of what has none.
ALWAYS = date(2000, 1, 1)
# The month of open deals without an expected close, and the first day after it.
UNDATED, FIRST = date.min, date.min + timedelta(days=1)
WHOLE_COMPANY = 0


@dataclass(frozen=True)
class Want:
    """A figure over some days; `by_day` keeps the days apart, else they are added up (`Tally.day` is None)."""

    figure: Figure
    first: date = ALWAYS
    last: date = ALWAYS
    by_day: bool = False


@dataclass(frozen=True)
class Tally:
    day: date | None
    key: int
    n1: int
    n2: int
    n3: int
    n4: int


@dataclass(frozen=True)
class Source:
    """Rows of a table and what they count: SQL of (company_id, team, figure, day, key, n1 … n4)."""

    figures: tuple[Figure, ...]
    rows: str


_DEALS = f"""
    SELECT d.company_id, d.team_id AS team, t.figure, t.day, t.key, {NUMBERS}
    FROM pipeline_deal AS d CROSS JOIN LATERAL pipeline_deal_tally({DEALS.columns("d")}) AS t
"""  # noqa: S608 - put together from constants
_COHORTS = f"""
    SELECT d.company_id, d.team_id AS team, 10::smallint AS figure, t.day, t.key, {NUMBERS}
    FROM pipeline_deal AS d CROSS JOIN LATERAL pipeline_deal_cohorts(d.id, d.stage_id, {ALL_MOVES}) AS t
    WHERE d.deleted_at IS NULL
"""  # noqa: S608 - put together from constants

SOURCES = [
    Source(
        (
            Figure.DUE, Figure.STALLS, Figure.IDLE, Figure.IN_HAND, Figure.CLOSED, Figure.WON, Figure.CHANNEL,
            Figure.LOST, Figure.LEAD_TIME,
        ),
        _DEALS,
    ),
    Source((Figure.COHORT,), _COHORTS),
]  # fmt: skip


def register(source: Source) -> None:
    """By apps above, when they are ready: their triggers write their own figures."""
    SOURCES.append(source)


# Reading ------------------------------------------------------------------------------------------


def read(user: User, wanted: dict[str, Want]) -> dict[str, list[Tally]]:
    """Each figure as the person may see it; one statement for all of them."""
    names = list(wanted)
    found: dict[str, list[Tally]] = {name: [] for name in names}
    if not names or not user.is_active:
        return found
    for place, *numbers in prepared.rows(_statement(Reader.of(user), tuple(wanted.values()))):
        found[names[place - 1]].append(Tally(*numbers))
    return found


@lru_cache(maxsize=500)
def _statement(reader: Reader, wants: tuple[Want, ...]) -> str:
    """The statement of `read` with its values in it: put together once a reader and day, and planned for just these."""
    figures = sorted({int(want.figure) for want in wants})
    asked: list[Any] = [
        [int(want.figure) for want in wants],
        [want.first for want in wants],
        [want.last for want in wants],
        [want.by_day for want in wants],
    ]
    user = reader.user
    if user.is_system or roles.can(user, "read everything"):
        less, hidden = "", list[Any]()
        teams = [WHOLE_COMPANY]
    else:
        less, hidden = _hidden(figures, reader)
        # Who is at the top reads the sums of the whole company, too: those of each team are many times as many.
        teams = [WHOLE_COMPANY] if access.is_at_the_top(user) else list(reader.reach)
    params = [figures, teams == [WHOLE_COMPANY], teams, *hidden, *asked, teams]
    return prepared.with_values(_READ.format(less=less), params)


# Adding up whole numbers is quicker than `numeric`, which a sum of sums would be.
_WHOLE_SUMS = ", ".join(f"sum({n})::bigint AS {n}" for n in ("n1", "n2", "n3", "n4"))
# What is not folded yet, and what is hidden, is read once; sums are read for each want by their index.
_READ = f"""
    WITH loose AS MATERIALIZED (
        SELECT figure, day, key, {_WHOLE_SUMS} FROM (
            SELECT figure, day, key, {NUMBERS} FROM pipeline_rollupdelta
            WHERE figure = ANY (%s) AND (%s OR team = {WHOLE_COMPANY} OR team = ANY (%s)) {{less}}
        ) AS rows_by_row GROUP BY figure, day, key
    )
    SELECT w.place, CASE WHEN w.by_day THEN t.day END AS day, t.key, sum(t.n1)::bigint, sum(t.n2)::bigint,
           sum(t.n3)::bigint, sum(t.n4)::bigint
    FROM unnest(%s::int[], %s::date[], %s::date[], %s::bool[]) WITH ORDINALITY AS w (figure, first, last, by_day, place)
    CROSS JOIN LATERAL (
        SELECT r.day, r.key, r.n1, r.n2, r.n3, r.n4 FROM pipeline_rollup AS r
        WHERE r.figure = w.figure AND r.team = ANY (%s) AND r.day BETWEEN w.first AND w.last
        UNION ALL
        SELECT l.day, l.key, l.n1, l.n2, l.n3, l.n4 FROM loose AS l
        WHERE l.figure = w.figure AND l.day BETWEEN w.first AND w.last
    ) AS t
    GROUP BY 1, 2, 3 HAVING sum(t.n1) <> 0 OR sum(t.n2) <> 0 OR sum(t.n3) <> 0 OR sum(t.n4) <> 0
"""  # noqa: S608 - put together from constants


def _hidden(figures: Collection[int], reader: Reader) -> tuple[str, list[Any]]:
    """What companies closed to the person have in the sums of their teams, to be taken off. Few, found by index."""
    try:
        closed, values = sql_of(Company.objects.closed_to(reader.user).order_by().values("pk"))
    except EmptyResultSet:  # there are none
        return "", []
    teams = list(reader.reach)
    sources = [source for source in SOURCES if set(source.figures) & set(figures)]
    text = "".join(
        f"UNION ALL SELECT figure, day, key, -n1, -n2, -n3, -n4 FROM ({source.rows}) AS s "  # noqa: S608
        f"WHERE s.company_id IN ({closed}) AND s.team = ANY (%s)"
        for source in sources
    )
    return text, [value for _source in sources for value in (*values, teams)]


# Folding ------------------------------------------------------------------------------------------

_ADD = """
    ON CONFLICT (figure, team, day, key) DO UPDATE SET
        n1 = pipeline_rollup.n1 + excluded.n1, n2 = pipeline_rollup.n2 + excluded.n2,
        n3 = pipeline_rollup.n3 + excluded.n3, n4 = pipeline_rollup.n4 + excluded.n4
"""
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('pipeline_rollup'))"
_FOLD = f"""
    WITH taken AS (
        DELETE FROM pipeline_rollupdelta WHERE figure <> {Figure.STALE.value} RETURNING figure, team, day, key, {NUMBERS}
    )
    INSERT INTO pipeline_rollup (figure, team, day, key, {NUMBERS})
    SELECT figure, coalesce(team, {WHOLE_COMPANY}), day, key, {SUMS} FROM taken
    GROUP BY GROUPING SETS ((figure, team, day, key), (figure, day, key)) HAVING {ANY}
    {_ADD}
"""  # noqa: S608 - put together from constants


@transaction.atomic
def fold() -> int:
    """Adds the deltas to the sums and takes them away; returns how many sums changed. Stale cohorts are made anew first.

    Each delta is moved once, when it is committed and seen, in whatever order the transactions ended.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
        if not cursor.fetchone()[0]:  # another worker is at it
            return 0
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT max(id) FROM pipeline_rollupdelta WHERE figure = %s", [Figure.STALE])
        stale = cursor.fetchone()[0]
        if stale:
            _repair([Figure.COHORT])
            cursor.execute(
                "DELETE FROM pipeline_rollupdelta WHERE figure = %s AND id <= %s", [Figure.STALE, stale]
            )
        cursor.execute(_FOLD)
        changed: int = cursor.rowcount
        cursor.execute("DELETE FROM pipeline_rollup WHERE n1 = 0 AND n2 = 0 AND n3 = 0 AND n4 = 0")
    return changed


# Comparing ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """What the rows say, less what the sums say."""

    figure: Figure
    team: int
    day: date
    key: int
    numbers: tuple[int, int, int, int]

    def __str__(self) -> str:
        return f"{self.figure.name} team {self.team} {self.day} key {self.key}: {self.numbers}"


def differences(figures: Collection[Figure] | None = None) -> list[Difference]:
    """Where sums and rows differ; nothing when all is well. Reads every row: minutes with a million deals."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        text, params = _differing(figures)
        cursor.execute(text, params)
        return [
            Difference(Figure(figure), team, day, key, tuple(numbers))
            for figure, team, day, key, *numbers in cursor.fetchall()
        ]


@transaction.atomic
def repair(figures: Collection[Figure] | None = None) -> int:
    """Writes the differences as deltas, so that the sums are right again; returns how many there were.

    People go on working meanwhile: rows and sums are read at one moment, what comes after has its own deltas.
    """
    with connection.cursor() as cursor:
        # Two at once would mend the same twice. What one reads begins after the other's end: a new statement.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('pipeline_rollup'))")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(_BALANCE)
    return _repair(figures)


def _repair(figures: Collection[Figure] | None) -> int:
    text, params = _differing(figures)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO pipeline_rollupdelta (figure, team, day, key, {NUMBERS}) {text}",  # noqa: S608
            params,
        )
        return int(cursor.rowcount)


def _differing(figures: Collection[Figure] | None) -> tuple[str, list[Any]]:
    sources = [s for s in SOURCES if figures is None or set(s.figures) & set(figures)]
    wanted = [int(figure) for source in sources for figure in source.figures]
    rows = " UNION ALL ".join(
        f"SELECT figure, team, day, key, {NUMBERS} FROM ({source.rows}) AS s"  # noqa: S608
        for source in sources
    )
    less = ", ".join(f"-{n} AS {n}" for n in ("n1", "n2", "n3", "n4"))
    text = f"""
        SELECT figure, team, day, key, {SUMS} FROM (
            {rows}
            UNION ALL
            SELECT figure, team, day, key, {less} FROM pipeline_rollup WHERE team <> {WHOLE_COMPANY} AND figure = ANY (%s)
            UNION ALL
            SELECT figure, team, day, key, {less} FROM pipeline_rollupdelta WHERE figure = ANY (%s)
        ) AS both_sides
        GROUP BY figure, team, day, key HAVING {ANY}
    """  # noqa: S608 - put together from constants
    return text, [wanted, wanted]


def totals_differ() -> bool:
    """Whether a sum of the whole company is not that of its teams."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM pipeline_rollup GROUP BY figure, day, key HAVING {_UNBALANCED} LIMIT 1"  # noqa: S608
        )
        return cursor.fetchone() is not None


_MISSING = [f"sum(CASE team WHEN {WHOLE_COMPANY} THEN -{n} ELSE {n} END)" for n in ("n1", "n2", "n3", "n4")]
_UNBALANCED = " OR ".join(f"{missing} <> 0" for missing in _MISSING)
# The sums of the whole company become those of its teams.
_BALANCE = f"""
    INSERT INTO pipeline_rollup (figure, team, day, key, {NUMBERS})
    SELECT figure, {WHOLE_COMPANY}, day, key, {", ".join(_MISSING)} FROM pipeline_rollup
    GROUP BY figure, day, key HAVING {_UNBALANCED} {_ADD}
"""  # noqa: S608 - put together from constants
