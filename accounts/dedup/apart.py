"""Who was said to be two: no join brings them together, neither directly nor by way of others."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations


class Apart:
    """Groups by their numbers, and of which others each was said to be another one. False where nothing was said."""

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._of: dict[int, set[int]] = {}
        for a, b in pairs:
            self.put(a, b)

    def __bool__(self) -> bool:
        return bool(self._of)

    def put(self, a: int, b: int) -> None:
        """The two are two; one group that was said to be two is one all the same."""
        if a != b:
            self._of.setdefault(a, set()).add(b)
            self._of.setdefault(b, set()).add(a)

    def keeps(self, a: int, b: int) -> bool:
        return b in self._of.get(a, ())

    def concerns(self, group: int) -> bool:
        return group in self._of

    def any_of(self, groups: Iterable[int]) -> bool:
        """Whether two of them were said to be two."""
        return bool(self._of) and any(
            self.keeps(a, b) for a, b in combinations(filter(self.concerns, groups), 2)
        )

    def follow(self, kept: int, gone: int) -> None:
        """Who is another than the group that was joined is another than the one that it was joined to."""
        for other in self._of.pop(gone, ()):
            self._of[other].discard(gone)
            self.put(kept, other)


NOBODY = Apart()
