"""What two groups of records have in common, and what speaks against their being one company.

A group is everything that is known to be one company: one record, a stored company, or the records joined so far.
Evidence is a set of keys as bits; the rules (rules.py) say what it is worth. `reasons` tells it in values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from accounts.dedup import names_read, words
from accounts.dedup.reading import Record

KEYS = (
    # for
    "number", "name", "former", "looks", "reading", "core", "similar", "longer", "mail", "person", "mobile", "phone", "phone_shared", "domain", "domain_shared",
    "address", "town", "city", "prefecture", "only",
    # neither
    "unnamed", "unread",
    # against
    "number_differs", "sister", "neighbour", "name_differs", "domain_differs", "prefecture_differs", "many_of_the_name",
)  # fmt: skip
BIT = {key: 1 << place for place, key in enumerate(KEYS)}


def mask(keys: Iterable[str]) -> int:
    return sum(BIT[key] for key in set(keys))


def told(bits: int) -> list[str]:
    return [key for key in KEYS if bits & BIT[key]]


class Group:
    """What is known of one company, from all its records."""

    __slots__ = (
        "bases", "cities", "cores", "domains", "former", "kanji", "looks", "mails", "mobiles", "names", "numbers", "people", "phones", "prefectures", "size", "sounds", "towns",
    )  # fmt: skip

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.size = 0
        self.names: set[str] = set()
        self.kanji: set[str] = set()
        self.looks: set[str] = set()
        self.former: set[str] = set()
        self.sounds: set[str] = set()
        self.cores: set[str] = set()
        self.numbers: set[str] = set()
        self.phones: set[str] = set()
        self.domains: set[str] = set()
        self.mails: set[str] = set()
        self.mobiles: set[str] = set()
        self.people: set[str] = set()
        self.bases: set[str] = set()
        self.towns: set[str] = set()
        self.cities: set[str] = set()
        self.prefectures: set[str] = set()
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        self.size += 1
        for name in record.names:
            self.names.add(name.key)
            self.looks.add(name.looks)
            if name.written == "k":
                self.kanji.add(name.key)
        self.former.update(record.former)
        self.sounds.update(record.sounds)
        self.cores.update(record.cores)
        self.phones.update(record.phones)
        if record.number:
            self.numbers.add(record.number)
        if record.domain:
            self.domains.add(record.domain)
        if record.mail and not record.is_shared_mail:
            self.mails.add(record.mail)
        if record.mobile:
            self.mobiles.add(record.mobile)
        if record.person.is_full:
            self.people.add(record.person.key)
            if record.person.sound:
                self.people.add(record.person.sound)
        place = record.place
        if place.prefecture:
            self.prefectures.add(place.prefecture)
        if place.city:
            self.cities.add(place.city)
        if place.town:
            self.towns.add(place.town)
        if place.base:
            self.bases.add(place.base)


@dataclass(frozen=True)
class Holders:
    """How many different companies a value hangs on, as far as is known: what many share proves little."""

    phone: Callable[[str], int]
    domain: Callable[[str], int]


NAME_KEYS = mask(["name", "former", "looks", "reading", "core", "similar", "longer"])
OWN_PHONE, OWN_DOMAIN = 3, 3


def of(a: Group, b: Group, holders: Holders) -> int:
    """The evidence as bits."""
    found = names_of(a, b)
    if a.numbers and b.numbers:
        found |= BIT["number"] if a.numbers & b.numbers else BIT["number_differs"]
    if a.mails & b.mails:
        found |= BIT["mail"]
    if a.people & b.people:
        found |= BIT["person"]
    if a.mobiles & b.mobiles:
        found |= BIT["mobile"]
    if common := a.phones & b.phones:
        found |= BIT["phone" if min(map(holders.phone, common)) <= OWN_PHONE else "phone_shared"]
    if common := a.domains & b.domains:
        found |= BIT["domain" if min(map(holders.domain, common)) <= OWN_DOMAIN else "domain_shared"]
    elif a.domains and b.domains:
        found |= BIT["domain_differs"]
    return found | _places_of(a, b)


def _places_of(a: Group, b: Group) -> int:
    found = 0
    if a.bases & b.bases:
        found |= BIT["address"] | BIT["town"]
    elif a.towns & b.towns:
        found |= BIT["town"]
    if a.cities & b.cities:
        found |= BIT["city"]
    if a.prefectures & b.prefectures:
        found |= BIT["prefecture"]
    elif a.prefectures and b.prefectures and not found:
        found |= BIT["prefecture_differs"]
    return found


def names_of(a: Group, b: Group) -> int:
    """What the names say of one another: the strongest that speaks for, or what speaks against."""
    if not a.names or not b.names:
        return BIT["unnamed"]
    if a.names & b.names:
        return BIT["name"]
    if a.former & b.names or b.former & a.names:
        return BIT["former"]
    found = 0
    if a.kanji and b.kanji:
        for mine in a.kanji:
            for theirs in b.kanji:
                found |= relation(mine, theirs)
        if found & BIT["sister"]:
            return BIT["sister"]
        if found & (BIT["looks"] | BIT["similar"]):
            return found & (BIT["looks"] | BIT["similar"])
        if found:
            return found
        return BIT["name_differs"]
    if a.sounds & b.sounds:
        return BIT["reading"]
    for mine in a.sounds:
        for theirs in b.sounds:
            if names_read.sister_sound(mine, theirs):
                return BIT["sister"]
    if a.looks & b.looks:
        return BIT["looks"]
    for mine in a.names:
        for theirs in b.names:
            found |= relation(mine, theirs)
    if found:
        return found
    if a.cores & (b.cores | b.sounds) or a.sounds & b.cores:
        return BIT["core"]
    for mine in a.sounds:
        for theirs in b.sounds:
            if close(mine, theirs):
                return BIT["similar"]
    return BIT["name_differs"] if a.sounds and b.sounds else BIT["unread"]


def close(a: str, b: str) -> bool:
    """One slip in a long reading, two in a very long one."""
    shorter = min(len(a), len(b))
    most = 2 if shorter >= 12 else 1 if shorter >= 7 else 0
    return bool(most) and Levenshtein.distance(a, b, score_cutoff=most) <= most


@lru_cache(maxsize=65_536)
def relation(a: str, b: str) -> int:
    """What two written names say of one another; 0 when they have nothing to do with each other."""
    if names_read.looks_of(a) == names_read.looks_of(b):
        return BIT["looks"]
    if len(a) > len(b):
        a, b = b, a
    if len(a) >= 2:
        if b.startswith(a):
            return _with_more(b[len(a) :], behind=True)
        if b.endswith(a):
            return _with_more(b[: -len(a)], behind=False)
    together = _common_start(a, b)
    if together >= 2 and _is_trade(a[together:]) and _is_trade(b[together:]):
        return BIT["neighbour"]
    if _trade_differs(a, b):
        return BIT["neighbour"]
    if together >= 2 and b[together:] in words.GROUPS and a[together:] in words.GROUPS:
        return BIT["sister"]
    return BIT["similar"] if _is_slip(a, b) else 0


def _with_more(more: str, *, behind: bool) -> int:
    if more in words.GROUPS or more.upper() in words.GROUPS or more in words.PLACES:
        return BIT["sister"]
    if behind and names_read._INSIDE.match(more):
        return BIT["name"]
    if more in words.TRADES or any(more == g + t for g in words.GROUPS for t in ("販売", "サービス") if more.startswith(g)):
        return BIT["sister"]
    return BIT["similar"] | BIT["longer"] if len(more) == 1 else BIT["longer"]


def _common_start(a: str, b: str) -> int:
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _is_trade(tail: str) -> bool:
    return tail in words.TRADES or tail in words.GROUPS


def _trade_differs(a: str, b: str) -> bool:
    """山田電機 / 山田電気: the same beginning, two different trades."""
    one, two = names_read._trade_tail.search(a), names_read._trade_tail.search(b)
    return bool(one and two and one[0] != two[0] and a[: one.start()] == b[: two.start()] and one.start() >= 2)


def _is_slip(a: str, b: str) -> bool:
    """Whether one is the other with a character left out, doubled, or (in long names) taken for another."""
    if Levenshtein.distance(a, b, score_cutoff=1) > 1:
        return False
    if len(a) != len(b):
        return len(a) >= 3
    return len(a) >= 6


def reasons(a: Group, b: Group, bits: int, points: dict[str, int]) -> list[dict[str, object]]:
    """The evidence with the normalised values that were compared, strongest first."""
    found = []
    for key in told(bits):
        mine, theirs = _values(a, b, key)
        found.append({"key": key, "points": points.get(key, 0), "a": mine, "b": theirs})
    return sorted(found, key=lambda r: -abs(int(r["points"])))  # type: ignore[call-overload]


_FIELDS = {
    "number": "numbers", "number_differs": "numbers", "name": "names", "looks": "names", "similar": "names", "longer": "names", "sister": "names", "neighbour": "names",
    "name_differs": "names", "unnamed": "names", "unread": "names", "only": "names", "many_of_the_name": "names", "reading": "sounds", "core": "cores", "mail": "mails", "person": "people",
    "mobile": "mobiles", "phone": "phones", "phone_shared": "phones", "domain": "domains", "domain_shared": "domains", "domain_differs": "domains", "address": "bases",
    "town": "towns", "city": "cities", "prefecture": "prefectures", "prefecture_differs": "prefectures",
}  # fmt: skip


def _values(a: Group, b: Group, key: str) -> tuple[str, str]:
    if key == "former":
        common = sorted(a.former & b.names or b.former & a.names)
        return common[0], common[0]
    mine, theirs = getattr(a, _FIELDS[key]), getattr(b, _FIELDS[key])
    common = sorted(mine & theirs)
    if common and not key.endswith("differs"):
        return common[0], common[0]
    return min(mine, default=""), min(theirs, default="")
