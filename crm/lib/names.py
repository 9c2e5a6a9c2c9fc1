"""Names of companies and people: what is compared, and what is shown.

Keys are for comparing only, never shown. `company_key` leaves the legal form out, however it is written and wherever it
stands, and `person_key` the space between 姓 and 名. Hiragana and katakana stay different here: a reading is compared with
`kana.kana_key`.
"""

# ruff: noqa: SIM905 (word lists read better as text)

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from crm.lib import kana, readings
from crm.lib.variants import fold_kanji

_FORMS = """
株式会社 有限会社 合同会社 合資会社 合名会社 相互会社 特定目的会社 投資法人 有限責任事業組合 有限責任監査法人 監査法人
一般社団法人 一般財団法人 公益社団法人 公益財団法人 特例社団法人 特例財団法人 社団法人 財団法人
医療法人社団 医療法人財団 社会医療法人社団 社会医療法人財団 社会医療法人 特定医療法人 医療法人
社会福祉法人 学校法人 準学校法人 宗教法人 特定非営利活動法人 認定特定非営利活動法人 NPO法人 認定NPO法人
独立行政法人 地方独立行政法人 国立研究開発法人 国立大学法人 公立大学法人 大学共同利用機関法人 特殊法人 更生保護法人 職業訓練法人
税理士法人 弁護士法人 司法書士法人 行政書士法人 社会保険労務士法人 弁理士法人 特許業務法人 土地家屋調査士法人 農事組合法人
"""
_SHORT_FORMS = "株 有 合 資 名 同 相 医 社 財 一社 一財 公社 公財 福 社福 学 宗 特非 独 税 弁 監 農".split()
_KANA_FORMS = (
    "カブシキガイシャ カブシキカイシャ ユウゲンガイシャ ユウゲンカイシャ ゴウドウガイシャ ゴウドウカイシャ ゴウシガイシャ ゴウメイガイシャ "
    "イッパンシャダンホウジン イッパンザイダンホウジン イリョウホウジンシャダン イリョウホウジン シャカイフクシホウジン ガッコウホウジン"
)
# As banks write them: カ)ヤマダ, ヤマダ(カ, ヤマダ(カ)トウキョウ.
_BANK_FORMS = (
    "カ ユ メ シ ド イ シャ シヤ ザイ フク ガク シュウ シユウ トクヒ ゼイ ベン ギョ ギヨ ノウ".split()
)
_LATIN_FORMS = [
    r"co\.?\s*,?\s*(?:ltd|limited|inc)\b\.?",
    r"company\s*,?\s*limited\b",
    r"kabushiki[\s-]*(?:kaisha|gaisha)\b",
    r"(?:godo|goudou|yugen|gomei|goshi)[\s-]*(?:kaisha|gaisha)\b",
    r"(?<!\.)(?:k\.\s?k|g\.\s?k|y\.\s?k)\b\.?",
    r"(?:kk|gk|yk|ltd|limited|inc|incorporated|corporation|corp|llc|llp|plc|gmbh|ag|co)\b\.?",
    # U.S.A and I.N.V are names.
    r"(?<!\.)(?:l\.\s?l\.\s?c|s\.\s?a|b\.\s?v|n\.\s?v|s\.\s?p\.\s?a)\b\.?",
    r"(?:pte|pty)\b\.?\s*(?:ltd\b\.?)?",
]

_OPEN, _CLOSE = r"[(\[{<〈《「『【〔]", r"[)\]}>〉》」』】〕]"


def _any_of(words: list[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_full = _any_of(_FORMS.split())
_kana = _any_of(_KANA_FORMS.split())
_short = _any_of(_SHORT_FORMS)
_bank = _any_of(_BANK_FORMS)
_latin = "|".join(_LATIN_FORMS)

# Abbreviations count only in their brackets, bank kana also with one of the two.
_bracketed = rf"{_OPEN}\s*(?:{_short}|{_bank}|{_full})\s*{_CLOSE}"
_FRONT = re.compile(
    rf"^\s*(?:{_full}|{_kana}|{_bracketed}|(?:{_bank}|{_short})\s*\))[\s・、,]*", re.IGNORECASE
)
_BEHIND = re.compile(
    rf"[\s・、,]*(?:{_full}|{_kana}|{_bracketed}|\(\s*(?:{_bank}|{_short}))\s*$", re.IGNORECASE
)
_MIDDLE = re.compile(
    rf"\s*(?:{_OPEN}\s*[株有合カユ]\s*{_CLOSE}|(?:株式|有限|合同|合資|合名)会社|医療法人(?:社団|財団)?)\s*"
)
_LATIN_BEHIND = re.compile(rf"(?:(?<=[^a-z0-9&])|[\s,]+)(?:{_latin})\s*$", re.IGNORECASE)
_LATIN_FRONT = re.compile(r"^\s*(?:k\.\s?k\.?|kabushiki[\s-]*(?:kaisha|gaisha)|kk)[\s,]+", re.IGNORECASE)
_LATIN = (_LATIN_BEHIND, _LATIN_FRONT)
_ALL = (_FRONT, _BEHIND, _MIDDLE, *_LATIN)
# Without one of these there is no form to look for, at the end and inside.
_LAST = frozenset(
    word[-1]
    for word in (*_FORMS.split(), *_KANA_FORMS.split(), *_SHORT_FORMS, *_BANK_FORMS, *")]}>〉》」』】〕")
)
_INSIDE = re.compile(rf"会社|医療法人|{_OPEN}")

_CIRCLED = str.maketrans(
    {"㊑": "(株)", "㊒": "(有)", "㊔": "(名)", "㊓": "(社)", "㊖": "(財)", "㊫": "(学)", "㊩": "(医)"}
)
_DASH_AS_LONG_VOWEL = re.compile("(?<=[ァ-ヺー])[-\u2010-\u2015\u2212\u2500](?=[ァ-ヺ]|$)")
_LONG_VOWEL_AS_DASH = re.compile("(?<![ァ-ヺぁ-ゖー])ー")
# What machines that read cards make of katakana: シャ卜ー, コ口ナ, アメリ力.
_KANJI_IN_KANA = re.compile(
    "(?<=[ァ-ヺー])[卜口力二八工夕才千一](?=[ァ-ヺー])|[卜口力二八工夕才千](?=ー)|卜(?=[ァ-ヺ])|(?<=[ァ-ヺー])卜"
)
_READ_WRONGLY = re.compile("[卜口力二八工夕才千一]")
_AS_KANA = str.maketrans("卜口力二八工夕才千一", "トロカニハエタオチー")
_NOT_A_LETTER = re.compile(r"[\W_]+")
# Normalising these changes no length.
_ORDINARY = re.compile("[一-龯々ァ-ヺーぁ-ゖA-Za-z0-9 ]*")


class PersonName(NamedTuple):
    """姓 and 名."""

    family: str
    given: str


@lru_cache(maxsize=20_000)
def company_key(name: str) -> str:
    """What two spellings of one company's name have in common. Empty only for a blank name."""
    plain = _plain(name)
    return _squeezed(_without_form(plain).casefold()) or _squeezed(plain.casefold()) or name.strip()


@lru_cache(maxsize=20_000)
def short_name(name: str) -> str:
    """The name without its legal form, otherwise as it is written; the whole name where nothing else would be left."""
    # Normalising changes lengths (㈱ → (株)); each normalised character remembers which one it came from.
    plain, origin = _plain(name), list(range(len(name)))
    if not _ORDINARY.fullmatch(name):
        plain, origin = "", []
        for index, character in enumerate(name):
            normalised = _plain(character)
            plain += normalised
            origin += [index] * len(normalised)
    form = _form(plain)
    if not form:
        return name.strip()
    start, end = form.span()
    after = origin[end] if end < len(origin) else len(name)
    return (name[: origin[start]] + name[after:]).strip() or name.strip()


def has_form(name: str) -> bool:
    """Whether the name carries a legal form: 株式会社, ㈱, Co., Ltd., カ) …"""
    return _form(_plain(name)) is not None


def person_key(family: str, given: str = "") -> str:
    """What two spellings of one person's name have in common; the same with 姓 and 名 in one field or in two."""
    plain = fold_kanji(unicodedata.normalize("NFKC", f"{family}{given}").casefold())
    return _NOT_A_LETTER.sub("", plain) or f"{family}{given}".strip()


def person_sort_key(family: str, given: str, family_kana: str = "", given_kana: str = "") -> str:
    """Where a list of people has the name: by its reading, and that of a frequent family name also where nobody gave it.

    A wrong guess puts somebody at another place of the list, and is shown nowhere.
    """
    read = family_kana or readings.of_family(family)
    first = kana.kana_key(read) if read else kana.to_katakana(person_key(family))
    second = kana.kana_key(given_kana) if given_kana else kana.to_katakana(person_key(given))
    # The space keeps one family name together: モリ タロウ comes before モリシタ アイ.
    return f"{first} {second}".rstrip()[:120]


def full_person(family: str, given: str, lang: str) -> str:
    """佐藤 美咲; Misaki Sato for English readers. Names in Japanese characters keep their order for everybody."""
    parts = [family, given] if lang.startswith("ja") or not (family + given).isascii() else [given, family]
    return " ".join(filter(None, parts))


def split_person(name: str) -> PersonName:
    """姓 and 名 of a name in one field. Without a space between them all of it is 姓: nobody guesses where to cut."""
    parts = name.replace("\u3000", " ").split()
    if not parts:
        return PersonName("", "")
    if "," in parts[0] and len(parts) > 1:  # Tadokoro, Seiichi
        return PersonName(parts[0].rstrip(","), " ".join(parts[1:]))
    if name.isascii() and len(parts) > 1:  # Seiichi Tadokoro
        return PersonName(parts[-1], " ".join(parts[:-1]))
    return PersonName(parts[0], " ".join(parts[1:]))


def _that_may_fit(plain: str) -> Iterator[re.Pattern[str]]:
    """The patterns of `_ALL`, in their order, without those that can find nothing in the name."""
    last = plain.rstrip()[-1:]
    yield _FRONT
    if last in _LAST:
        yield _BEHIND
    if _INSIDE.search(plain):
        yield _MIDDLE
    if last.isascii():
        yield _LATIN_BEHIND
    yield _LATIN_FRONT


def _plain(name: str) -> str:
    if not _ORDINARY.fullmatch(name):
        name = unicodedata.normalize("NFKC", name.translate(_CIRCLED))
    plain = fold_kanji(name)
    if plain.isascii() or not _READ_WRONGLY.search(plain):
        return plain
    return _KANJI_IN_KANA.sub(lambda m: m[0].translate(_AS_KANA), plain)


def _squeezed(text: str) -> str:
    if text.isalnum() and "ー" not in text:
        return text
    if not text.isascii():
        text = _DASH_AS_LONG_VOWEL.sub("ー", text)
        text = _LONG_VOWEL_AS_DASH.sub("", text)
    return _NOT_A_LETTER.sub("", text)


def _without_form(plain: str) -> str:
    form = _form(plain)
    return plain[: form.start()] + plain[form.end() :] if form else plain


def _form(plain: str) -> re.Match[str] | None:
    """Where the one legal form of a normalised name stands: in front, else behind, else in the middle."""
    for pattern in _LATIN if plain.isascii() else _that_may_fit(plain):
        form = pattern.search(plain)
        if form and (plain[: form.start()] + plain[form.end() :]).strip():
            return form
    return None
