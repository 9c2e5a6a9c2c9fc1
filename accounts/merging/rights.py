"""Who may make one of two records: those who may change both. And two of one again: those who may change that one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts import access as rules
from accounts.merging import absorbed, kinds
from accounts.models import Company, Merge
from staff import access, roles
from staff.models import User


@access.rule("merge")
def merge(user: User, records: Sequence[Any]) -> str:
    """`records` are the two. Whoever calls has got both through `visible_to`."""
    for record in records:
        if reason := kinds.of(record).may(user, record):
            return reason
    return ""


@access.rule("unmerge")
def unmerge(user: User, made: Merge) -> str:
    """Whoever may change what the two became, whoever looked after the other one before."""
    kind = kinds.named("company" if made.kind == "placing" else made.kind)
    winner = kind.model._default_manager.get(pk=made.winner_id)
    if winner.merged_into_id:  # type: ignore[attr-defined]
        winner = absorbed.survivor(winner)
    return kind.may(user, winner)


def merge_company(user: User, company: Company) -> str:
    """Reviewers of duplicates, of companies that they may change."""
    if not (user.is_system or roles.can(user, "review duplicates")):
        return _("Managers and administrators merge companies.")
    return rules.edit_company(user, company)


def merge_place(user: User, place: Any) -> str:
    """Divisions and sites: whoever may add one."""
    return rules.gone(place) or rules.add_to_company(user, place.company)
