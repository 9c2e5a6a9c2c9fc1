"""Which question helps most. Each answer says something about the others, too.

A question is worth how likely the two are one, times how many records that would bring together. Who may belong to
several belongs to one of them at most.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.dedup import chances, rules
from accounts.dedup.chances import Pair
from accounts.dedup.evidence import BIT

if TYPE_CHECKING:
    from accounts.dedup.grouping import Companies


@dataclass(frozen=True)
class Question:
    """Two groups that may be one; `a` and `b` are records of theirs."""

    a: int
    b: int
    bits: int
    score: int
    gain: float


def gain(chance: float, mine: int, theirs: int) -> float:
    """How much nearer to the truth an answer brings so many records and so many."""
    return chance * 2 * mine * theirs / (mine + theirs)


class Asking:
    """The questions that are open. Answers join, rule out, and change what the others are worth."""

    def __init__(self, companies: Companies) -> None:
        self._of = companies
        self._bits: dict[Pair, int] = {}
        self._chances = chances.Chances()
        for pair, bits in companies.open_pairs():
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
            if pair not in self._bits:
                continue
            if abs(worth + (now := self._gain(pair))) < 1e-9:
                yield self._told(pair)
            else:
                heapq.heappush(self._waiting, (-now, pair))

    def answer(self, a: int, b: int, *, is_one: bool) -> None:
        """What a person says of the two groups. Where that makes others certain, they are joined, too."""
        pair = self._pair(a, b)
        if is_one:
            self._join([(*pair, self._bits[pair])])
            return
        self._of.apart.put(*pair)
        self._drop(pair)
        for root in pair:
            self._renew(root)

    def _join(self, waiting: list[tuple[int, int, int]]) -> None:
        while waiting:
            a, b, bits = waiting.pop()
            kept, gone = self._pair(a, b)
            if kept == gone or not self._of.take_together(kept, gone, bits):
                continue
            asked = {*self._near(kept), *self._near(gone)}
            others = {other for pair in asked for other in pair}
            for pair in asked:
                self._drop(pair)
            for other in sorted(others - {kept, gone}):
                self._compare(kept, other, waiting)
            waiting += self._sure(kept)
            self._renew(kept)

    def _compare(self, a: int, b: int, waiting: list[tuple[int, int, int]]) -> None:
        """What the group that grew has to do with one that came near to a part of it."""
        pair = self._pair(a, b)
        bits, verdict = self._of.judge(*pair)
        if verdict is None:
            return
        self._put(pair, bits)
        if verdict == rules.CERTAIN:
            waiting.append((*pair, bits))
        self._renew(pair[0] if pair[1] == a else pair[1])

    def _sure(self, root: int) -> list[tuple[int, int, int]]:
        """What has become so likely of the group that nobody need be asked."""
        near = [(pair, self._bits[pair] | BIT["alone"]) for pair in self._near(root)]
        return [(*pair, bits) for pair, bits in near if self._of.is_sure(pair, self._chances.of(pair), bits)]

    def _put(self, pair: Pair, bits: int) -> None:
        self._bits[pair] = bits
        self._chances.put(pair, chances.odds(self._of.group(pair[0]), self._of.group(pair[1]), bits))

    def _drop(self, pair: Pair) -> None:
        if self._bits.pop(pair, None) is not None:
            self._chances.drop(pair)

    def _near(self, root: int) -> list[Pair]:
        """The open questions about a group."""
        return [(min(root, other), max(root, other)) for other in self._chances.near.get(root, ())]

    def _renew(self, root: int) -> None:
        for pair in self._near(root):
            heapq.heappush(self._waiting, (-self._gain(pair), pair))

    def _pair(self, a: int, b: int) -> Pair:
        one, two = sorted((self._of.root(a), self._of.root(b)))
        return one, two

    def _gain(self, pair: Pair) -> float:
        return gain(self._chances.of(pair), *(self._of.group(root).size for root in pair))

    def _told(self, pair: Pair) -> Question:
        bits = self._bits[pair]
        return Question(*pair, bits, rules.score(bits), self._gain(pair))
