"""By which normalised values a company, or a person, is found."""

from __future__ import annotations

from accounts.dedup import names_read
from accounts.dedup.reading import Record
from accounts.models import Contact, MatchKey

# Counted up whenever keys come out in another form: what is stored is made anew then (renewing.py).
MAKER = 1
# A name in kanji is looked for under so many of its probable readings.
READINGS_STORED, READINGS_ASKED = 2, 3

_kinds = MatchKey.Kind


def stored_keys(record: Record) -> frozenset[tuple[str, str]]:
    """By what a company is found."""
    return _keys(record, READINGS_STORED)


def asked_keys(record: Record) -> frozenset[tuple[str, str]]:
    """By what is looked for: a mail address or a mobile finds the company of the person who has it."""
    own = {(_kinds.EMAIL.value, record.mail)} if record.mail and not record.is_shared_mail else set()
    if record.mobile:
        own.add((_kinds.PHONE.value, record.mobile))
    return _keys(record, READINGS_ASKED) | own


def _keys(record: Record, readings: int) -> frozenset[tuple[str, str]]:
    named = {key for name in record.names for key in (name.key, name.looks, *names_read.without_tail(name))}
    values = {(_kinds.NAME.value, key) for key in named.union(record.former)}
    values |= {(_kinds.SOUND.value, sound) for sound in sounds_of(record, readings)}
    values |= {(_kinds.PHONE.value, phone) for phone in record.phones}
    values |= {(_kinds.DOMAIN.value, record.domain), (_kinds.NUMBER.value, record.number)}
    return frozenset((kind, value[:200]) for kind, value in values if value)


def sounds_of(record: Record, readings: int) -> tuple[str, ...]:
    """How the name sounds: as somebody wrote it, else as many of its probable readings."""
    return (record.sounds or names_read.probable_sounds(record.name, readings))[:8]


def contact_keys(contact: Contact) -> set[tuple[str, str]]:
    """By what a person is found."""
    values = {(_kinds.PERSON.value, contact.person_key), (_kinds.EMAIL.value, contact.email)}
    values |= {(_kinds.PHONE.value, number) for number in (contact.phone, contact.mobile)}
    return {(kind, value) for kind, value in values if value}
