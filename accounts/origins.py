"""Where a stored value came from, as a person may be told: a list, a merge, a lead, somebody's hand.

The row history knows under what each row was written. What the higher apps know of that they say here (`register`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import Resolver404, resolve

from staff.models import User


@dataclass(frozen=True)
class Origin:
    """In words, and the page to look it up, where the person may see that."""

    text: str
    url: str = ""


# What the row history holds of a write: user, request, path, handler.
Context = Mapping[str, Any]
Resolver = Callable[[Sequence[Context], User], list[Origin | None]]

_resolvers: list[Resolver] = []


def register(resolver: Resolver) -> None:
    """Called once, when an app is ready: its answer for each of the contexts, None for those that it does not know."""
    _resolvers.append(resolver)


def contexts_of(rows: Sequence[Model]) -> dict[int, tuple[Any, Context]]:
    """For each row of one tracked model, by its id, when and under what it was written first."""
    if not rows:
        return {}
    history: Any = apps.get_model(f"{type(rows[0])._meta.label}Event")
    writes = history.objects.filter(pgh_obj__in=[row.pk for row in rows], pgh_label="insert")
    found = writes.order_by("-pgh_id").values_list("pgh_obj_id", "pgh_created_at", "pgh_context")
    return {pk: (at, context or {}) for pk, at, context in found}


def of(contexts: Sequence[Context], user: User) -> list[Origin | None]:
    """What may be told of each: what an app knows of it, else who wrote it."""
    found: list[Origin | None] = [None] * len(contexts)
    for resolver in (*_resolvers, _people):
        asked = [n for n, origin in enumerate(found) if origin is None]
        for n, origin in zip(asked, resolver([contexts[n] for n in asked], user), strict=True):
            found[n] = origin
    return found


def page_of(context: Context, *names: str) -> int:
    """The id in the address that the write was asked by, where it is one of these pages ("leads:lead-deal"); else 0."""
    try:
        match = resolve(str(context.get("path") or ""))
    except Resolver404:
        return 0
    return int(match.kwargs.get("pk", 0)) if match.view_name in names else 0


def _people(contexts: Sequence[Context], user: User) -> list[Origin | None]:
    people = User.objects.in_bulk({context["user"] for context in contexts if context.get("user")})
    by = [people.get(context.get("user")) for context in contexts]  # type: ignore[arg-type]
    return [Origin(person.full_name) if person else None for person in by]
