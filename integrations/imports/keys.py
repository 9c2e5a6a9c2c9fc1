"""By what a line is recognised: kept from the check on, so that neither the other lines nor the run read it again.

First the keys under which its company will be stored, then a bar, then what only lines of the list may share. Each key
begins with a letter that says what it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from django.db import connection

from accounts import matching_keys
from accounts.dedup.reading import Record
from accounts.models import MatchKey
from crm.lib import names
from integrations.imports import understanding
from integrations.models import Import, ImportRow

BAR = "|"
_Kind = MatchKey.Kind
_LETTERS = {
    _Kind.NAME.value: "n",
    _Kind.SOUND.value: "s",
    _Kind.PHONE.value: "p",
    _Kind.DOMAIN.value: "d",
    _Kind.NUMBER.value: "#",
}
_KINDS = {letter: kind for kind, letter in _LETTERS.items()}
# What very many lines share proves nothing: by these they are not brought together then.
PROVES_LITTLE = "spdm"
_READINGS = 4


def of_company(row: ImportRow, record: Record) -> list[str]:
    """Of a line of companies, or of people in them. The name stands first, where there is one."""
    own = record if understanding.tells_own_phone(row) else record._replace(phones=())
    stored = [f"n{record.name.key}"] if record.name.key else []
    others = [f"e{record.mail}"] if record.mail and not record.is_shared_mail else []
    others += [f"m{record.mobile}"] if record.mobile else []
    others += [f"p{phone}" for phone in record.phones if not own.phones]
    told = matching_keys.stored_keys(own)
    stored += [key for kind, value in sorted(told) if (key := _LETTERS[kind] + value) not in stored[:1]]
    guessed = matching_keys.sounds_of(record, _READINGS)
    others += [key for sound in guessed if (key := f"s{sound}") not in stored]
    return [*stored, BAR, *others]


def of_person(row: ImportRow) -> list[str]:
    """Of a line of leads: the same person has the same address, or works for the same company."""
    values, person = row.values, understanding.person_key(row)
    keys = [BAR]
    if values.get("email"):
        keys.append(f"e{values['email']}|{person}")
    if values.get("company_name") and person:
        keys.append(f"c{names.company_key(values['company_name'])}|{person}")
    return keys


def of_deal(row: ImportRow) -> list[str]:
    """Of a line of deals: its id, or, without one, all that it says."""
    if row.sender_id:
        return [BAR, f"i{row.sender_id}"]
    said = repr(sorted((name, str(value)) for name, value in row.values.items()))
    return [BAR, f"v{hashlib.sha256(said.encode()).hexdigest()[:32]}"]


def stored(row: ImportRow) -> list[tuple[str, str]] | None:
    """Kind and value of each key under which the line's company is stored; None of a line checked before keys were kept."""
    if BAR not in row.keys:
        return None
    return [(_KINDS[key[0]], key[1:]) for key in row.keys[: row.keys.index(BAR)]]


def shared(batch: Import) -> Iterator[tuple[str, Sequence[int]]]:
    """Each key that several lines have, with their numbers; read as it comes, since a list may have a million lines."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            """
            SELECT k, array_agg(r.line) FROM integrations_importrow r CROSS JOIN LATERAL unnest(r.keys) AS k
            WHERE r.batch_id = %s AND r.standing IN ('new', 'known', 'similar') AND r.reason = '' AND k <> %s
            GROUP BY k HAVING count(*) > 1 ORDER BY k
            """,
            [batch.pk, BAR],
        )
        while found := cursor.fetchmany(2000):
            yield from found
