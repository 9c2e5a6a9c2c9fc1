"""The records of a long list in a quarter of the room: as bytes, and taken out of these each time one is asked for."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, overload

from accounts.dedup.names_read import Name
from accounts.dedup.reading import Person, Place, Record

# So many stay as they are: to take one out costs about a tenth of reading it.
MOST_AT_HAND = 250_000
_PLACE, _PERSON = map(Record._fields.index, ("place", "person"))


def kept(records: Iterable[Record], *, are_many: bool = False) -> Sequence[Record]:
    """All of them in their order; more than `MOST_AT_HAND` as bytes.

    `are_many`: they will be more, and are packed one by one. To pack them later leaves gaps in what memory was taken.
    """
    records = iter(records)
    first: list[Any] = [] if are_many else list(islice(records, MOST_AT_HAND + 1))
    if not are_many and len(first) <= MOST_AT_HAND:
        return first
    for n, record in enumerate(first):  # each gives its room to those that follow
        first[n] = _written(record)
    first.extend(map(_written, records))
    return Packed(first)


def instead(records: Sequence[Record], others: Mapping[int, Record]) -> Sequence[Record]:
    """The records with others in some places."""
    if isinstance(records, Packed):
        return records.but(others)
    return [others.get(n, record) for n, record in enumerate(records)]


class Packed(Sequence[Record]):
    """Records as bytes. What is changed in one that was taken out is not kept: they are tuples."""

    def __init__(self, written: Sequence[bytes], others: Mapping[int, Record] | None = None) -> None:
        self._written, self._others = written, others or {}

    def __len__(self) -> int:
        return len(self._written)

    @overload
    def __getitem__(self, n: int) -> Record: ...
    @overload
    def __getitem__(self, n: slice) -> Sequence[Record]: ...
    def __getitem__(self, n: int | slice) -> Record | Sequence[Record]:
        if isinstance(n, slice):
            return [self[one] for one in range(*n.indices(len(self)))]
        return self._others.get(n) or _read(self._written[n])

    def __iter__(self) -> Iterator[Record]:
        return map(self.__getitem__, range(len(self._written)))

    def but(self, others: Mapping[int, Record]) -> Packed:
        """The same bytes, with others in some places."""
        return Packed(self._written, {**self._others, **others})


def _written(record: Record) -> bytes:
    # The first of the names is the name, if it has one.
    name = None if record.names and record.names[0] is record.name else tuple(record.name)
    plain: list[Any] = list(record)
    plain[:2] = name, tuple(map(tuple, record.names))
    plain[_PLACE], plain[_PERSON] = tuple(record.place), tuple(record.person)
    return marshal.dumps(plain)


def _read(written: bytes) -> Record:
    plain = marshal.loads(written)  # noqa: S302 (bytes of this run)
    names = plain[1] = tuple(map(Name._make, plain[1]))
    plain[0] = names[0] if plain[0] is None else Name._make(plain[0])
    plain[_PLACE], plain[_PERSON] = Place._make(plain[_PLACE]), Person._make(plain[_PERSON])
    return Record._make(plain)
