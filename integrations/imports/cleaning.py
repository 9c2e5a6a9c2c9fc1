"""One cell of a list: the value as we keep it, or what is wrong with it and how it could be meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from crm.lib import addresses, corporate_numbers, dates, domains, kana, money, names, phones
from crm.lib.text import clean_text


@dataclass(frozen=True)
class Context:
    """What cleaning rests on besides the value: the day it is, and whether a person alone is enough (leads)."""

    today: date
    person_is_enough: bool = False
    # What the column's header counts in: 金額(千円) is 1,000.
    unit: int = 1


class Bad(ValueError):
    """The value cannot be kept as it is. `repair` is how it was probably meant; "" means: leave it empty."""

    def __init__(self, code: str, repair: str | None = None, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.repair = repair
        self.params = params

    def as_problem(self, field: str, value: str) -> dict[str, Any]:
        problem: dict[str, Any] = {"field": field, "code": self.code, "value": value[:200]}
        if self.repair is not None:
            problem["repair"] = self.repair
        if self.params:
            problem["params"] = self.params
        return problem


def message(problem: dict[str, Any]) -> str:
    """What is wrong and what to do, in the reader's language."""
    code, params = problem["code"], problem.get("params", {})
    if code.startswith("date_"):
        return dates.NotADate(code.removeprefix("date_"), **params).message
    if code.startswith("money_"):
        return money.NotMoney(code.removeprefix("money_")).message
    return {
        "two_ats": _("There are two @. Is this the address?"),
        "no_at": _("An e-mail address has an @ in it."),
        "several_addresses": _("There are several addresses. The first one is proposed."),
        "spaces_inside": _("There is a space inside the address. Is this the address?"),
        "not_an_email": _("This is not an e-mail address. Correct it, or leave it empty."),
        "not_a_phone": _("This is not a phone number. Correct it, or leave it empty."),
        "not_a_number": _("Enter the number in digits, for example 120."),
        "check_digit": _(
            "The check digit of the corporate number is not right. Correct it, or leave it empty."
        ),
        "twelve_digits": _("One digit is missing at the front. With its check digit it is this number."),
        "not_a_corporate_number": _("A corporate number has thirteen digits. Correct it, or leave it empty."),
        "not_a_postal_code": _("A postal code has seven digits. Correct it, or leave it empty."),
        "not_a_prefecture": _("There is no such prefecture. Correct it, or leave it empty."),
        "future": _("The day lies in the future. Enter the day it happened."),
        "too_long": _("At most %(most)s characters fit in here."),
        "formula": _("The cell holds a formula, not a value. Enter the value."),
        "garbled_text": _(
            "Some characters were lost when the file was written. Enter the text again, or leave it empty."
        ),
        "garbled": _("Some characters were lost when the file was written. Enter the name again."),
        "no_company": _("The company name is missing. Enter it, or leave the line out."),
        "placeholder_company": _("This is not a company name. Enter it, or leave the line out."),
        "no_person": _("The person's name is missing. The line can go in as “contact unknown”."),
        "nobody": _("The line names neither a company nor a person nor an address."),
        "refused": _("The line could not be stored: %(why)s"),
        "negative": _("An amount below zero cannot be kept. Correct it, or leave it empty."),
        "trial": _(
            "This looks like somebody trying the form out. Enter the real name, or leave the line out."
        ),
        "no_deal": _("The deal's name is missing. Enter it, or leave the line out."),
        "no_such_stage": _("There is no stage of this name. One of: %(stages)s."),
        "no_such_outcome": _("Enter won or lost, or leave it empty."),
        "no_such_channel": _("There is no channel of this name. One of: %(channels)s."),
        "no_such_lead": _("There is no lead with this address, phone or name. Bring the lead in first."),
        "no_such_deal": _("There is no deal with this id or name. Bring the deal in first."),
        "several_deals": _("There are several deals of this name. Add the id of the deal."),
        "several_companies": _(
            "There are several companies of this name. Add a phone, a domain or the id of the company."
        ),
        "no_such_company": _("No company has this id. Bring the company in first, or add its name."),
        "stage_and_outcome": _("The stage says one thing and the outcome another. Correct one of them."),
        "closed_without_day": _("A closed deal needs the day it was closed."),
        "closed_before_made": _("The deal was closed before it was made. Correct one of the days."),
        "no_day": _("The day is missing. Enter the day it happened."),
        "nothing_changed": _("The line names no stage, amount or close date."),
        "no_such_field": _("This is no change of a stage, an amount or a close date."),
        "number_too_large": _("The number is too large. Check the number of digits."),
        "too_many_places": _("At most %(most)s decimal places fit in here."),
        "no_such_choice": _("There is no such choice. One of: %(choices)s."),
        "no_such_person": _(
            "There is no colleague of this name or mail address, or there are several. Enter the mail address."
        ),
        "not_yes_or_no": _("Enter yes or no, ○ or ×, or leave it empty."),
        "not_the_first_stage": _(
            "A deal begins in the first stage. An administrator can let it enter where it stands."
        ),
    }[code] % params


def contact_unknown() -> str:
    """The name of a person whose name the list does not give."""
    return "担当者不明"


_BLANK = frozenset(
    ["", "-", "--", "---", "－", "―", "—", "–", "‐", "ー", "−", "なし", "無し", "無", "ナシ", "n/a", "na", "none", "null", "#n/a", "不明", "?", "??", "???",
     "？", "未記入", "未入力", "特になし", "なし。", "nan", "/", "・", "…", "*", "同上"]
)  # fmt: skip
_LONGEST_BLANK = max(map(len, _BLANK))
_LONGEST_QUOTED_BLANK = _LONGEST_BLANK + len('=""')
_NO_COMPANY = _BLANK | {
    "個人",
    "個人事業主",
    "個人様",
    "一般",
    "フリー",
    "フリーランス",
    "無所属",
    "学生",
    "主婦",
    "自営業",
    "会社名なし",
    "合計",
    "小計",
    "総計",
    "計",
    "test",
    "テスト",
}
_SPACES = re.compile(r"[ \t\u3000\xa0\u200b]+")
_EXCEL_TEXT = re.compile(r'^="(.*)"$', re.DOTALL)


# What a program writes for a character that its encoding does not have: ?橋, 株式会社??製作所, 〓.
_LOST_CHARACTER = re.compile(r"\ufffd|〓|[?？]{2,}|[?？](?=[一-鿿々ァ-ヶぁ-ん])|(?<=[一-鿿々ァ-ヶぁ-ん])\?")


def plain(value: str) -> str:
    """The cell's text without what spreadsheets add to it: unsafe characters, outer spaces, ="0263", a leading quote."""
    value = clean_text(value)
    if value.isalnum():
        return value
    value = value.strip(" \t\n\u3000\xa0\u200b")
    if value.startswith("=") and (match := _EXCEL_TEXT.match(value)):
        value = match[1]
    return value.removeprefix("'")


def is_blank(value: str) -> bool:
    """Whether the cell says nothing: empty, －, なし, 不明."""
    if len(value) > _LONGEST_BLANK and value[: _LONGEST_BLANK + 1].isalnum():
        return False  # nearly every cell; nothing would be taken off it
    if (
        value.isascii()
        and len(value) > _LONGEST_QUOTED_BLANK
        and value.strip(" ") == value
        and value.isprintable()
    ):
        return False
    return plain(value).casefold() in _BLANK


def text(most: int) -> Callable[[str, Context], str]:
    """A cleaner for free text of so many characters."""

    def clean(value: str, context: Context) -> str:
        value = plain(value)
        if most <= 200:
            value = _SPACES.sub(" ", value.replace("\n", " ")).strip()
            if _LOST_CHARACTER.search(value):
                raise Bad("garbled_text", "")
        if value.startswith(("=", "\t")) and len(value) > 1:
            raise Bad("formula", "")
        return _short_enough(value, most)

    return clean


def company_name(value: str, context: Context) -> str:
    name = _SPACES.sub(" ", _full_width_kana(plain(value)).replace("\n", " ")).strip()
    if name.casefold() in _NO_COMPANY:
        repair = "" if context.person_is_enough else None
        raise Bad("placeholder_company" if name else "no_company", repair)
    if name.startswith("="):
        raise Bad("formula")
    if _LOST_CHARACTER.search(name):
        raise Bad("garbled")
    return _short_enough(name, 200)


def company_kana(value: str, context: Context) -> str:
    return _short_enough(kana.to_katakana(_full_width_kana(plain(value))), 200)


def person(value: str, context: Context) -> dict[str, str]:
    name = _SPACES.sub(" ", _full_width_kana(plain(value))).strip()
    name = re.sub(r"\s*(?:様|殿|さま|氏)$", "", name)
    if name.startswith("="):
        raise Bad("formula", "")
    if _LOST_CHARACTER.search(name):
        raise Bad("garbled")
    family, given = names.split_person(name)
    return {"family_name": _short_enough(family, 40), "given_name": _short_enough(given, 40)}


def person_kana(value: str, context: Context) -> dict[str, str]:
    family, given = names.split_person(kana.to_katakana(_full_width_kana(plain(value))))
    return {"family_kana": _short_enough(family, 40), "given_kana": _short_enough(given, 40)}


def name_kana(value: str, context: Context) -> str:
    return _short_enough(kana.to_katakana(_full_width_kana(plain(value))), 40)


_ADDRESS = re.compile(r"[^\s<>,;、；]+@[^\s<>,;、；]+")


def email(value: str, context: Context) -> str:
    address = unicodedata.normalize("NFKC", plain(value)).casefold().replace("mailto:", "").strip(" <>\"'.,;")
    if match := re.search(r"<([^<>]+@[^<>]+)>", unicodedata.normalize("NFKC", plain(value)).casefold()):
        address = match[1].strip()
    if _is_email(address):
        return _short_enough(address, 254)
    if "@" not in address:
        raise Bad("no_at", "")
    if re.search(r"@{2,}", address):
        once = re.sub(r"@{2,}", "@", address)
        raise Bad("two_ats", once) if _is_email(once) else Bad("not_an_email", "")
    several = [found for found in _ADDRESS.findall(address) if _is_email(found)]
    if several:
        raise Bad("several_addresses", several[0])
    joined = re.sub(r"\s+", "", address)
    if joined != address and _is_email(joined):
        raise Bad("spaces_inside", joined)
    repaired = re.sub(r"\.{2,}", ".", joined.replace(",", ".").replace("。", "."))
    raise Bad("not_an_email", repaired if repaired != address and _is_email(repaired) else "")


def _is_email(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


def phone(value: str, context: Context) -> str:
    number = phones.to_e164(plain(value))
    if not number or len(number) > 20:
        raise Bad("not_a_phone", "")
    return "" if phones.placeholder(number) else number


def domain(value: str, context: Context) -> str:
    return domains.matching_domain(plain(value))[:120]


def number(value: str, context: Context) -> int:
    digits = unicodedata.normalize("NFKC", plain(value)).replace(",", "").replace(" ", "")
    match = re.fullmatch(r"(?:約|およそ)?(\d{1,9})(?:\.0+)?(?:名|人|社員)?(?:程度|以上|超|規模)?", digits)
    if not match:
        raise Bad("not_a_number", "")
    return int(match[1])


def corporate_number(value: str, context: Context) -> str:
    if normal := corporate_numbers.normalise(plain(value)):
        return normal
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", re.sub(r"\.0+$", "", plain(value))))
    if len(digits) == 12:
        repaired = next(d + digits for d in "123456789" if corporate_numbers.is_valid(d + digits))
        raise Bad("twelve_digits", repaired)
    raise Bad("check_digit" if len(digits) == 13 else "not_a_corporate_number", "")


def postal_code(value: str, context: Context) -> str:
    code = addresses.postal(plain(value))
    if not code:
        raise Bad("not_a_postal_code", "")
    return code


def prefecture(value: str, context: Context) -> str:
    name = unicodedata.normalize("NFKC", plain(value)).replace(" ", "")
    for candidate in (name, name + "県", name + "都", name + "府"):
        if candidate in addresses.REGIONS:
            return candidate
    raise Bad("not_a_prefecture", addresses.split(name).prefecture)


def address(value: str, context: Context) -> dict[str, str]:
    one_line = _SPACES.sub(" ", plain(value).replace("\n", " "))
    if one_line.startswith("="):
        raise Bad("formula", "")
    parts = addresses.split(one_line)
    found = {"prefecture": parts.prefecture, "city": _short_enough(parts.city, 60)}
    if code := addresses.postal(one_line[:12]) if one_line.startswith("〒") else "":
        found["postal_code"] = code
    return found | {"street": _short_enough(parts.street, 200)}


def past_day(value: str, context: Context) -> str:
    """The day as 2026-07-09. Spreadsheets give days as texts with a time, or as serial numbers."""
    cell = plain(value)
    try:
        serial = re.fullmatch(r"\d{5}(?:\.\d+)?", cell)
        day = dates.parse(float(cell) if serial else cell, context.today)
    except dates.NotADate as refusal:
        raise Bad(f"date_{refusal.code}", **refusal.params) from None
    if day > context.today + timedelta(days=1):
        # 12/20 read in January is last December, not next.
        last_year = re.fullmatch(r"\d{1,2}\s*[/月]\s*\d{1,2}\s*日?.*", unicodedata.normalize("NFKC", cell))
        if last_year and (day.month, day.day) != (2, 29):
            return day.replace(year=day.year - 1).isoformat()
        raise Bad("future")
    return day.isoformat()


def any_day(value: str, context: Context) -> str:
    """`past_day` for days that may lie ahead."""
    cell = plain(value)
    try:
        serial = re.fullmatch(r"\d{5}(?:\.\d+)?", cell)
        return dates.parse(float(cell) if serial else cell, context.today).isoformat()
    except dates.NotADate as refusal:
        raise Bad(f"date_{refusal.code}", **refusal.params) from None


def amount(value: str, context: Context) -> int:
    """Whole yen: 1,280,000, 128万円, 1.2億; the header may say the unit, 金額(千円)."""
    cell = re.sub(r"\.0+$", "", plain(value))
    try:
        if context.unit > 1 and re.fullmatch(r"[\d,]+\.\d+", unicodedata.normalize("NFKC", cell)):
            scaled = Decimal(unicodedata.normalize("NFKC", cell).replace(",", "")) * context.unit
            if scaled != scaled.to_integral_value():
                raise money.NotMoney("not_whole_yen")
            return int(scaled)
        says_unit = re.search(r"[千万億兆kmb円¥￥]", unicodedata.normalize("NFKC", cell).casefold())
        yen = int(money.parse(cell)) * (1 if says_unit and re.search("[千万億兆]", cell) else context.unit)
    except money.NotMoney as refusal:
        raise Bad(f"money_{refusal.code}", "") from None
    if yen < 0:
        raise Bad("negative", "")
    return yen


_OUTCOMES = {
    **dict.fromkeys(["受注", "成約", "成立", "勝ち", "獲得", "契約", "won", "closedwon", "win", "受注済", "受注済み", "true", "1", "はい", "○", "〇", "◯"], "won"),
    **dict.fromkeys(["失注", "不成立", "負け", "見送り", "キャンセル", "中止", "lost", "closedlost", "lose", "失注済み", "失注済", "×", "✕"], "lost"),
    **dict.fromkeys(["進行中", "商談中", "open", "オープン", "未決", "継続", "継続中", "false", "0", "いいえ"], "open"),
}  # fmt: skip


def outcome(value: str, context: Context) -> str:
    """won, lost or open."""
    word = re.sub(r"[\s_-]", "", unicodedata.normalize("NFKC", plain(value))).casefold()
    if word not in _OUTCOMES:
        raise Bad("no_such_outcome", "")
    return _OUTCOMES[word]


def _short_enough(value: str, most: int) -> str:
    if len(value) > most:
        raise Bad("too_long", value[:most], most=most)
    return value


_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]+")
_CELL_NOISE = str.maketrans({"\u3000": " ", "\xa0": " "})


def _full_width_kana(value: str) -> str:
    """ﾐﾅﾄ becomes ミナト; ㈱ and everything else stay as they were written."""
    return _HALF_WIDTH_KANA.sub(
        lambda match: unicodedata.normalize("NFKC", match[0]), value.translate(_CELL_NOISE)
    )
