"""What two groups of records have in common, and what speaks against their being one company.

A group is everything that is known to be one company: one record, a stored company, or the records joined so far.
Evidence is a set of keys as bits; the rules (rules.py) say what it is worth. `reasons` tells it in values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rapidfuzz.distance import Levenshtein

from accounts.dedup import kanji, loans, names_read, words
from accounts.dedup.reading import Record
from crm.lib import kana

KEYS = (
    # for
    "number", "name", "former", "looks", "reading", "core", "similar", "longer", "mail", "person", "surname", "mobile", "phone", "phone_shared", "domain", "domain_shared",
    "address", "town", "city", "prefecture", "form", "no_domain", "only", "single", "alone",
    # neither
    "unnamed", "unread", "branch",
    # against
    "number_differs", "form_differs", "form_turned", "common", "family", "sister", "neighbour", "name_differs", "domain_differs", "free_mail", "prefecture_differs", "many_of_the_name",
)  # fmt: skip
BIT = {key: 1 << place for place, key in enumerate(KEYS)}


def mask(keys: Iterable[str]) -> int:
    return sum(BIT[key] for key in set(keys))


def told(bits: int) -> list[str]:
    return [key for key in KEYS if bits & BIT[key]]


SITE_ENDS = tuple(words.SITE_WORDS)
_EMPTY: set[str] = frozenset()  # type: ignore[assignment]
_SETS = (
    "areas", "forms", "form_ends", "sites", "names", "kanji", "looks", "former", "called", "sounds", "cores", "numbers", "phones", "domains", "mails", "mobiles", "people", "surnames", "bases", "towns", "cities", "prefectures",
)  # fmt: skip

# Of these there are some hundred in all, and as many sets of one.
_OF_FEW = ("areas", "forms", "form_ends", "sites", "surnames", "prefectures")
_shared: dict[frozenset[str], frozenset[str]] = {}


class Group:
    """What is known of one company, from all its records."""

    __slots__ = (
        "_heard", "areas", "called", "forms", "bases", "cities", "cores", "domains", "form_ends", "former", "kanji", "looks", "mails", "mobiles", "names", "numbers", "people", "phones", "prefectures", "sites", "size", "sounds", "surnames", "towns",
    )  # fmt: skip

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.size = 0
        self._heard: set[str] | None = None
        self.areas: set[str] = set()
        self.forms: set[str] = set()
        self.form_ends: set[str] = set()
        self.names: set[str] = set()
        self.kanji: set[str] = set()
        self.looks: set[str] = set()
        self.former: set[str] = set()
        self.called: set[str] = set()
        self.sounds: set[str] = set()
        self.cores: set[str] = set()
        self.numbers: set[str] = set()
        self.phones: set[str] = set()
        self.domains: set[str] = set()
        self.mails: set[str] = set()
        self.mobiles: set[str] = set()
        self.people: set[str] = set()
        self.surnames: set[str] = set()
        self.bases: set[str] = set()
        self.towns: set[str] = set()
        self.cities: set[str] = set()
        self.prefectures: set[str] = set()
        self.sites: set[str] = set()
        for record in records:
            self.add(record)
        self._take_little_room()

    def _take_little_room(self) -> None:
        """Most sets are empty, or the same as another one; each takes as much room as a full one."""
        for name in _SETS:
            if not getattr(self, name):
                setattr(self, name, _EMPTY)
        for name in _OF_FEW:
            held = frozenset(getattr(self, name))
            setattr(self, name, _shared.setdefault(held, held))
        if self.kanji == self.names:
            self.kanji = self.names
        if self.looks == self.names:
            self.looks = self.names

    def add(self, record: Record) -> None:
        self.size += 1
        for name in record.names:
            self.names.add(name.key)
            self.looks.add(name.looks)
            if name.form:
                self.forms.add(name.form)
            if name.form_end:
                self.form_ends.add(name.form_end)
            if name.written == "k":
                self.kanji.add(name.key)
        self.former.update(record.former)
        self.called.update(record.called)
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
        self.areas.update(record.areas)
        if record.person.family:
            self.surnames.add(record.person.family)
        if record.person.is_full:
            self.people.add(record.person.key)
            if record.person.sound:
                self.people.add(record.person.sound)
        if record.inside.endswith(SITE_ENDS):
            self.sites.add(record.inside)
        place = record.place
        if place.prefecture:
            self.prefectures.add(place.prefecture)
        if place.city:
            self.cities.add(place.city)
        if place.town:
            self.towns.add(place.town)
        if place.base:
            self.bases.add(place.base)

    @property
    def heard(self) -> set[str]:
        """How it sounds: as somebody wrote it, else as its kanji are probably read."""
        if self._heard is None:
            self._heard = self.sounds or {sound for name in self.kanji for sound in kanji.guesses(name)}
        return self._heard

    @property
    def all_cores(self) -> set[str]:
        return self.cores or {core for sound in self.heard for core in names_read.reading_cores(sound)}

    @property
    def is_bare(self) -> bool:
        """Whether a name of it has no word for a trade or a group."""
        return any(names_read.is_bare(name) for name in self.names)

    @property
    def places(self) -> set[str]:
        """Prefectures by address, else by the area codes of its phones."""
        return self.prefectures or self.areas


@dataclass(frozen=True)
class Holders:
    """How many different companies a value hangs on, as far as is known: what many share proves little."""

    phone: Callable[[str], int]
    domain: Callable[[str], int]
    # Whether a company is mostly written with its legal form at one end.
    forms_stay: bool = True


# Of these nobody asks where they are.
ONE_AT_MOST = (1, 0)


def crowd_of(groups: Sequence[Group], *, are_two: bool = False) -> tuple[int, int]:
    """Of groups with one name: how many have a place or a reach of their own, and in how many prefectures they are.

    `are_two`: two of them were said to be two.
    """
    anchored = [group for group in groups if group.places or group.domains or group.numbers]
    places = set().union(*(group.places for group in anchored)) if anchored else set()
    domains = set().union(*(group.domains for group in anchored)) if anchored else set()
    count = 1 if len(places) <= 1 and len(domains) <= 1 else len(anchored)
    return max(2, count) if are_two else count, len(places)


def crowding(a: Group, b: Group, crowds: Iterable[tuple[int, int]]) -> int:
    """What it means for two of one name how many there are of it."""
    found = 0
    for anchored, places in crowds:
        if anchored <= 1:
            # Two single records of one name may well be two firms, of which nothing more is known.
            is_more = bool(a.size + b.size > 2 or a.forms & b.forms or a.prefectures & b.prefectures)
            # Each with a phone, or an address, of its own: of fifteen such ten were one.
            is_more = is_more and not is_apart(a, b)
            # Where only one of them says where it is: of a hundred such ninety-five.
            is_more = is_more and bool(a.places) == bool(b.places)
            found |= BIT["only"] if is_more else BIT["single"]
        elif places >= 3:
            found |= BIT["many_of_the_name"]
    return found


def is_apart(a: Group, b: Group) -> bool:
    """Whether each has a phone, or an address, of its own."""
    return apart(a.phones, b.phones) or apart(a.bases, b.bases)


def apart(a: Set[Any], b: Set[Any]) -> bool:
    """Whether both are known, and nothing is the same."""
    return bool(a and b) and not a & b


_USUAL = frozenset("株")
SAME_NAME = mask(["name", "reading", "looks"])
OWN_PHONE, OWN_DOMAIN = 3, 3
# Who names no company is one of the holders; with two others it may be of either.
OF_THE_UNNAMED = 2


def of(a: Group, b: Group, holders: Holders) -> int:
    """The evidence as bits."""
    found = names_of(a, b)
    if a.numbers and b.numbers:
        found |= BIT["number"] if a.numbers & b.numbers else BIT["number_differs"]
    if a.forms and b.forms:
        common = a.forms & b.forms
        # Most are 株式会社: to have that in common says nothing.
        found |= 0 if common == _USUAL else BIT["form" if common else "form_differs"]
    if holders.forms_stay and apart(a.form_ends, b.form_ends):
        found |= BIT["form_turned"]
    if a.mails & b.mails:
        found |= BIT["mail"]
    if a.people & b.people:
        found |= BIT["person"]
    elif a.surnames & b.surnames:
        found |= BIT["surname"]
    if a.mobiles & b.mobiles:
        found |= BIT["mobile"]
    is_unnamed = bool(found & BIT["unnamed"])
    if common := a.phones & b.phones:
        most = OF_THE_UNNAMED if is_unnamed else OWN_PHONE
        found |= BIT["phone" if min(map(holders.phone, common)) <= most else "phone_shared"]
    if common := a.domains & b.domains:
        most = OF_THE_UNNAMED if is_unnamed else OWN_DOMAIN
        found |= BIT["domain" if min(map(holders.domain, common)) <= most else "domain_shared"]
    elif a.domains and b.domains:
        found |= BIT["domain_differs"]
    elif a.mails and b.mails and not (a.domains or b.domains):
        found |= BIT["no_domain"]
    elif _writes_from_elsewhere(a, b) or _writes_from_elsewhere(b, a):
        found |= BIT["free_mail"]
    return found | _places_of(a, b)


def _writes_from_elsewhere(a: Group, b: Group) -> bool:
    """Whether people of `a` have a mailbox at a provider only, and `b` has a domain of its own."""
    return bool(a.mails and not a.domains and b.domains)


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
    elif a.places and b.places and not found and not (a.prefectures | a.areas) & (b.prefectures | b.areas):
        found |= BIT["prefecture_differs"]
        if a.sites or b.sites:
            # One of them names a site of it, so it is in several places.
            found |= BIT["branch"]
    return found


def names_of(a: Group, b: Group) -> int:
    """What the names say of one another: the strongest that speaks for, or what speaks against."""
    if not a.names or not b.names:
        return BIT["unnamed"]
    if a.names & b.names:
        return BIT["name"]
    if _numbered_apart(a, b):
        return BIT["neighbour"]
    if a.former & b.names or b.former & a.names or a.called & b.heard or b.called & a.heard:
        return BIT["former"]
    if a.kanji and b.kanji:
        return _kanji_names(a, b)
    mine, theirs = a.heard, b.heard
    if a.sounds & theirs or mine & b.sounds:
        return BIT["reading"]
    if any(names_read.sister_sound(x, y) for x in mine for y in theirs):
        return BIT["sister"]
    if a.looks & b.looks:
        return BIT["looks"]
    written = 0
    for x in a.names:
        for y in b.names:
            written |= relation(x, y)
    if written:
        return written & BIT["sister"] or written
    if cores_meet(a, b):
        # With two trades that differ it is another firm: Minato Engineering, ミナトサービス.
        return BIT["core"] if a.is_bare or b.is_bare else BIT["neighbour"]
    if _echo(a, b) or _echo(b, a):
        return BIT["similar"]
    if any(
        len(x) >= 5 and len(y) >= 5 and x != y and (x.startswith(y) or y.startswith(x))
        for x in mine
        for y in theirs
    ):
        return BIT["longer"]
    likeness = max((_likeness(x, y) for x in mine for y in theirs), default=-1.0)
    if likeness >= 0.84:
        return BIT["similar"]
    return BIT["name_differs"] if 0 <= likeness < 0.6 else BIT["unread"]


def _numbered_apart(a: Group, b: Group) -> bool:
    """みなと第1ファンド, みなと第2ファンド; what no name of it numbers may be either."""
    mine, theirs = ({*map(_numbers, group.names)} - {()} for group in (a, b))
    return apart(mine, theirs)


_NUMBER = re.compile("[0-9]+|(?<=第)[一二三四五六七八九十]+|[一二三四五六七八九十]+(?=号)")


@lru_cache(maxsize=16_384)
def _numbers(name: str) -> tuple[str, ...]:
    return tuple(_NUMBER.findall(name))


def _kanji_names(a: Group, b: Group) -> int:
    found = 0
    for x in a.kanji:
        for y in b.kanji:
            found |= relation(x, y)
    for stronger in ("sister", "name", "looks", "similar"):
        if found & BIT[stronger]:
            return found & (BIT[stronger] | BIT["longer"]) if stronger == "similar" else BIT[stronger]
    if found:
        return found
    return BIT["similar"] if a.sounds & b.sounds else BIT["name_differs"]


def cores_meet(a: Group, b: Group) -> bool:
    return bool(a.all_cores & b.all_cores or a.all_cores & b.heard or a.heard & b.all_cores)


def _echo(a: Group, b: Group) -> bool:
    """Whether `a` writes in Latin letters what `b` writes in kana."""
    return not any(map(str.isascii, b.names)) and loans.echo(a.names, b.sounds)


def _likeness(x: str, y: str) -> float:
    return Levenshtein.normalized_similarity(x, y, score_cutoff=0.4)


@lru_cache(maxsize=16_384)
def relation(a: str, b: str) -> int:
    """What two written names say of one another; 0 when they have nothing to do with each other."""
    if names_read.looks_of(a) == names_read.looks_of(b):
        return BIT["looks"]
    if len(a) > len(b):
        a, b = b, a
    if len(a) >= 2:
        if b.startswith(a):
            return _with_more(b, b[len(a) :], behind=True)
        if b.endswith(a):
            return _with_more(b, b[: -len(a)], behind=False)
    together = _common_start(a, b)
    if together >= 2 and _is_trade(a[together:]) and _is_trade(b[together:]):
        is_group = a[together:] in words.GROUPS or b[together:] in words.GROUPS
        return BIT["sister"] if is_group else BIT["neighbour"]
    if _trade_differs(a, b):
        return BIT["neighbour"]
    if not _is_slip(a, b):
        return 0
    return BIT["similar"] if _numbers(a) == _numbers(b) else BIT["neighbour"]


_GROUP_LOOKS = {names_read.looks_of(word) for word in words.GROUPS}
_LONG_WORDS = tuple(word for word in (*words.GROUPS, *words.TRADES) if len(word) > 1)
_OF_WORDS = {character for word in _LONG_WORDS if not kana.is_kana(word) for character in word}
_TRADE_LOOKS = {names_read.looks_of(word) for word in words.TRADES}


def _with_more(name: str, more: str, *, behind: bool) -> int:
    if (
        more in words.GROUPS
        or more.upper() in words.GROUPS
        or more in words.PLACES
        or names_read.looks_of(more) in _GROUP_LOOKS
    ):
        return BIT["sister"]
    if behind and names_read.is_inside(more):
        return BIT["name"]
    if (
        more in words.TRADES
        or names_read.looks_of(more) in _TRADE_LOOKS
        or any(more == g + t for g in words.GROUPS for t in ("販売", "サービス") if more.startswith(g))
    ):
        return BIT["sister"]
    if len(more) > 1 or behind and more in _OF_WORDS and not name.endswith(_LONG_WORDS):
        # ミツエイ事 is ミツエイ商事, with a slip, and not ミツエイ.
        return BIT["longer"]
    return BIT["similar"] | BIT["longer"]


def _common_start(a: str, b: str) -> int:
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _is_trade(tail: str) -> bool:
    return tail in words.TRADES or tail in words.GROUPS


def _trade_differs(a: str, b: str) -> bool:
    """山田電機 / 山田電気: the same beginning, two different trades."""
    one, two = names_read._trade_tail.search(a), names_read._trade_tail.search(b)
    return bool(
        one and two and one[0] != two[0] and a[: one.start()] == b[: two.start()] and one.start() >= 2
    )


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
    for wide, *narrow in (
        ("address", "town", "city", "prefecture"),
        ("town", "city", "prefecture"),
        ("city", "prefecture"),
    ):
        if bits & BIT[wide]:
            bits &= ~mask(narrow)
    for key in told(bits):
        mine, theirs = _values(a, b, key)
        found.append({"key": key, "points": points.get(key, 0), "a": mine, "b": theirs})
    return sorted(found, key=lambda r: -abs(int(r["points"])))  # type: ignore[call-overload]


_FIELDS = {
    "number": "numbers", "number_differs": "numbers", "name": "names", "looks": "names", "similar": "names", "longer": "names", "sister": "names", "neighbour": "names",
    "form_differs": "forms", "form_turned": "form_ends", "common": "names", "family": "names", "name_differs": "names", "unnamed": "names", "unread": "names", "only": "names", "single": "names", "alone": "names", "free_mail": "domains", "many_of_the_name": "names", "reading": "sounds", "core": "cores", "mail": "mails", "person": "people",
    "surname": "surnames", "form": "forms", "no_domain": "mails", "mobile": "mobiles", "phone": "phones", "phone_shared": "phones", "domain": "domains", "domain_shared": "domains", "domain_differs": "domains", "address": "bases",
    "town": "towns", "city": "cities", "prefecture": "prefectures", "prefecture_differs": "places", "branch": "sites",
}  # fmt: skip


def _values(a: Group, b: Group, key: str) -> tuple[str, str]:
    if key == "former":
        common = sorted(
            a.former & b.names or b.former & a.names or a.called & b.heard or b.called & a.heard or a.names
        )
        return common[0], common[0]
    mine, theirs = getattr(a, _FIELDS[key]), getattr(b, _FIELDS[key])
    common = sorted(mine & theirs)
    if common and not key.endswith("differs"):
        return common[0], common[0]
    return min(mine, default=""), min(theirs, default="")
