"""What a statement that is kept may rest on: menus and searches are put together once for readers who see the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from django.db.models import Model
from django.http import Http404
from django.utils import timezone

from crm.lib.kept import Kept
from staff import access
from staff.models import User

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Reader:
    """Whatever such a statement can rest on: two readers are equal when theirs is the same."""

    values: tuple[Any, ...]
    reach: tuple[int, ...]
    day: date
    user: User = field(compare=False, repr=False)

    @classmethod
    def of(cls, user: User) -> Reader:
        values = (user.pk, user.role, user.is_active, user.is_system, user.team_id, user.team.path)
        return cls(values, tuple(access.team_ids(user)), timezone.localdate(), user)


def get_for(user: User, page: Kept[M], pk: int) -> M:
    """The record that a page shows, by a statement that is kept; 404 for one that the person may not see.

    `page(reader, pk=…)` starts at `visible_to`, as every list does.
    """
    record = page.first(Reader.of(user), pk=pk)
    if record is None:
        raise Http404
    return record
