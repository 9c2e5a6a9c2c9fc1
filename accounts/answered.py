"""What somebody has answered in the queue: these two are two. No join brings them together (dedup/apart.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.models import DuplicatePair

Pairs = list[tuple[int, int]]


def of_companies(place: Mapping[int, int]) -> Pairs:
    """Those that are two among the companies in `place`, told by what it has beside their ids."""
    return _apart(DuplicatePair.objects.filter(contact_a=None), "company", place)


def of_contacts(place: Mapping[int, int]) -> Pairs:
    """`of_companies` of people."""
    return _apart(DuplicatePair.objects.all(), "contact", place)


def _apart(pairs: Any, side: str, place: Mapping[int, int]) -> Pairs:
    if len(place) < 2:
        return []
    a, b = f"{side}_a", f"{side}_b"
    decided = pairs.filter(state=DuplicatePair.State.DIFFERENT, **{f"{a}__in": place, f"{b}__in": place})
    return [(place[one], place[two]) for one, two in decided.values_list(f"{a}_id", f"{b}_id")]
