"""Every URL has a rule, every record a door.

A view declares who may call it with one of the decorators here; `staff.middleware.Access` enforces it, the start-up check
refuses a URL without one. Records come through `get_for` or `visible_to` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from staff import roles
from staff.models import User

View = TypeVar("View", bound=Callable[..., Any])
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Rule:
    """Who may call a view at all; `capability` empty means everyone who is signed in."""

    public: bool = False
    capability: str = ""


def public(view: View) -> View:
    """Anyone may call it, signed in or not."""
    view.access_rule = Rule(public=True)  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Everyone of the company may call it; what they get is decided by `visible_to`."""
    view.access_rule = Rule()  # type: ignore[attr-defined]
    return view


def requires(capability: str) -> Callable[[View], View]:
    """Only roles with the capability."""
    if capability not in roles.CAPABILITIES:
        raise LookupError(capability)

    def mark(view: View) -> View:
        view.access_rule = Rule(capability=capability)  # type: ignore[attr-defined]
        return view

    return mark


# Views of libraries, by URL name: they cannot wear our decorators.
EXTERNAL: dict[str, Rule] = {}


def declare(name: str, rule: Rule) -> None:
    """The rule of a library's view, in `crm/urls.py`."""
    EXTERNAL[name] = rule


def rule_of(view: Callable[..., Any], name: str) -> Rule | None:
    """The declared rule of a view, or None: then the product does not start."""
    return getattr(view, "access_rule", None) or EXTERNAL.get(name)


# Rules of records: (what, model label) → a function that returns a reason to refuse, or "".
Refusal = Callable[[User, Any], str]
_RULES: dict[str, Refusal] = {}


def rule(action: str) -> Callable[[Refusal], Refusal]:
    """Declares who may do `action` to a record: the function returns "" or the reason, in the reader's language."""

    def register(function: Refusal) -> Refusal:
        _RULES[action] = function
        return function

    return register


def refusal(user: User, action: str, record: Any) -> str:
    """Why the person may not do it; "" when they may."""
    return _RULES[action](user, record)


def allows(user: User, action: str, record: Any) -> bool:
    return not refusal(user, action, record)


def require(user: User, action: str, record: Any) -> None:
    """Raises PermissionDenied with the reason. Domain functions of every door call it through their view or job."""
    reason = refusal(user, action, record)
    if reason:
        raise PermissionDenied(reason)


def get_for(user: User, rows: QuerySet[M], pk: int, *, to: str) -> M:
    """The record, if the person may see it (else 404) and may do `to` with it (else 403 with the reason)."""
    try:
        record = rows.visible_to(user).get(pk=pk)  # type: ignore[attr-defined]
    except ObjectDoesNotExist as missing:
        raise Http404 from missing
    if to != "see":
        require(user, to, record)
    return record


# Teams ------------------------------------------------------------------------------------------


def team_ids(user: User) -> list[int]:
    """The person's team and those below it: read with the reader of a page, else once and kept on the user object."""
    if not hasattr(user, "reach"):
        user.reach = user.team.subtree_ids()  # type: ignore[attr-defined]
    return user.reach  # type: ignore[attr-defined,no-any-return]


def is_at_the_top(user: User) -> bool:
    """Whether every team is the person's own or below it."""
    return user.team.parent_id is None


def line_ids(user: User) -> list[int]:
    """The person's team with those below and those above it: whom something given to a team reaches."""
    above = [int(pk) for pk in user.team.path.strip("/").split("/")]
    return sorted({*team_ids(user), *above})


def of_my_teams(user: User, field: str = "team") -> Q:
    """Rows of the person's team subtree; everything for those who read everything, and for whose team is above all others."""
    if not user.is_active:
        return Q(pk__in=[])
    if user.is_system or roles.can(user, "read everything") or is_at_the_top(user):
        return Q()
    return Q(**{f"{field}__in": team_ids(user)})


def may_edit_owned(user: User, owner_id: int | None, team_id: int | None) -> bool:
    """The usual rule of owned records: the owner, the managers above, administrators."""
    if user.is_system or roles.can(user, "edit everything"):
        return True
    if owner_id == user.pk and roles.can(user, "sell"):
        return True
    return user.role == User.Role.MANAGER and team_id in team_ids(user)


def not_yours() -> str:
    return _("Only the owner or their manager can change this.")


# Visibility of what higher apps own, for timelines and notifications of this one ---------------------

_VISIBLE: dict[str, Callable[[User], QuerySet[Any]]] = {}


def register_visibility(kind: str, rows: Callable[[User], QuerySet[Any]]) -> None:
    """`kind` is "company", "deal" or "lead"; filled by the apps when they are ready."""
    _VISIBLE[kind] = rows


def visible(kind: str, user: User) -> QuerySet[Any]:
    return _VISIBLE[kind](user)
