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
from benchmarks.matching import words
from crm.demo import cast
from crm.lib import corporate_numbers
from staff.models import User

AT_ONCE = 5000


def fill(count: int, seed: int, say: Callable[[str], None]) -> None:
    """So many companies with a person each, through the functions that an import ends in."""
    system, began, made = User.objects.system(), time.monotonic(), 0
    rows = _companies(count, seed)
    with connection.cursor() as cursor:
        # Nothing here has to survive a crash.
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET statement_timeout = 0")
    while made < count:
        with transaction.atomic():
            batch = [values for _n, values in zip(range(min(AT_ONCE, count - made)), rows, strict=False)]
            stored = companies.create_many(batch, by=system)
            contacts.create_many([(c, _person(made + n)) for n, c in enumerate(stored)], by=system)
        made += len(batch)
        say(f"{made:,} of {count:,} companies and people, {made / (time.monotonic() - began):.0f} a second")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


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
