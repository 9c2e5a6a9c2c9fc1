"""A million names of each kind: companies and people as the product writes them, and what search and hint cost then.

python -m benchmarks.names COUNT      in an installation of its own (ENISHI_DATA), beside what is there
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection, transaction

from accounts import companies, contacts
from accounts.models import Company, Contact, MatchKey
from benchmarks.matching import words
from crm.demo import cast
from crm.lib import corporate_numbers
from staff.models import User

AT_ONCE = 5000
COPIES = 10


def fill(count: int, seed: int, say: Callable[[str], None]) -> None:
    """So many companies with a person each: a tenth through the functions that an import ends in, the others after them."""
    began, last = time.monotonic(), Company.objects.order_by("-pk").values_list("pk", flat=True)[0]
    with connection.cursor() as cursor:
        # Nothing here has to survive a crash.
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET statement_timeout = 0")
    for made in _patterns(max(1, count // COPIES), seed):
        say(f"{made:,} companies and people, {made / (time.monotonic() - began):.0f} a second")
    copy_names(last, COPIES - 1, say)


def _patterns(count: int, seed: int) -> Iterator[int]:
    system, made, rows = User.objects.system(), 0, _companies(count, seed)
    while made < count:
        with transaction.atomic():
            batch = [values for _n, values in zip(range(min(AT_ONCE, count - made)), rows, strict=False)]
            stored = companies.create_many(batch, by=system)
            contacts.create_many([(c, _person(made + n)) for n, c in enumerate(stored)], by=system)
        made += len(batch)
        yield made


# The kanji of names, without those of trades and legal forms: each copy has the next ones in their place.
_KANJI = "".join(
    dict.fromkeys(
        character
        for written, _read in (*words.STEMS, *words.SECOND, *cast.FAMILY, *cast.GIVEN)
        for character in written
        if "一" <= character <= "龯"
    )
)


def copy_names(after: int, copies: int, say: Callable[[str], None]) -> None:
    """The companies after this id and their people, so many times more, under other names, phones and domains.

    Search rows and keys are those of the pattern with the same characters exchanged, so that none has to be computed.
    """
    span = {model: model.objects.order_by("-pk").values_list("pk", flat=True)[0] for model in _COPIED}
    for k in range(1, copies + 1):
        values = {"from": _KANJI + "0123456789n", "to": _turned(k), "after": after, "k": k}
        values |= {"span": span[Company], "people": span[Contact]}
        with transaction.atomic(), connection.cursor() as cursor:
            for model in _COPIED:
                cursor.execute(_copy_of(model, span[model]), {**values, "last": span[model]})
                say(f"copy {k}: {cursor.rowcount:,} of {model._meta.db_table}")
    with connection.cursor() as cursor:
        for model in _COPIED:
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")  # noqa: S608
            cursor.execute(f"ANALYZE {table}")
    cleaned = {"accounts_company": "company_grams", "accounts_contact": "contact_grams"}
    with connection.cursor() as cursor:
        for index in cleaned.values():
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])


_COPIED: tuple[Any, ...] = (Company, Contact, MatchKey)


def _turned(k: int) -> str:
    """Other kanji, and other digits: what is a phone, number or domain stays one."""
    kanji, digits = _KANJI, "0123456789"
    return kanji[k * 7 :] + kanji[: k * 7] + digits[k:] + digits[:k] + "bcdfghjkm"[k - 1]


_TEXTS = {
    "name",
    "name_key",
    "sort_key",
    "search_text",
    "person_key",
    "family_name",
    "given_name",
    "domain",
    "email",
}


def _copy_of(model: Any, span: int) -> str:
    """The statement that copies the patterns of one table: ids follow on, links go along."""
    names, values = [], []
    for field in model._meta.concrete_fields:
        column = field.column
        value = f"c.{column}"
        if column == "id":
            value = f"c.id + %(k)s * {span}"
        elif column == "company_id":
            value = "c.company_id + %(k)s * %(span)s"
        elif column == "contact_id":
            value = "c.contact_id + %(k)s * %(people)s"
        elif column == "corporate_number":
            value = "''"
        elif column in _TEXTS or (column, model) == ("value", MatchKey):
            value = f"translate(c.{column}, %(from)s, %(to)s)"
        elif column == "search_grams":
            value = r"string_to_array(translate(array_to_string(c.search_grams, E'\x01'), %(from)s, %(to)s), E'\x01')"
        names.append(column)
        values.append(value)
    table = model._meta.db_table
    of = "id" if model is Company else "company_id"
    rest = " AND c.kind <> 'number'" if model is MatchKey else ""
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table} c"  # noqa: S608
        f" WHERE c.{of} > %(after)s AND c.id <= %(last)s AND c.{of} <= %(span)s{rest}"
    )


def _companies(count: int, seed: int) -> Iterator[dict[str, Any]]:
    r = random.Random(seed)
    taken: set[str] = set()
    places = list(words.PLACES)
    while len(taken) < count:
        parts = [r.choice(words.STEMS), r.choice(words.STEMS + words.SECOND)]
        prefecture = r.choice(places)
        area, cities, _place = words.PLACES[prefecture]
        name = f"{r.choice(cast.PLACES)[0]}{parts[0][0]}{parts[1][0]}{r.choice(words.TRADES)[0]}"
        if name in taken:
            continue
        taken.add(name)
        n = len(taken)
        yield {
            "name": f"株式会社{name}" if r.random() < 0.6 else f"{name}有限会社",
            "corporate_number": _number(r) if r.random() < 0.5 else "",
            "phone": f"{area}-{r.randrange(2, 10)}{n * 7919 % 10 ** (9 - len(area)):0{9 - len(area)}d}",
            "domain": f"n{n}.example",
            "prefecture": prefecture,
            "city": r.choice(cities.split()),
            "street": f"{r.choice(words.TOWNS)}{r.randrange(1, 9)}-{r.randrange(1, 40)}",
        }


def _number(r: random.Random) -> str:
    twelve = f"{r.randrange(10**12):012d}"
    return next(f"{d}{twelve}" for d in "123456789" if corporate_numbers.is_valid(f"{d}{twelve}"))


def _person(n: int) -> dict[str, Any]:
    family, given = cast.FAMILY[n * 7 % len(cast.FAMILY)], cast.GIVEN[n * 5 % len(cast.GIVEN)]
    return {
        "family_name": family[0], "given_name": given[0], "family_kana": family[1], "given_kana": given[1],
        "email": f"p{n}@n{n}.example", "title": cast.TITLES[n % len(cast.TITLES)],
    }  # fmt: skip
