"""A record as it is compared: everything normalised, once. What cannot be normalised says nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from accounts.dedup import names_read, phone_areas, sounds, words
from accounts.dedup.names_read import Name
from crm.lib import addresses, corporate_numbers, domains, kana, names, phones

_BASE = re.compile(r"^(.*?\d+(?:-\d+)*)")
_MAIL = re.compile(r"[^\s<>,;、；\"'()]+@[^\s<>,;、；\"'()]+")


class Place(NamedTuple):
    """`base` is the address up to its last number, with the city: 千代田区丸の内1-9-1."""

    prefecture: str = ""
    city: str = ""
    town: str = ""
    base: str = ""


NOWHERE = Place()


class Person(NamedTuple):
    """`key` is 姓 and 名 in one; `sound` the reading of both; `family` stands alone where 名 is not given."""

    key: str = ""
    sound: str = ""
    family: str = ""
    is_full: bool = False


NOBODY = Person()


class Record(NamedTuple):
    """What one record says, in the form in which it is compared."""

    name: Name
    names: tuple[Name, ...]  # all current spellings, the first is `name`
    former: tuple[str, ...]
    sounds: tuple[str, ...]
    cores: tuple[str, ...]
    phones: tuple[str, ...]
    areas: tuple[str, ...]  # prefectures by the area codes of the phones
    mobile: str
    domain: str
    mail: str
    is_shared_mail: bool
    number: str
    place: Place
    person: Person
    inside: str
    department: str
    called: tuple[
        str, ...
    ] = ()  # sounds that its kana give and its kanji cannot have: it has another name, too


def read(values: Mapping[str, str]) -> Record:
    """The record of a line: field → cell, fields named as in the import."""
    get = values.get
    name = names_read.read(get("company_name", ""))
    latin = names_read.read(get("latin_name", ""))
    others = [names_read.read(other) for other in name.others]
    spellings = tuple(n for n in (name, latin, *others) if n.key)
    said = [n.sound for n in spellings if n.sound]
    called = _kana_sound(get("company_kana", ""))
    if called:
        said.append(called)
    for n in spellings:
        if n.written == "l":
            said.extend(
                _latin_sounds(get("company_name", "") if n is name else get("latin_name", "") or n.key)
            )
    heard = tuple(dict.fromkeys(s for s in said if s))
    cores = tuple(
        dict.fromkeys(
            [c for n in spellings for c in n.cores] + [c for s in heard for c in names_read.reading_cores(s)]
        )
    )
    former = tuple(dict.fromkeys(names_read.read(f).key for f in (*name.former, get("former_name", "")) if f))
    numbers, mobile = _phones(values)
    mail = _mail(get("email", ""))
    domain = _domain(get("domain", ""), mail)
    return Record(
        name,
        spellings,
        tuple(f for f in former if f and f != name.key),
        heard,
        cores,
        numbers,
        tuple(filter(None, map(phone_areas.prefecture, numbers))),
        mobile,
        domain,
        mail,
        is_shared_mail(mail),
        corporate_numbers.normalise(get("corporate_number", "")) if get("corporate_number") else "",
        _place(values),
        _person(values),
        name.inside or get("site", ""),
        get("department", ""),
        (called,) if called and name.written == "k" and names_read.is_of_another(called, name.key) else (),
    )


def is_shared_mail(mail: str) -> bool:
    """info@, sales@: many write under it."""
    return bool(mail) and mail.partition("@")[0].rstrip("0123456789") in words.SHARED_MAILBOXES


@lru_cache(maxsize=16_384)
def _kana_sound(text: str) -> str:
    return sounds.of_kana(kana.kana_key(text))


@lru_cache(maxsize=16_384)
def _latin_sounds(text: str) -> tuple[str, ...]:
    return names_read.spoken_as(text)


_PHONES = ("company_phone", "phone", "mobile", "other_phone")


def _phones(values: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """Numbers of the company, and the person's mobile."""
    found, mobile = [], ""
    for field, cell in values.items():
        if cell and field.startswith(_PHONES):
            number = phones.to_e164(cell)
            if not number or phones.placeholder(number):
                continue
            if phones.is_mobile(number):
                mobile = mobile or number
            else:
                found.append(number)
    return tuple(dict.fromkeys(found)), mobile


def _mail(cell: str) -> str:
    if not cell:
        return ""
    match = _MAIL.search(unicodedata.normalize("NFKC", cell).casefold().replace("mailto:", ""))
    return match[0].strip(".") if match else ""


def _domain(cell: str, mail: str) -> str:
    return (domains.matching_domain(cell) if cell else "") or (
        domains.matching_domain(mail.rpartition("@")[2]) if mail else ""
    )


def _place(values: Mapping[str, str]) -> Place:
    get = values.get
    prefecture, city, street = get("prefecture", ""), get("city", ""), get("street", "")
    whole = get("address", "")
    if not (prefecture or city or street or whole):
        return NOWHERE
    return place(prefecture, city, street, whole)


@lru_cache(maxsize=16_384)
def place(prefecture: str, city: str, street: str, whole: str = "") -> Place:
    """A place from its columns, from an address in one piece, or from both."""
    if whole:
        parts = addresses.split(unicodedata.normalize("NFKC", whole))
        if parts.prefecture or parts.city or not street:
            prefecture, city, street = (
                parts.prefecture or prefecture,
                parts.city or city,
                parts.street + street if parts.city else parts.street or street,
            )
    prefecture = _prefecture(prefecture)
    if not prefecture and not city and not street:
        return NOWHERE
    key = addresses.address_key(f"{city}{street}") if street else ""
    match = _BASE.match(key)
    base = match[1] if match else ""
    city_key = addresses.address_key(city) if city else ""
    town = re.sub(r"\d.*$", "", key) if key else ""
    # Where there is no number, or only 丁目, whole blocks share the address.
    is_exact = "-" in base or len(re.sub(r"^\D*", "", base)) >= 2
    return Place(prefecture, city_key, town if town != city_key else "", base if is_exact else "")


def _prefecture(text: str) -> str:
    text = text.strip()
    if not text or text in addresses.REGIONS:
        return text
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    for candidate in (plain, plain + "県", plain + "都", plain + "府"):
        if candidate in addresses.REGIONS:
            return candidate
    return addresses.split(plain).prefecture


_TITLE = re.compile(r"\s*(?:様|殿|さま|氏|先生|さん)\s*$")


def _person(values: Mapping[str, str]) -> Person:
    get = values.get
    family, given = get("family_name", ""), get("given_name", "")
    reading = f"{get('family_kana', '')} {get('given_kana', '')}".strip()
    if not family and not given:
        family, given = _split(get("person", ""))
        reading = reading or get("person_kana", "")
    if not family and not given:
        return NOBODY
    return person(family.strip(), _TITLE.sub("", given.strip()), reading)


@lru_cache(maxsize=16_384)
def person(family: str, given: str, reading: str = "") -> Person:
    """A person by name: the key is the same with 姓 and 名 in one field or in two."""
    if not given and " " in family.replace("\u3000", " ").strip():
        family, given = names.split_person(family)
    key = names.person_key(family, given)
    if not key:
        return NOBODY
    plain = unicodedata.normalize("NFKC", f"{family} {given}")
    if key.isascii():
        sound = ".".join(sorted(filter(None, (sounds.of_latin(family), sounds.of_latin(given)))))
    elif kana.is_kana(plain):
        sound = _person_sound(plain)
    else:
        sound = _person_sound(reading) if reading else ""
    is_full = (
        bool(given)
        or not key.isascii()
        and (len(key) >= 4 or len(key) == 3 and key not in words.LONG_FAMILY_NAMES)
    )
    return Person(key, sound, names.person_key(family) if given else key, is_full)


def _person_sound(reading: str) -> str:
    """姓 and 名 in either order sound the same, as romaji has them in both."""
    parts = unicodedata.normalize("NFKC", reading).split()
    made = [sounds.of_latin(p) if p.isascii() else sounds.of_kana(p) for p in parts]
    return ".".join(sorted(filter(None, made)))


@lru_cache(maxsize=16_384)
def _split(text: str) -> tuple[str, str]:
    plain = _TITLE.sub("", unicodedata.normalize("NFKC", text).strip())
    family, given = names.split_person(plain)
    return family, given
