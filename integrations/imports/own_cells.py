"""One cell of a column that goes into a field of the company's own: read with the care of the built-in ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from crm.lib import money
from crm.lib.text import comma, fold
from integrations.imports.cleaning import Bad, Context, amount, any_day, plain, text
from staff.models import CustomField, User

Kinds = CustomField.Kind
# Name or mail address → the colleague; None for nobody, or for two.
People = Callable[[str], User | None]

_YES = frozenset(
    [
        "はい",
        "有",
        "有り",
        "あり",
        "可",
        "済",
        "済み",
        "対象",
        "該当",
        "真",
        "○",
        "〇",
        "◯",
        "●",
        "◎",
        "✓",
        "✔",
        "☑",
        "レ",
        "yes",
        "y",
        "true",
        "t",
        "on",
        "ok",
        "1",
        "1.0",
    ]
)
_NO = frozenset(
    [
        "いいえ",
        "無",
        "無し",
        "なし",
        "不可",
        "未",
        "未済",
        "対象外",
        "非該当",
        "偽",
        "×",
        "✕",
        "✖",
        "✗",
        "✘",
        "☐",
        "no",
        "n",
        "false",
        "f",
        "off",
        "ng",
        "0",
        "0.0",
    ]
)
_NUMBER = re.compile(
    r"(?:約|およそ)?(?P<sign>[▲△−-]?)(?P<digits>\d[\d,]*(?:\.\d+)?|\.\d+)(?P<unit>名|人|社員|件|社|台|個|本|枚|回|年|[ヶケか]月|日|時間|分)?(?:程度|以上|超|規模)?"
)
_PLACES, _WHOLE_DIGITS = Decimal("0.0001"), 12
# What a spreadsheet's arithmetic leaves behind: 0.1 + 0.2.
_NOISE = Decimal("0.000000001")


def cleaner(field: CustomField, people: People) -> Callable[[str, Context], Any]:
    """As JSON keeps it: text, whole yen, a day as 2026-07-09, a number as its digits, a person's id, true or false."""
    made: dict[str, Callable[[str, Context], Any]] = {
        Kinds.TEXT: text(1000),
        Kinds.NUMBER: number,
        Kinds.MONEY: amount,
        Kinds.DATE: any_day,
        Kinds.CHOICE: lambda value, context: choice(field, value),
        Kinds.PERSON: lambda value, context: person(people, value),
        Kinds.YES_NO: lambda value, context: yes_or_no(value),
    }
    return made[Kinds(field.kind)]


def means(field: CustomField) -> frozenset[str]:
    """Words that say nothing elsewhere, and something here: なし where the answer is yes or no, or a choice of that name."""
    if field.kind == Kinds.YES_NO:
        return _NO
    return frozenset(choice.casefold() for choice in field.choices)


def number(value: str, context: Context) -> str:
    cell = unicodedata.normalize("NFKC", plain(value)).replace(" ", "")
    if re.search("[千万億]", cell):
        try:
            return str(money.parse(cell))
        except money.NotMoney:
            raise Bad("not_a_number", "") from None
    match = _NUMBER.fullmatch(cell)
    if not match:
        # 12%: whether that is 12 or 0.12 only a person knows.
        repair = cell.removesuffix("%") if _NUMBER.fullmatch(cell.removesuffix("%")) else ""
        raise Bad("not_a_number", repair)
    found = Decimal(match["digits"].replace(",", "")) * (-1 if match["sign"] else 1)
    kept = found.quantize(_PLACES) if abs(found) < 10**_WHOLE_DIGITS else None
    if kept is None:
        raise Bad("number_too_large", "")
    if abs(kept - found) > _NOISE:
        raise Bad("too_many_places", f"{kept:f}", most=4)
    return f"{kept.normalize():f}"


def choice(field: CustomField, value: str) -> str:
    word = plain(value)
    if word in field.choices:
        return word
    named = {fold(one): one for one in reversed(field.choices)}
    if fold(word) not in named:
        raise Bad("no_such_choice", "", choices=comma().join(field.choices))
    return named[fold(word)]


def person(people: People, value: str) -> int:
    found = people(plain(value))
    if found is None:
        raise Bad("no_such_person", "")
    return found.pk


def yes_or_no(value: str) -> bool:
    word = unicodedata.normalize("NFKC", plain(value)).replace(" ", "").casefold()
    if word not in _YES | _NO:
        raise Bad("not_yes_or_no", "")
    return word in _YES
