"""Which question helps most. Each answer says something about the others, too.

A question is worth how likely the two are one, times how many records that would bring together. Who may belong to
several belongs to one of them at most.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING

from accounts.dedup import rules
from accounts.dedup.evidence import Group

if TYPE_CHECKING:
    from accounts.dedup.grouping import Companies

Pair = tuple[int, int]


@dataclass(frozen=True)
class Question:
    """Two groups that may be one; `a` and `b` are records of theirs."""

    a: int
    b: int
    bits: int
    score: int
    gain: float


# What the evidence leaves open, as logarithms of odds: what is known of the two beside what they have in common.
_BOTH_FREE, _BOTH_PLACED, _UNPLACED, _PHONES_APART = 1.2, 1.0, -0.4, -0.6
_SMALLER, _LARGER, _NO_SUCH_DOMAIN = -0.6, -0.2, -0.4


def odds(one: Group, two: Group, bits: int) -> float:
    """How likely the two are one, as odds."""
    small, large = sorted((one, two), key=lambda group: group.size)
    told = _SMALLER * log(max(1, small.size)) + _LARGER * log(max(1, large.size))
    if one.mails and two.mails and not one.domains | two.domains:
        told += _BOTH_FREE
    if one.phones and two.phones and not one.phones & two.phones:
        told += _PHONES_APART
    if one.places and two.places:
        told += _BOTH_PLACED
    elif not one.places and not two.places:
        told += _UNPLACED
    if small.domains and not large.domains:
        # Many records, and no such domain among them.
        told += _NO_SUCH_DOMAIN * log(max(1, large.size))
    return rules.odds(bits) * exp(told)


def gain(chance: float, mine: int, theirs: int) -> float:
    """How much nearer to the truth an answer brings so many records and so many."""
    return chance * 2 * mine * theirs / (mine + theirs)


class Asking:
    """The questions that are open. Answers join, rule out, and change what the others are worth."""

    def __init__(self, companies: Companies, apart: Iterable[Pair] = ()) -> None:
        """`apart`: records of which somebody has said that they are of two companies."""
        self._of = companies
        self._bits: dict[Pair, int] = {}
        self._odds: dict[Pair, float] = {}
        self._near: dict[int, set[Pair]] = {}
        self._rivals: dict[int, float] = {}
        self._apart = {self._pair(*pair) for pair in apart}
        for pair, bits in companies.open_pairs():
            if pair not in self._apart:
                self._put(pair, bits)
        self._waiting = [(-self._gain(pair), pair) for pair in self._bits]
        heapq.heapify(self._waiting)

    def in_order(self) -> list[Question]:
        """All of them as they are now, the one that would help most first."""
        return [self._told(pair) for _gain, pair in sorted(self._waiting)]

    def one_by_one(self) -> Iterator[Question]:
        """The best one each time, as it is after what was answered until then."""
        while self._waiting:
            worth, pair = heapq.heappop(self._waiting)
            if pair in self._bits and abs(worth + self._gain(pair)) < 1e-9:
                yield self._told(pair)

    def answer(self, a: int, b: int, *, is_one: bool) -> None:
        """What a person says of the two groups. Where that makes others certain, they are joined, too."""
        pair = self._pair(a, b)
        if is_one:
            self._join([(*pair, self._bits[pair])])
            return
        self._apart.add(pair)
        self._drop(pair)
        for root in pair:
            self._renew(root)

    def _join(self, waiting: list[tuple[int, int, int]]) -> None:
        while waiting:
            a, b, bits = waiting.pop()
            kept, gone = self._pair(a, b)
            if kept == gone or (kept, gone) in self._apart or not self._of.take_together(kept, gone, bits):
                continue
            others = {other for root in (kept, gone) for pair in self._near.get(root, ()) for other in pair}
            for pair in [*self._near.get(kept, ()), *self._near.get(gone, ())]:
                self._drop(pair)
            self._apart |= {self._pair(*pair) for pair in self._apart if gone in pair}
            for other in sorted(others - {kept, gone}):
                self._compare(kept, other, waiting)
            self._renew(kept)

    def _compare(self, a: int, b: int, waiting: list[tuple[int, int, int]]) -> None:
        """What the group that grew has to do with one that came near to a part of it."""
        pair = self._pair(a, b)
        if pair in self._apart:
            return
        bits, verdict = self._of.judge(*pair)
        if verdict is None:
            return
        self._put(pair, bits)
        if verdict == rules.CERTAIN:
            waiting.append((*pair, bits))
        self._renew(pair[0] if pair[1] == a else pair[1])

    def _put(self, pair: Pair, bits: int) -> None:
        self._bits[pair] = bits
        self._odds[pair] = odds(self._of.group(pair[0]), self._of.group(pair[1]), bits)
        for root in pair:
            self._near.setdefault(root, set()).add(pair)
            self._rivals[root] = self._rivals.get(root, 0.0) + self._odds[pair]

    def _drop(self, pair: Pair) -> None:
        if self._bits.pop(pair, None) is None:
            return
        held = self._odds.pop(pair)
        for root in pair:
            self._near[root].discard(pair)
            self._rivals[root] = max(0.0, self._rivals[root] - held)

    def _renew(self, root: int) -> None:
        for pair in self._near.get(root, ()):
            heapq.heappush(self._waiting, (-self._gain(pair), pair))

    def _pair(self, a: int, b: int) -> Pair:
        one, two = sorted((self._of.root(a), self._of.root(b)))
        return one, two

    def _gain(self, pair: Pair) -> float:
        chance = self._odds[pair] / (1 + max(self._rivals[root] for root in pair))
        return gain(chance, *(self._of.group(root).size for root in pair))

    def _told(self, pair: Pair) -> Question:
        bits = self._bits[pair]
        return Question(*pair, bits, rules.score(bits), self._gain(pair))
