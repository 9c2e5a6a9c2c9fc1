"""Which records of one company speak of one site: 本社, 松本工場, 大阪支店."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from accounts.dedup import words
from accounts.dedup.reading import NOWHERE, Place, Record
from accounts.dedup.rules import CERTAIN, PROBABLE, Rule

# What two mentions of a site have in common → points, in the words of the hint.
POINTS = {"name": 50, "address": 45, "phone": 40, "town": 15}
# What is done with it, until an administrator says otherwise. By the first four two places are compared; by the last
# three a line that says nothing else of its place finds the one site that it can be about.
RULES = (
    Rule(("name",), CERTAIN, ("prefecture_differs",)),
    Rule(("address",), CERTAIN, ("name_differs",)),
    Rule(("phone",), CERTAIN, ("name_differs", "address_differs")),
    Rule(("town",), CERTAIN, ("name_differs",)),
    Rule(("address",), PROBABLE),
    Rule(("phone",), PROBABLE, ("address_differs",)),
    Rule(("person",)),
    Rule(("city",)),
    Rule(("prefecture",)),
)
COMPARING, FINDING = ("address", "name", "phone", "town"), ("person", "name", "city", "prefecture")


class Mention:
    """What is said of one site, in the form in which it is compared."""

    __slots__ = ("held",)

    def __init__(self, names: Iterable[str], phones: Iterable[str], place: Place = NOWHERE) -> None:
        self.held: dict[str, set[str]] = {
            "name": {key for name in names if (key := name_key(name))},
            "address": {place.base} - {""},
            "phone": set(phones),
            # A quarter says where it is to those who know no more.
            "town": {place.town} - {""} if not place.base else set(),
            "prefecture": {place.prefecture} - {""},
        }

    def learn(self, other: Mention) -> None:
        for key, values in other.held.items():
            self.held[key] = self.held[key] | values

    def differs(self, other: Mention, exception: str) -> bool:
        """Both say it, and nothing of it agrees: "address_differs"."""
        key = exception.removesuffix("_differs")
        mine, theirs = self.held[key], other.held[key]
        return bool(mine and theirs and not mine & theirs)

    def meets(self, other: Mention, rule: Rule) -> bool:
        """Whether the rule, which compares two places, holds for these."""
        return all(self.held[key] & other.held[key] for key in rule.keys) and not any(
            self.differs(other, exception) for exception in rule.but
        )


def name_key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().replace(" ", "")


def decide(mine: Mention, theirs: Mention, table: Sequence[Rule]) -> Rule | None:
    """The rule by which two mentions are of one site of a company; certain ones count before probable ones."""
    compared = [rule for rule in table if set(rule.keys) <= set(COMPARING) and mine.meets(theirs, rule)]
    return min(compared, key=lambda rule: rule.verdict != CERTAIN, default=None)


class Sites:
    """`group_of[n]`: the first record about the same site. Who names no place is where the person or the company is."""

    def __init__(
        self,
        records: Sequence[Record],
        company_of: Sequence[int],
        person_of: Sequence[int],
        table: Sequence[Rule] = RULES,
    ) -> None:
        self.records = records
        self._table = [rule for rule in table if rule.verdict == CERTAIN]
        self._parent = list(range(len(records)))
        self._grown: set[int] = set()
        # What is known of the sites of the company that is being divided.
        self._known: dict[int, Mention] = {}
        companies: dict[int, list[int]] = {}
        for n, company in enumerate(company_of):
            companies.setdefault(company, []).append(n)
        for members in companies.values():
            if len(members) > 1:
                self._divide(members, person_of)

    @property
    def group_of(self) -> list[int]:
        return [self._root(n) for n in range(len(self._parent))]

    def _divide(self, members: list[int], person_of: Sequence[int]) -> None:
        own = {n: mention_of(self.records[n]) for n in members}
        self._known = {n: mention_of(self.records[n]) for n in members}
        for key in COMPARING:
            for rule in self._table:
                if rule.keys[0] == key:
                    self._join(members, own, rule)
        for key in FINDING:
            if any(rule.keys == (key,) for rule in self._table):
                self._attach(members, {n: self._finds(n, key, person_of) for n in members})
        rest = [n for n in members if self._is_open(n)]
        if rest:
            sizes = Counter(self._root(n) for n in members if not self._is_open(n))
            main = sizes.most_common(1)[0][0] if sizes else rest[0]
            for n in rest:
                self._union(main, n)

    def _finds(self, n: int, key: str, person_of: Sequence[int]) -> Iterable[object]:
        """By what a line that says nothing else of its place finds the site that it is about."""
        record = self.records[n]
        if key == "person":
            return [person_of[n]]
        if key == "name":
            return _site_names(record)
        if key == "city":
            return [record.place.city] if record.place.city else []
        return [record.place.prefecture] if record.place.prefecture else record.areas

    def _is_open(self, n: int) -> bool:
        """Nothing says yet where it belongs."""
        record = self.records[n]
        return self._root(n) == n and n not in self._grown and not record.place.base and not record.phones

    def _join(self, members: list[int], own: dict[int, Mention], rule: Rule) -> None:
        holders: dict[str, list[int]] = {}
        for n in members:
            for value in own[n].held[rule.keys[0]]:
                others = holders.setdefault(value, [])
                for other in others:
                    a, b = self._root(other), self._root(n)
                    if a == b or self._known[a].meets(self._known[b], rule):
                        self._union(a, b)
                        break
                else:
                    others.append(n)

    def _attach(self, members: list[int], values: dict[int, Iterable[object]]) -> None:
        """Records without a place of their own join the one site that shares the value, if it is one."""
        holders: dict[object, set[int]] = {}
        for n in members:
            if not self._is_open(n):
                for value in values[n]:
                    holders.setdefault(value, set()).add(self._root(n))
        for n in members:
            if self._is_open(n):
                found = {self._root(f) for value in values[n] for f in holders.get(value, ())}
                if len(found) == 1:
                    self._union(found.pop(), n)

    def _union(self, a: int, b: int) -> None:
        a, b = self._root(a), self._root(b)
        if a == b:
            return
        a, b = min(a, b), max(a, b)
        self._parent[b] = a
        self._grown.add(a)
        self._known[a].learn(self._known[b])

    def _root(self, n: int) -> int:
        parent = self._parent
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n


def mention_of(record: Record) -> Mention:
    """What a line of a list says of a site."""
    return Mention(_site_names(record), record.phones, record.place)


def _site_names(record: Record) -> list[str]:
    inside = record.inside.replace(" ", "")
    return [inside] if inside and any(inside.endswith(word) for word in words.SITE_WORDS) else []
