"""What can be merged, and what is particular about each kind. Higher apps register theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise

from accounts.merging.journal import Journal
from staff.models import User


def _nothing(*_args: Any) -> None:
    """A kind that adds nothing here."""


@dataclass(frozen=True)
class Kind:
    """One kind of record. `fields` are picked one by one; those of a group are filled together or not at all."""

    name: str
    label: str | Promise
    model: type[Model]
    fields: tuple[str, ...]
    # Values in any spelling, as they are stored.
    clean: Callable[[dict[str, Any]], dict[str, Any]]
    # The reason why a person may not merge this one with another that they may; "" when they may.
    may: Callable[[User, Any], str]
    groups: tuple[tuple[str, ...], ...] = ()
    # Long texts of which both are kept when they differ.
    joined: tuple[str, ...] = ()
    # Refuses two that may not become one.
    check: Callable[[Any, Any, dict[str, Any]], None] = _nothing
    # Besides `merged_into` and the company: what says that the loser is out of use.
    absorbed: Callable[[Any], dict[str, Any]] = lambda loser: {}
    # The relations with a treatment of their own, after everything else was moved.
    settle: Callable[[Journal, Any, Any, User], None] = _nothing
    # Computed columns and rows of these records, after a merge and after it was taken back.
    recompute: Callable[[Iterable[int]], None] = _nothing

    @property
    def is_below_company(self) -> bool:
        """Whether every record of the kind is of a company."""
        return self.name in ("contact", "division", "site")

    def company_of(self, record: Any) -> int | None:
        return record.pk if self.name == "company" else record.company_id


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _KINDS[kind.name] = kind


def named(name: str) -> Kind:
    """The kind of that name. Raises LookupError."""
    return _KINDS[name]


def of(record: Model | type[Model]) -> Kind:
    return _KINDS[str(record._meta.model_name)]


def everything() -> list[Kind]:
    return list(_KINDS.values())
