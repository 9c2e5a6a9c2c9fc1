"""One box over everything a person may see: each app registers what it can find, and one statement asks them all.

For each source the statement looks in three ways: rows that contain every word (by the gram index), rows whose head begins
with what was typed (by the index of the head, so that the best hits are among those of a common word too), and rows of the
companies that the first word names. What is best is decided over the few rows that come back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, F, Q, QuerySet, Value
from django.utils.functional import Promise

from crm.lib import asking
from crm.lib.asking import Word
from staff.models import User
from staff.readers import Reader

LIMIT = 6
# Rows that are weighed against each other, of each source and way.
WEIGHED = 24
# Of a common word only so many rows are read to choose those from; which ones, the index says.
READ = 400
# Companies that the first word may name.
COMPANIES = 20

Shown = tuple[str, str, str]


@dataclass(frozen=True)
class Source:
    """What one app finds. `rows(user)` is visible_to already; the model has `search_text` and `search_grams`.

    `columns` are read and given to `show` as texts, "" for nothing, with the typed words; it answers title, second line
    and address. `owner` is the column of whose it is: one's own stand first. `heads` are indexed columns, folded as names
    are, that may begin with what was typed. `company` says which rows belong to a company: the name of a column, or a
    condition on `id` with {companies} in it; with `company_alone` the name of the company is enough to find them.

    What `rows` builds may depend on the person's own row alone: the statement is kept.
    """

    kind: str
    label: str | Promise
    icon: str
    rows: Callable[[User], QuerySet[Any]]
    order: int = 0
    columns: tuple[Any, ...] = ()
    show: Callable[[Sequence[str], Sequence[Word]], Shown] = lambda columns, words: ("", "", "")
    owner: str = ""
    heads: tuple[str, ...] = ()
    company: str = ""
    company_alone: bool = False


@dataclass(frozen=True)
class Hit:
    kind: str
    icon: str
    title: str
    sub: str
    url: str


_SOURCES: list[Source] = []


def register(*sources: Source) -> None:
    _SOURCES.extend(sources)
    _SOURCES.sort(key=lambda source: source.order)


def matching(rows: QuerySet[Any], query: str) -> QuerySet[Any]:
    """Rows that contain every word of the query: candidates by the gram index, then the folded text itself."""
    for word in asking.words(query):
        ways = zip(word.spellings, word.grams, strict=True)
        is_there = [
            Q(search_grams__contains=grams, search_text__contains=spelling) for spelling, grams in ways
        ]
        rows = rows.filter(reduce(or_, is_there))
    return rows


def find(user: User, query: str, limit: int = LIMIT) -> list[tuple[Source, list[Hit]]]:
    """The best hits by kind; nothing for an empty query. One statement."""
    words = asking.words(query)[:8]
    if not words or not user.is_active:
        return []
    statement, params = _statement(Reader.of(user), tuple(len(word.spellings) for word in words), limit)
    with connection.cursor() as cursor:
        cursor.execute(statement, {**params, **_asked(words)})
        rows = cursor.fetchall()
    joined = ["".join(spelling) for spelling in _joined(words)]
    best: dict[int, dict[int, tuple[Any, Sequence[str]]]] = {}
    for n, by_company, pk, owner, folded, columns in rows:
        weight = (_tier(folded, joined, by_company), owner != user.pk, -pk)
        known = best.setdefault(n, {}).get(pk)
        if known is None or weight < known[0]:
            best[n][pk] = (weight, columns)
    return [(_SOURCES[n], _hits(_SOURCES[n], best[n], words, limit)) for n in sorted(best)]


def _hits(
    source: Source, rows: dict[int, tuple[Any, Sequence[str]]], words: list[Word], limit: int
) -> list[Hit]:
    first = sorted(rows.values(), key=lambda row: row[0])[:limit]
    return [Hit(source.kind, source.icon, *source.show(columns, words)) for _weight, columns in first]


def _tier(folded: str, joined: list[str], by_company: bool) -> int:
    """0: it is called so; 1: its name begins so; 2: another of its words does; 3: somewhere inside; 4: its company is it."""
    if by_company:
        return 4
    texts = folded.split(" ")
    if any(text in joined for text in texts):
        return 0
    if any(folded.startswith(one) for one in joined):
        return 1
    return 2 if any(text.startswith(one) for text in texts for one in joined) else 3


def _joined(words: list[Word]) -> list[list[str]]:
    """What was typed in one piece, in each spelling: names of people are stored so."""
    most = max(len(word.spellings) for word in words)
    return [[word.spellings[min(n, len(word.spellings) - 1)] for word in words] for n in range(most)]


def _asked(words: list[Word]) -> dict[str, Any]:
    """The values of what was typed, by the names that they have in the statement."""
    values: dict[str, Any] = {}
    for n, word in enumerate(words):
        for k, (spelling, grams) in enumerate(zip(word.spellings, word.grams, strict=True)):
            values |= {f"w{n}_{k}": spelling, f"g{n}_{k}": grams}
    head = "".join(_joined(words)[0])
    return values | {"head": head, "beyond": head + "\U0010ffff"}


@lru_cache(maxsize=1000)
def _statement(reader: Reader, shape: tuple[int, ...], limit: int) -> tuple[str, dict[str, Any]]:
    """The statement and what it knows of the reader. `shape` counts the spellings of each word.

    To put it together takes longer than to run it, so it is kept; what was typed comes in as values.
    """
    parts, branches, params = [], [], {}
    weighed = max(WEIGHED, limit)
    for n, source in enumerate(_SOURCES):
        sql, values = _rows_of(source, reader.user)
        for k, value in enumerate(values):
            sql = sql.replace("%s", f"%(s{n}_{k})s", 1)
            params[f"s{n}_{k}"] = value
        heads = [f"h{k}" for k in range(len(source.heads))]
        named = ", ".join(["id", "owner", "folded", "grams", "company", *heads, *_named(source)])
        parts.append(f"s{n}({named}) AS NOT MATERIALIZED ({sql})")
        if source.kind == "company":
            first = _contains(shape[:1])
            parts.append(
                f"companies AS MATERIALIZED (SELECT id FROM (SELECT id FROM s{n} WHERE {first} LIMIT {READ}) AS r ORDER BY id DESC LIMIT {COMPANIES})"  # noqa: S608
            )
        columns = "ARRAY[" + ", ".join(f"{name}::text" for name in _named(source)) + "]::text[]"
        shown = f"SELECT {n}, {{way}}, id, owner::bigint, folded, {columns} FROM s{n}"  # noqa: S608 - names and numbers of ours
        own, theirs = shown.format(way="false"), shown.format(way="true")
        read = f"{own} WHERE {_contains(shape)} LIMIT {max(READ, weighed)}"
        branches.append(f"(SELECT * FROM ({read}) AS r ORDER BY id DESC LIMIT {weighed})")  # noqa: S608
        branches += [
            f"({own} WHERE {head} >= %(head)s AND {head} < %(beyond)s ORDER BY {head} LIMIT {limit})"
            for head in heads
        ]
        if source.company and (source.company_alone or len(shape) > 1):
            belongs = (
                source.company.format(companies="(SELECT id FROM companies)")
                if "{" in source.company
                else "company IN (SELECT id FROM companies)"
            )
            rest = "".join(f" AND {_contains_one(m + 1, count)}" for m, count in enumerate(shape[1:]))
            branches.append(f"({theirs} WHERE {belongs}{rest} ORDER BY id DESC LIMIT {weighed})")
    return f"WITH {', '.join(parts)} " + " UNION ALL ".join(branches), params


def _rows_of(source: Source, user: User) -> tuple[str, Sequence[Any]]:
    nothing = Value(None, output_field=BigIntegerField())
    company = F(source.company) if source.company and "{" not in source.company else nothing
    selected: list[Any] = [F("pk"), F(source.owner) if source.owner else nothing]
    selected += [F("search_text"), F("search_grams"), company]
    # As expressions each keeps its place, even when it is asked for twice.
    selected += [F(name) if isinstance(name, str) else name for name in (*source.heads, *source.columns)]
    sql, params = source.rows(user).order_by().values_list(*selected).query.sql_with_params()
    return sql, params


def _named(source: Source) -> list[str]:
    return [f"c{k}" for k in range(len(source.columns))]


def _contains(shape: Sequence[int]) -> str:
    return " AND ".join(_contains_one(n, count) for n, count in enumerate(shape))


def _contains_one(n: int, count: int) -> str:
    """That a row contains the n-th word in one of its spellings.

    The grams stand in a statement of their own, unknown to the planner, and no order is asked for among the rows: knowing how
    common a word is it would go through the rows from the newest back, all of them where the newest do not have the word.
    """
    ways = [
        f"grams @> (SELECT %(g{n}_{k})s::text[]) AND strpos(folded, %(w{n}_{k})s) > 0" for k in range(count)
    ]
    return f"({' OR '.join(ways)})" if count > 1 else ways[0]
