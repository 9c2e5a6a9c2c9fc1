"""Which groups hang on one value, in little room: most values hang on one group alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from accounts.dedup.evidence import Group

# Name, what looks like it, sound, phone, domain, mail address, mobile, address.
NAME, LOOKS, SOUND, PHONE, DOMAIN, MAIL, MOBILE, ADDRESS = "nlspdmta"
# A name in kanji hangs on so many of its probable readings.
_READINGS = 8


class Blocks:
    """Kind and value → the groups that have it."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, int | list[int]]] = {kind: {} for kind in "nlspdmta"}

    def add(self, root: int, group: Group) -> None:
        self._put(NAME, group.names | group.former if group.former else group.names, root)
        self._put(LOOKS, group.looks, root)
        self._put(SOUND, {*group.sounds, *sorted(group.heard)[:_READINGS], *group.all_cores}, root)
        self._put(PHONE, group.phones, root)
        self._put(DOMAIN, group.domains, root)
        self._put(MAIL, group.mails, root)
        self._put(MOBILE, group.mobiles, root)
        self._put(ADDRESS, group.bases, root)

    def count(self, kind: str, value: str) -> int:
        """How many groups have it."""
        held = self._held[kind].get(value, ())
        return 1 if isinstance(held, int) else len(held)

    def shared(self, kinds: str = "nlspdmta") -> Iterator[tuple[str, str, list[int]]]:
        """Kind, value and groups of what more than one has."""
        for kind in kinds:
            for value, held in self._held[kind].items():
                if not isinstance(held, int):
                    yield kind, value, held

    def _put(self, kind: str, values: Iterable[str], root: int) -> None:
        of_kind = self._held[kind]
        for value in values:
            there = of_kind.get(value)
            if there is None:
                of_kind[value] = root
            elif isinstance(there, int):
                of_kind[value] = [there, root]
            else:
                there.append(root)
