"""How the names of the stored companies begin and end: of a name made of common parts there may well be another firm."""

from __future__ import annotations

import time
from collections import Counter

from accounts.dedup.grouping import Surroundings, surroundings_of
from accounts.models import Company

# The newest so many say it well enough, and are read anew after so many seconds.
_NEWEST, _SECONDS = 20_000, 600
# Few are read each time: a list of today changes them.
_FEW = 1000
_held: tuple[float, Surroundings] | None = None


def of_stored() -> Surroundings:
    """Of the companies that are there."""
    global _held
    now = time.monotonic()
    if _held is None or now - _held[0] > _SECONDS or _held[1].name_count < _FEW:
        names = Company.objects.active().order_by("-pk").values_list("name_key", flat=True)
        _held = (now, surroundings_of(names[:_NEWEST]))
    return _held[1]


def with_stored(of_list: Surroundings) -> Surroundings:
    """Of a list and of the companies that are there."""
    stored = of_stored()
    return Surroundings(
        Counter(of_list.heads) + Counter(stored.heads),
        Counter(of_list.tails) + Counter(stored.tails),
        of_list.name_count + stored.name_count,
        of_list.crowded,
    )
