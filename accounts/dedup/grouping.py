"""A list against itself: which records are one company, and which questions would help most.

Records are joined to groups, and groups are compared as wholes: a reading that one record brings helps all the others.
Rounds go on until nothing certain is left; each looks only at groups that changed since the last one.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import islice

from accounts.dedup import chances, evidence, names_read, packed, rules
from accounts.dedup.apart import Apart
from accounts.dedup.asking import Asking, Question
from accounts.dedup.blocks import DOMAIN, LOOKS, NAME, PHONE, SOUND, Blocks, number_of, values_of
from accounts.dedup.chances import Pair
from accounts.dedup.evidence import BIT, Group
from accounts.dedup.reading import Record

NameAndReach = tuple[str, str]

# Of one value shared by more groups no pairs are made: it proves nothing by itself.
MOST_PER_KEY = 24
MOST_ROUNDS = 6
# Of a list that is packed, to take little room; more are made anew from their records when they are asked for.
GROUPS_AT_HAND = 10_000
# The form stands anywhere where more than one in so many stand at the other end than the first.
_TURNED = 4
_BESIDE_NAME = evidence.mask(["person", "surname", "domain", "form", "no_domain"])
_NOT_NAMED = evidence.mask(["unnamed", "name_differs", "unread"])


@dataclass(frozen=True)
class Surroundings:
    """What a longer list says beyond the records of it that are compared: how its names begin and end, what many share."""

    heads: Mapping[str, int]
    tails: Mapping[str, int]
    name_count: int
    # Phones and domains that so many lines share that they prove nothing.
    crowded: frozenset[str] = frozenset()


class Companies:
    """The records as groups. `group_of[n]` is the number of the first record in n's group."""

    def __init__(
        self,
        records: Sequence[Record],
        table: rules.Table | None = None,
        surroundings: Surroundings | None = None,
        one: Sequence[int] | None = None,
        apart: Iterable[tuple[int, int]] = (),
    ) -> None:
        """What is known, whatever the rules say. `one`: for each record the first of those that are one with it;
        `apart`: records of which somebody has said that they are of two companies."""
        self.records = _with_sites_cut_off(records)
        self.table = table or rules.Table()
        self._parent = list(range(len(records)))
        self._numbers: dict[int, set[str]] = {}
        self.joins: list[tuple[int, int, int]] = []
        self._open: dict[tuple[int, int], int] = {}
        self._around = surroundings or surroundings_of(record.name.key for record in self.records)
        self._heads = self._families()
        self._take_as_one(one or ())
        self.apart = Apart((self.root(a), self.root(b)) for a, b in apart)
        self._join_by_number()
        self._join_by_name_and_reach()
        self._members: dict[int, list[int]] = {}
        for n in range(len(records)):
            self._members.setdefault(self.root(n), []).append(n)
        self._groups: dict[int, Group] = {}
        self._most_groups = GROUPS_AT_HAND if isinstance(records, packed.Packed) else len(records)
        # What each group hangs on, and how crowded each value is, as long as nothing was joined there.
        self._values: dict[int, array[int]] = {}
        self._crowds: dict[int, tuple[int, int]] = {}
        self._blocks = Blocks()
        self._holders = _counted(self._blocks, self._around.crowded, self._do_forms_stay())
        self._rounds()

    def root(self, n: int) -> int:
        parent = self._parent
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    @property
    def group_of(self) -> list[int]:
        return [self.root(n) for n in range(len(self._parent))]

    # Joining records ---------------------------------------------------------------------------------

    def _union(self, a: int, b: int, bits: int) -> bool:
        """Joins the groups unless they are two by an answer or their numbers. The smaller record number names the group."""
        a, b = self.root(a), self.root(b)
        if a == b or self.apart.keeps(a, b):
            return False
        mine, theirs = self._numbers.get(a), self._numbers.get(b)
        if mine and theirs and not mine & theirs:
            return False
        if a > b:
            a, b = b, a
        self._parent[b] = a
        self.apart.follow(a, b)
        if mine or theirs:
            self._numbers[a] = (mine or set()) | (theirs or set())
        self.joins.append((a, b, bits))
        return True

    def _take_as_one(self, one: Sequence[int]) -> None:
        for n, first in enumerate(one):
            self._parent[n] = self._parent[first]
            if self.records[n].number:
                self._numbers.setdefault(self._parent[first], set()).add(self.records[n].number)

    def _join_by_number(self) -> None:
        first: dict[str, int] = {}
        for n, record in enumerate(self.records):
            if record.number:
                self._numbers.setdefault(self.root(n), {record.number})
                other = first.setdefault(record.number, n)
                if other != n:
                    self._union(other, n, BIT["number"])

    def _join_by_name_and_reach(self) -> None:
        """The same name and the same phone, domain, mail, address or person: most joins, without comparing pairs."""
        of_two = [n for n in range(len(self.records)) if self.apart.concerns(self.root(n))]
        for kind in ("phone", "mail", "address", "domain"):
            bits = BIT["name"] | BIT[kind]
            if self.table.says(bits) != rules.CERTAIN:
                continue
            first = self._held_by(of_two, kind)
            for n, record in enumerate(self.records):
                for key in _name_and_reach(record, kind):
                    other = first.setdefault(key, n)
                    if other is not None and other != n:
                        self._union(other, n, bits)

    def _held_by(self, of_two: Sequence[int], kind: str) -> dict[NameAndReach, int | None]:
        """Name and phone, domain … → the first who has it of those who were said to be two. None where two of them
        have it: whose it is then is weighed with the rest."""
        held: dict[NameAndReach, list[int]] = {}
        for n in of_two:
            for key in _name_and_reach(self.records[n], kind):
                held.setdefault(key, []).append(n)
        return {key: None if self.apart.any_of(map(self.root, of)) else of[0] for key, of in held.items()}

    def _do_forms_stay(self) -> bool:
        """Whether those who are one by name and reach have the legal form at one end: else it stands anywhere by chance."""
        first: dict[int, str] = {}
        stays = [
            end == first.setdefault(self.root(n), end)
            for n, record in enumerate(self.records)
            if (end := record.name.form_end)
        ]
        return stays.count(False) <= (len(stays) - len(first)) / _TURNED

    # Comparing groups --------------------------------------------------------------------------------

    def group(self, root: int) -> Group:
        group = self._groups.get(root)
        if group is None:
            if len(self._groups) >= self._most_groups:
                for oldest in list(islice(self._groups, self._most_groups // 4)):
                    del self._groups[oldest]
            group = self._groups[root] = Group(self.records[n] for n in self._members[root])
        return group

    def _rounds(self) -> None:
        changed: set[int] | None = None
        for _ in range(MOST_ROUNDS):
            self._hold_values()
            self._crowds = self._names_held(changed)
            self._open = dict(self.open_pairs())
            certain: list[tuple[float, int, int, int]] = []
            for a, b in self._blocks.pairs(MOST_PER_KEY, changed):
                self._open.pop((a, b), None)
                bits, verdict = self.judge(a, b)
                if verdict is None:
                    continue
                if verdict == rules.CERTAIN:
                    certain.append((-rules.score(bits), a, b, bits))
                else:
                    self._open[a, b] = bits
            certain.sort()
            changed = self._join(certain) or self._join(self._alone())
            if not changed:
                break

    def _alone(self) -> list[tuple[float, int, int, int]]:
        """What is certain among the doubtful: all taken together it is nearly sure, and nobody else is as near."""
        near = chances.Chances()
        for (a, b), bits in self.open_pairs():
            near.put((a, b), chances.odds(self.group(a), self.group(b), bits))
        certain = []
        for pair, bits in self.open_pairs():
            chance, bits = near.of(pair), bits | BIT["alone"]
            if self.is_sure(pair, chance, bits):
                certain.append((-chance, *pair, bits))
        return sorted(certain)

    def is_sure(self, pair: tuple[int, int], chance: float, bits: int) -> bool:
        """Whether two that are so likely one are joined without asking."""
        if chance < chances.SURE or self.table.says(bits) != rules.CERTAIN:
            return False
        return bool(bits & _BESIDE_NAME) or not self._name_says_little(pair, bits)

    def _name_says_little(self, pair: Pair, bits: int) -> bool:
        """Whether two with nothing else in common may well be two: each has a phone of its own (of five such one was two),
        or a prefecture; or all that is known of either is a name that many have come to."""
        one, two = (self.group(root) for root in pair)
        if bits & BIT["prefecture_differs"] or evidence.apart(one.phones, two.phones):
            return True
        return not (one.places or two.places) and any(map(names_read.is_short, one.names | two.names))

    def _hold_values(self) -> None:
        for root in self._members:
            if root not in self._values:
                self._values[root] = values_of(self.group(root))
        self._blocks.hold(self._values)

    def _names_held(self, changed: set[int] | None) -> dict[int, tuple[int, int]]:
        """Name or reading → how many groups of it have a place or a reach of their own, and in how many prefectures;
        of those that several have."""
        shared = self._blocks.shared(NAME + SOUND + LOOKS)
        crowds = ((value, self._crowd(value, holders, changed)) for value, holders in shared)
        return {value: crowd for value, crowd in crowds if crowd[0] > 1}

    def _crowd(self, value: int, holders: list[int], changed: set[int] | None) -> tuple[int, int]:
        if changed is not None and changed.isdisjoint(holders):
            return self._crowds.get(value, evidence.ONE_AT_MOST)
        groups = [self.group(holder) for holder in holders]
        return evidence.crowd_of(groups, are_two=self.apart.any_of(holders))

    def _common(self, name: str) -> bool:
        """Whether names like it are made of parts that many share, so that two firms may well have come to the same."""
        return self._namesakes(name) > 0.1 or names_read.is_short(name)

    def _namesakes(self, name: str) -> float:
        """How many firms of the list would have come to such a name by chance."""
        around = self._around
        # Beside itself: in a short list every name begins and ends like one of it.
        shared = (around.heads.get(name[:2], 1) - 1) * (around.tails.get(name[-2:], 1) - 1)
        return shared / around.name_count if shared else 0.0

    def _families(self) -> set[str]:
        """Beginnings of names that several firms of a group share: 青嶺精工, 青嶺精工販売."""
        known = {name for record in self.records for name in (record.name.key,)}
        return {head for name in known if (head := names_read.head_of_sister(name)) and head in known} | {
            head
            for head, count in Counter(filter(None, map(names_read.head_of_sister, known))).items()
            if count > 1
        }

    def _is_family(self, group: Group) -> bool:
        return any(name in self._heads or names_read.head_of_sister(name) for name in group.names)

    def _weigh(self, a: int, b: int) -> int:
        return self.weigh(self.group(a), self.group(b))

    def weigh(self, one: Group, two: Group) -> int:
        """The evidence between two groups in these surroundings."""
        bits = evidence.of(one, two, self._holders)
        if bits & evidence.SAME_NAME:
            keys = [number_of(NAME, value) for value in one.names & two.names] or [
                number_of(SOUND, value) for value in one.heard & two.heard
            ]
            keys = keys or [number_of(LOOKS, value) for value in one.looks & two.looks]
            bits |= evidence.crowding(one, two, (self._crowds.get(key, evidence.ONE_AT_MOST) for key in keys))
            if any(map(self._common, one.names | two.names)):
                bits |= BIT["common"]
        elif bits & _NOT_NAMED and (self._is_family(one) or self._is_family(two)):
            bits |= BIT["family"]
        return bits

    def _join(self, certain: list[tuple[float, int, int, int]]) -> set[int]:
        """Joins best first. Groups that grew in this round are compared again before they grow further."""
        changed: set[int] = set()
        either = self._either(certain) if self.apart else frozenset()
        for _score, a, b, bits in certain:
            one, two = self.root(a), self.root(b)
            if one == two:
                continue
            if (a, b) in either:
                self._open[a, b] = bits
                continue
            if (one in changed or two in changed) and not self._still_certain(one, two):
                continue
            if self.take_together(one, two, bits):
                changed.discard(max(one, two))
                changed.add(min(one, two))
        return changed

    def _either(self, certain: Sequence[tuple[float, int, int, int]]) -> Set[Pair]:
        """Pairs of one who is as surely one with another, where these were said to be two: a person is asked."""
        as_sure: dict[tuple[float, int], list[Pair]] = {}
        for score, a, b, _bits in certain:
            as_sure.setdefault((score, a), []).append((a, b))
            as_sure.setdefault((score, b), []).append((a, b))
        return {
            pair
            for (_score, here), pairs in as_sure.items()
            if self.apart.any_of(sum(pair) - here for pair in pairs)
            for pair in pairs
        }

    def take_together(self, a: int, b: int, bits: int) -> bool:
        """Joins two groups, unless they are two by an answer or their corporate numbers."""
        if not self._union(a, b, bits):
            return False
        kept, gone = min(a, b), max(a, b)
        self._members[kept] += self._members.pop(gone)
        for known in (self._groups, self._values):
            known.pop(gone, None)
            known.pop(kept, None)
        return True

    def _still_certain(self, a: int, b: int) -> bool:
        return self.judge(a, b)[1] == rules.CERTAIN

    # Asking ------------------------------------------------------------------------------------------

    def open_pairs(self) -> list[tuple[tuple[int, int], int]]:
        """Groups that may be one, with the evidence."""
        return [
            (pair, bits)
            for pair, bits in self._open.items()
            if pair[0] in self._members and pair[1] in self._members and not self.apart.keeps(*pair)
        ]

    def questions(self) -> list[Question]:
        """The open ones, the one that would help most first."""
        return Asking(self).in_order()

    def judge(self, a: int, b: int) -> tuple[int, str | None]:
        """The evidence between two groups, and what the rules say of it; nothing where they were said to be two."""
        if self.apart.keeps(a, b):
            return 0, None
        bits = self._weigh(a, b)
        return bits, self.table.says(bits)

    def group_of_one(self, n: int) -> Group:
        """The record alone, as reasons are told of it."""
        return Group([self.records[n]])

    def reasons(self, a: int, b: int, bits: int) -> list[dict[str, object]]:
        """The evidence between two groups with the values that were compared."""
        return evidence.reasons(self.group(a), self.group(b), bits, rules.POINTS)

    def reasons_of_two(self, a: int, b: int) -> list[dict[str, object]]:
        """The evidence between two records alone, whatever their groups know besides."""
        one, two = self.group_of_one(a), self.group_of_one(b)
        return evidence.reasons(one, two, evidence.of(one, two, self._holders), rules.POINTS)


def surroundings_of(names: Iterable[str]) -> Surroundings:
    """How these names begin and end."""
    keys = {name for name in names if name}
    return Surroundings(Counter(key[:2] for key in keys), Counter(key[-2:] for key in keys), len(keys))


def _counted(blocks: Blocks, crowded: frozenset[str], forms_stay: bool) -> evidence.Holders:
    def held(kind: str, value: str) -> int:
        return MOST_PER_KEY + 1 if value in crowded else blocks.count(kind, value)

    return evidence.Holders(lambda value: held(PHONE, value), lambda value: held(DOMAIN, value), forms_stay)


def _name_and_reach(record: Record, kind: str) -> list[NameAndReach]:
    """The name with each phone, domain … of the record."""
    return [(record.name.key, value) for value in _reach(record, kind)] if record.name.key else []


def _reach(record: Record, kind: str) -> tuple[str, ...]:
    if kind == "phone":
        return record.phones
    if kind == "mail":
        return (record.mail,) if record.mail else ()
    if kind == "address":
        return (record.place.base,) if record.place.base else ()
    if kind == "domain":
        return (record.domain,) if record.domain else ()
    return (record.person.key,) if record.person.is_full else ()


def _with_sites_cut_off(records: Sequence[Record]) -> Sequence[Record]:
    """Names that may end in a site or department lose it where the rest is a name in the list: 山田東京センター, 山田."""
    known = {record.name.key for record in records if not record.name.open_tail}
    without = {}
    for n, record in enumerate(records):
        if record.name.open_tail and (cut := names_read.cut_tail(record.name, known)):
            without[n] = record._replace(name=cut, names=(cut, *record.names[1:]), inside=cut.inside)
    return packed.instead(records, without)
