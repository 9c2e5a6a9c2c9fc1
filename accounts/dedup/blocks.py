"""Which groups hang on one value, in little room: most values hang on one group alone, and are not kept.

A value is known by a number, its hash with the kind in the last three bits: among three million values two have the
same one in one list of half a million.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Set
from itertools import combinations

from accounts.dedup.evidence import Group

# Name, what looks like it, sound, phone, domain, mail address, mobile, address.
KINDS = NAME, LOOKS, SOUND, PHONE, DOMAIN, MAIL, MOBILE, ADDRESS = "nlspdmta"
_KIND_BITS = 7
# A name in kanji hangs on so many of its probable readings.
_READINGS = 8


def number_of(kind: str, value: str) -> int:
    """What the value is known by."""
    return hash(value) & ~_KIND_BITS | KINDS.index(kind)


def values_of(group: Group) -> array[int]:
    """What the group hangs on, as numbers."""
    names = group.names | group.former if group.former else group.names
    sounds = {*group.sounds, *sorted(group.heard)[:_READINGS], *group.all_cores}
    reach = (group.phones, group.domains, group.mails, group.mobiles, group.bases)
    held = array("q")
    for place, values in enumerate((names, group.looks, sounds, *reach)):
        held.extend([hash(value) & ~_KIND_BITS | place for value in values])
    return held


class Blocks:
    """Value → the groups that have it, where there are several."""

    def __init__(self) -> None:
        self._values: Mapping[int, array[int]] = {}
        self._held: dict[int, list[int]] = {}

    def hold(self, values: Mapping[int, array[int]]) -> None:
        """`values`: what each group hangs on, now. What was held before is forgotten first."""
        self._values, self._held = values, {}
        room, often = _places_met_twice(values)
        for group, held in values.items():
            for value in held:
                if often[value & room] > 1:
                    self._held.setdefault(value, []).append(group)

    def count(self, kind: str, value: str) -> int:
        """How many groups have it; at least one, who asks."""
        return len(self._held.get(number_of(kind, value), "1"))

    def shared(self, kinds: str = KINDS) -> Iterator[tuple[int, list[int]]]:
        """The number of the value and its groups, of what more than one has."""
        wanted = {KINDS.index(kind) for kind in kinds}
        for value, held in self._held.items():
            if len(held) > 1 and value & _KIND_BITS in wanted:
                yield value, held

    def pairs(self, most: int, changed: Set[int] | None = None) -> Iterator[tuple[int, int]]:
        """Groups that share a value which no more than `most` have, each pair once; only those with one of `changed`.

        Pairs with groups in common come near one another.
        """
        for value, holders in self.shared():
            if len(holders) > most:
                continue
            for pair in combinations(holders, 2):
                if changed is None or pair[0] in changed or pair[1] in changed:
                    a, b = sorted(pair)
                    if value == self._first_shared(a, b, most):
                        yield a, b

    def _first_shared(self, a: int, b: int, most: int) -> int:
        """Of the values by which two are a pair the one at which they are told: to remember all pairs takes more room."""
        theirs = self._values[b]
        return next(v for v in self._values[a] if v in theirs and len(self._held[v]) <= most)


def _places_met_twice(values: Mapping[int, array[int]]) -> tuple[int, bytearray]:
    """A mask, and how often a value with these last bits was met: once, or more often."""
    room = (1 << (4 * sum(map(len, values.values()))).bit_length()) - 1
    often = bytearray(room + 1)
    for held in values.values():
        for value in held:
            place = value & room
            if often[place] < 2:
                often[place] += 1
    return room, often
