"""By which normalised values a company, or a person, is found."""

from __future__ import annotations

from accounts.dedup import names_read
from accounts.dedup.reading import Record
from accounts.models import Contact, MatchKey

# Counted up whenever keys come out in another form: what is stored is made anew then (renewing.py).
MAKER = 2
# A name in kanji is looked for under so many of its probable readings.
READINGS_STORED, READINGS_ASKED = 2, 3

_kinds = MatchKey.Kind
# As texts, once: a member of an enumeration is asked for its value hundreds of thousands of times otherwise.
_NAME, _SOUND, _PHONE = _kinds.NAME.value, _kinds.SOUND.value, _kinds.PHONE.value
_DOMAIN, _NUMBER, _EMAIL = _kinds.DOMAIN.value, _kinds.NUMBER.value, _kinds.EMAIL.value


def stored_keys(record: Record) -> frozenset[tuple[str, str]]:
    """By what a company is found."""
    return _keys(record, READINGS_STORED)


def asked_keys(record: Record) -> frozenset[tuple[str, str]]:
    """By what is looked for: a mail address or a mobile finds the company of the person who has it."""
    found = _keys(record, READINGS_ASKED)
    if record.mail and not record.is_shared_mail:
        found |= {(_EMAIL, record.mail)}
    if record.mobile:
        found |= {(_PHONE, record.mobile)}
    return found


def _keys(record: Record, readings: int) -> frozenset[tuple[str, str]]:
    values = [(_SOUND, sound[:200]) for sound in sounds_of(record, readings)]
    for name in record.names:
        values += [(_NAME, name.key[:200]), (_NAME, name.looks[:200])]
        if name.open_tail:
            values += [(_NAME, key[:200]) for key in names_read.without_tail(name)]
    values += [(_NAME, key[:200]) for key in record.former]
    values += [(_PHONE, phone[:200]) for phone in record.phones]
    values += [(_DOMAIN, record.domain[:200]), (_NUMBER, record.number[:200])]
    return frozenset(key for key in values if key[1])


def sounds_of(record: Record, readings: int) -> tuple[str, ...]:
    """How the name sounds: as somebody wrote it, else as many of its probable readings."""
    return (record.sounds or names_read.probable_sounds(record.name, readings))[:8]


def contact_keys(contact: Contact) -> set[tuple[str, str]]:
    """By what a person is found."""
    values = {(_kinds.PERSON.value, contact.person_key), (_kinds.EMAIL.value, contact.email)}
    values |= {(_kinds.PHONE.value, number) for number in (contact.phone, contact.mobile)}
    return {(kind, value) for kind, value in values if value}
