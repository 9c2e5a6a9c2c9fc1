"""What a statement that is kept may rest on: menus and searches are put together once for readers who see the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone

from staff import access
from staff.models import User


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
