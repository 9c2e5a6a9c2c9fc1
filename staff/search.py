"""One box over everything a person may see: each app registers what it can find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from crm.lib import text
from staff.models import User

LIMIT = 6


@dataclass(frozen=True)
class Source:
    """`rows(user)` is visible_to already; the model has `search_text` (folded) and `search_grams`."""

    kind: str
    label: str | Promise
    icon: str
    rows: Callable[[User], QuerySet[Any]]
    order: int = 0


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
    rows = rows.filter(search_grams__contains=text.query_grams(query))
    for word in text.query_words(query):
        rows = rows.filter(search_text__contains=word)
    return rows


def find(user: User, query: str, limit: int = LIMIT) -> list[tuple[Source, list[Hit]]]:
    """Hits by kind, best kinds first; nothing for an empty query."""
    if not text.query_words(query):
        return []
    found = []
    for source in _SOURCES:
        hits = [
            Hit(source.kind, source.icon, row.search_title, row.search_sub, row.get_absolute_url())
            for row in matching(source.rows(user), query)[:limit]
        ]
        if hits:
            found.append((source, hits))
    return found
