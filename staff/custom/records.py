"""The kinds of records that can have fields of the company's own. Their apps register them when they are ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from staff.models import User


def _nothing(record: Any) -> None:
    return None


@dataclass(frozen=True)
class Kind:
    """`rows` finds the records a person sees, `rule` says who may change one; `changed` recounts what rests on it (locked)."""

    key: str
    model: type[Model]
    rule: str
    rows: Callable[[User], Any]
    # How many fields the first form of the product requires already.
    required: int
    changed: Callable[[Any], None] = _nothing
    # The same for many.
    changed_many: Callable[[Sequence[Any]], None] = _nothing
    # The list that has no form of filters of its own.
    list_name: str = ""
    # Whether the first form asks for fields that are required.
    has_first_form: bool = False


_KINDS: dict[str, Kind] = {}
_stages: list[Callable[[], list[tuple[int, str]]]] = []


def register(kind: Kind) -> None:
    _KINDS[kind.key] = kind


def kind(key: str) -> Kind | None:
    return _KINDS.get(key)


def provide_stages(read: Callable[[], list[tuple[int, str]]]) -> None:
    """The app of the pipeline says which stages there are, as (id, name) in their order."""
    _stages.append(read)


def stages() -> list[tuple[int, str]]:
    """From which stage a field can be due."""
    return _stages[0]() if _stages else []
