"""Which records of one company speak of one site: 本社, 松本工場, 大阪支店."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from accounts.dedup import words
from accounts.dedup.reading import Record


class Sites:
    """`group_of[n]`: the first record about the same site. Who names no place is where the person or the company is."""

    def __init__(
        self, records: Sequence[Record], company_of: Sequence[int], person_of: Sequence[int]
    ) -> None:
        self.records = records
        self._parent = list(range(len(records)))
        self._grown: set[int] = set()
        self._bases = {n: {record.place.base} for n, record in enumerate(records) if record.place.base}
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
        self._join(members, lambda r: [r.place.base] if r.place.base else [])
        self._join(members, lambda r: [f"{r.place.prefecture}{s}" for s in _site_names(r)])
        self._join(members, lambda r: list(r.phones), agreeing=True)
        self._join(members, lambda r: [r.place.town] if r.place.town and not r.place.base else [])
        self._attach(members, lambda n: [person_of[n]])
        self._attach(members, lambda n: _site_names(self.records[n]))
        self._attach(members, lambda n: [self.records[n].place.city] if self.records[n].place.city else [])
        self._attach(members, self._prefectures)
        rest = [n for n in members if self._is_open(n)]
        if rest:
            sizes = Counter(self._root(n) for n in members if not self._is_open(n))
            main = sizes.most_common(1)[0][0] if sizes else rest[0]
            for n in rest:
                self._union(main, n)

    def _prefectures(self, n: int) -> list[str]:
        record = self.records[n]
        return [record.place.prefecture] if record.place.prefecture else list(record.areas)

    def _is_open(self, n: int) -> bool:
        """Nothing says yet where it belongs."""
        record = self.records[n]
        return self._root(n) == n and n not in self._grown and not record.place.base and not record.phones

    def _join(
        self, members: list[int], values: Callable[[Record], Iterable[str]], agreeing: bool = False
    ) -> None:
        first: dict[str, int] = {}
        for n in members:
            for value in values(self.records[n]):
                other = first.setdefault(value, n)
                if other != n and not (agreeing and self._elsewhere(other, n)):
                    self._union(other, n)

    def _elsewhere(self, a: int, b: int) -> bool:
        """Both know their address, and these are two: a switchboard for several sites."""
        mine, theirs = self._bases.get(self._root(a)), self._bases.get(self._root(b))
        return bool(mine and theirs and not mine & theirs)

    def _attach(self, members: list[int], values: Callable[[int], Iterable[object]]) -> None:
        """Records without a place of their own join the one site that shares the value, if it is one."""
        holders: dict[object, set[int]] = {}
        for n in members:
            if not self._is_open(n):
                for value in values(n):
                    holders.setdefault(value, set()).add(self._root(n))
        for n in members:
            if self._is_open(n):
                found = set().union(*(holders.get(value, set()) for value in values(n)))
                found = {self._root(f) for f in found}
                if len(found) == 1:
                    self._union(found.pop(), n)

    def _union(self, a: int, b: int) -> None:
        a, b = self._root(a), self._root(b)
        if a == b:
            return
        a, b = min(a, b), max(a, b)
        self._parent[b] = a
        self._grown.add(a)
        if b in self._bases:
            self._bases.setdefault(a, set()).update(self._bases.pop(b))

    def _root(self, n: int) -> int:
        parent = self._parent
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n


def _site_names(record: Record) -> list[str]:
    inside = record.inside.replace(" ", "")
    return [inside] if inside and any(inside.endswith(word) for word in words.SITE_WORDS) else []
