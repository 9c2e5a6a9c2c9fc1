"""A list of companies as a customer brings it: names that differ, all that identifies a company, nothing wrong in it."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks.matching import words
from crm.lib import corporate_numbers, kana

HEADER = ["会社名", "法人番号", "代表電話", "郵便番号", "住所", "URL", "業種", "従業員数"]
FORMS = ["株式会社", "株式会社", "株式会社", "有限会社", "合同会社"]
INDUSTRIES = ["製造", "建設", "卸売", "小売", "運輸", "情報通信", "不動産", "サービス"]


def lines(seed: int, count: int) -> Iterator[list[str]]:
    """`count` companies, the same for the same seed; half of them with their corporate number."""
    r = random.Random(seed)
    taken: set[str] = set()
    places = list(words.PLACES)
    while len(taken) < count:
        stem, second = r.choice(words.STEMS), r.choice(words.SECOND + words.STEMS)
        trade = r.choice(words.TRADES)
        name = stem[0] + second[0] + trade[0]
        if name in taken:
            continue
        taken.add(name)
        area, cities, _place = words.PLACES[r.choice(places)]
        prefecture = next(p for p in places if words.PLACES[p][0] == area)
        form = r.choice(FORMS)
        left = 9 - len(area)
        n = len(taken)
        yield [
            f"{form}{name}" if r.random() < 0.6 else f"{name}{form}",
            _number(r) if r.random() < 0.5 else "",
            f"{area}-{r.randrange(2, 10)}{n * 7919 % 10**left:0{left}d}",
            f"{r.randrange(100, 999)}-{r.randrange(0, 10_000):04d}",
            f"{prefecture}{r.choice(cities.split())}{r.choice(words.TOWNS)}{r.randrange(1, 9)}-{r.randrange(1, 40)}-{r.randrange(1, 30)}",
            f"https://www.{kana.romaji(stem[1] + second[1])[:20]}{n}.co.jp/",
            r.choice(INDUSTRIES),
            str(r.randrange(5, 900)),
        ]


def _number(r: random.Random) -> str:
    twelve = f"{r.randrange(10**12):012d}"
    return next(f"{d}{twelve}" for d in "123456789" if corporate_numbers.is_valid(f"{d}{twelve}"))


# What people do to a list: the column, what they make of a right value, and the code of the reason that has to follow.
KINDS_OF_MISTAKE = (
    ("会社名", lambda right: "", "no_company"),
    (
        "法人番号",
        lambda right: f"{(int(right[0]) % 9) + 1}{right[1:]}" if right else "1234567890123",
        "check_digit",
    ),
    ("代表電話", lambda right: "内線のみ", "not_a_phone"),
    ("郵便番号", lambda right: right[:6], "not_a_postal_code"),
    ("従業員数", lambda right: f"{right}人くらいか", "not_a_number"),
)


@dataclass(frozen=True)
class Mistake:
    """A cell that cannot be kept: its line in the file (the header is line 1), its column, and what it ought to be."""

    line: int
    column: str
    code: str
    right: str


def spoil(rows: list[list[str]], seed: int, each: int) -> list[Mistake]:
    """Makes `each` mistakes of every kind in the rows, in different lines."""
    lines = random.Random(seed).sample(range(len(rows)), each * len(KINDS_OF_MISTAKE))
    made = []
    for n, place in enumerate(sorted(lines)):
        column, wrong, code = KINDS_OF_MISTAKE[n % len(KINDS_OF_MISTAKE)]
        at = HEADER.index(column)
        made.append(Mistake(place + 2, column, code, rows[place][at]))
        rows[place][at] = wrong(rows[place][at])
    return made


def as_csv(rows: Iterable[Iterable[str]]) -> bytes:
    """The rows below their header, as a file."""
    file = io.StringIO()
    csv.writer(file).writerows([HEADER, *rows])
    return file.getvalue().encode()
