"""The menu: each app says its items and how many rows wait there; one statement counts them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise

from crm.lib import prepared
from staff import roles
from staff.http import Request
from staff.models import User
from staff.readers import Reader

COUNT_LIMIT = 1000


@dataclass(frozen=True)
class Item:
    """`count` gives the rows that wait; `hot` marks a count that should be zero. `order` places it in its section.

    What `count` builds may depend on the person's own row and on the day, on nothing else: its statement is kept.
    """

    section: str
    order: int
    label: str | Promise
    url_name: str
    icon: str
    capability: str = ""
    count: Callable[[User], QuerySet[Any]] | None = None
    hot: bool = False
    # How the names of the views begin where the item is the current one.
    area: str | tuple[str, ...] = ""


_ITEMS: list[Item] = []
SECTIONS: dict[str, str | Promise] = {}


def register(*items: Item) -> None:
    """Filled by the apps when they are ready."""
    _ITEMS.extend(items)
    _ITEMS.sort(key=lambda item: (list(SECTIONS).index(item.section), item.order))


def section(key: str, label: str | Promise) -> None:
    SECTIONS[key] = label


class Menu(list[dict[str, Any]]):
    """Sections of items. Two menus are equal when they `say` the same."""

    def __init__(self, sections: list[dict[str, Any]], says: tuple[Any, ...]) -> None:
        super().__init__(sections)
        self.says = says

    @property
    def itself(self) -> Menu:
        """Without what is wrapped around it until somebody asks."""
        return self

    def __hash__(self) -> int:  # type: ignore[override] # a list has none
        return hash(self.says)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Menu) and self.says == other.says


def menu(request: Request) -> Menu:
    """Sections of items for the person, with counts and the current one marked."""
    user = request.user
    items = _items_of(user)
    counts = _counts(user, len(items))
    here = request.resolver_match.view_name if request.resolver_match else ""
    has_own_item = any(item.url_name == here for item in items)
    sections: dict[str, list[dict[str, Any]]] = {}
    says: list[tuple[Any, ...]] = []
    for item, count in zip(items, counts, strict=True):
        entry = {
            "label": item.label,
            "url": _address(item.url_name),
            "icon": item.icon,
            "hot": item.hot and bool(count),
            "count": f"{COUNT_LIMIT:,}+" if count and count > COUNT_LIMIT else count,
            "current": here == item.url_name
            or (item.area and here.startswith(item.area) and not has_own_item),
        }
        sections.setdefault(item.section, []).append(entry)
        says.append((item.section, item.url_name, entry["count"], entry["hot"], entry["current"]))
    found = [{"label": SECTIONS[key], "items": entries} for key, entries in sections.items()]
    return Menu(found, tuple(says))


@lru_cache(maxsize=100)
def _address(url_name: str) -> str:
    return reverse(url_name)


def _items_of(user: User) -> list[Item]:
    return [item for item in _ITEMS if not item.capability or roles.can(user, item.capability)]


def _counts(user: User, items: int) -> list[int | None]:
    """All counts in one statement, each up to 1,001."""
    found: list[int | None] = [None] * items
    statement, where = _statement(Reader.of(user))
    if where:
        [counts] = prepared.rows(statement)
        for n, count in zip(where, counts, strict=True):
            found[n] = count
    return found


@lru_cache(maxsize=500)
def _statement(reader: Reader) -> tuple[str, list[int]]:
    """The person's statement, and to which items its columns belong. To build it takes longer than to run it."""
    parts: list[str] = []
    where: list[int] = []
    for n, item in enumerate(_items_of(reader.user)):
        if item.count is None:
            continue
        rows = item.count(reader.user).order_by().values("pk")[: COUNT_LIMIT + 1]
        sql = prepared.with_values(*rows.query.sql_with_params())
        parts.append(f"(SELECT count(*) FROM ({sql}) AS n{n})")  # noqa: S608 - compiled by Django, values quoted by psycopg
        where.append(n)
    return "SELECT " + ", ".join(parts), where
