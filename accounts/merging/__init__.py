"""統合: two records become one, and two again. See docs/merging.md."""

from __future__ import annotations

from typing import Any

from accounts.merging.joining import Picks, merge
from accounts.merging.parting import questions, resting_on, unmerge
from accounts.merging.placing import is_branch, make_site, proposed_name
from accounts.merging.refusals import Absorbed, AlreadyUndone, NeedsAnswers, Question, Refused, TwoNumbers
from accounts.models import Company, Contact, DuplicatePair, Merge
from staff.models import User

__all__ = [
    "Absorbed",
    "AlreadyUndone",
    "NeedsAnswers",
    "Picks",
    "Question",
    "Refused",
    "TwoNumbers",
    "is_branch",
    "make_site",
    "merge",
    "merge_companies",
    "merge_contacts",
    "proposed_name",
    "questions",
    "resting_on",
    "unmerge",
]


def merge_companies(
    winner: Company,
    loser: Company,
    *,
    by: User,
    picks: Picks | None = None,
    pair: DuplicatePair | None = None,
    **more: Any,
) -> Merge:
    """`merge` of companies."""
    return merge(winner, loser, by=by, picks=picks, pair=pair, **more)


def merge_contacts(
    winner: Contact,
    loser: Contact,
    *,
    by: User,
    picks: Picks | None = None,
    pair: DuplicatePair | None = None,
    **more: Any,
) -> Merge:
    """`merge` of people."""
    return merge(winner, loser, by=by, picks=picks, pair=pair, **more)
