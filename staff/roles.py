"""Who may do what, in one place. A role has capabilities; rules of records ask for the record besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from staff.models.people import Role

if TYPE_CHECKING:
    from staff.models import User

CAPABILITIES: dict[str, frozenset[str]] = {
    "sell": frozenset({Role.REP, Role.MANAGER, Role.ADMIN}),
    "lead a team": frozenset({Role.MANAGER, Role.EXECUTIVE, Role.ADMIN}),
    "see the business": frozenset({Role.EXECUTIVE, Role.ADMIN}),
    "read everything": frozenset({Role.EXECUTIVE, Role.ADMIN}),
    "edit everything": frozenset({Role.ADMIN}),
    "waive criteria": frozenset({Role.MANAGER, Role.ADMIN}),
    "import": frozenset({Role.MANAGER, Role.ADMIN}),
    "export": frozenset({Role.MANAGER, Role.EXECUTIVE, Role.ADMIN}),
    "review duplicates": frozenset({Role.MANAGER, Role.ADMIN}),
    "administer": frozenset({Role.ADMIN}),
    "read the log": frozenset({Role.ADMIN}),
}


def can(user: User, capability: str) -> bool:
    """Whether the person's role includes the capability; an unknown capability is an error, not a no."""
    return user.is_active and user.role in CAPABILITIES[capability]
