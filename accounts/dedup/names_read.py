"""What a company's name says, taken apart once: the name itself, site or department, former and other names, sound."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from accounts.dedup import kanji, sounds, words
from crm.lib import kana, names

_OCR = (
    str.maketrans("卜口力二八エ夕才千一ー〇0l|", "トロカニハ工タオチーーOOII")
    | str.maketrans("へべぺ", "ヘベペ")
    | {ord("ヶ"): "ケ", ord("ヵ"): "カ"}
)
_SMALL = str.maketrans("ァィゥェォッャュョヮ", "アイウエオツヤユヨワ")

# Hiragana become katakana, then what looks alike becomes one, then small kana become large.
_LOOKS = {
    code: kana.to_katakana(chr(code)).translate(_OCR).translate(_SMALL)
    for code in (*range(0x3041, 0x3100), *_OCR, *_SMALL)
}

_HONORIFIC = re.compile(r"\s*(?:御中|様|殿|さま|宛)\s*$")
_BRACKETS = re.compile(r"[(\[（［【〔](.*?)[)\]）］】〕]")
_ANOTHER = re.compile(r"\s*[/／|｜]\s*")
_FORMER = re.compile(r"^(?:旧社名|旧商号|旧名|旧称|元|旧|前社名|formerly)[:：\s]*", re.IGNORECASE)
_FORMER_BEHIND = re.compile(r"(?<=\S)\s*[(\[]?(?:旧社名|旧商号|旧名|旧称|旧)[:：]\s*([^)\]]+)[)\]]?\s*$")
_REMARK = re.compile(r"[(\[（［【〔旧]")
_NOW = re.compile(r"^(?:現社名|現商号|現)[:：\s]*")
_ends = "|".join(sorted(map(re.escape, [*words.SITE_WORDS, *words.DEPARTMENT_ENDS]), key=len, reverse=True))
_places = "|".join(sorted(map(re.escape, words.PLACES), key=len, reverse=True))
# A part behind a space (or behind a legal form in the middle) that names a site or a department.
_INSIDE = re.compile(rf"^\S{{0,12}}(?:{_ends})(?:\s*\S{{0,12}}(?:{_ends}))?$")
_sites = "|".join(sorted(map(re.escape, words.SITE_WORDS), key=len, reverse=True))
_sure = "|".join(sorted(map(re.escape, words.SURE_SITE_WORDS), key=len, reverse=True))
_TAIL_SITE = re.compile(rf"(?<=.{{2}})(?:(?:{_places}){{1,2}}(?:市|区|県|府|都)?(?:{_sites})|(?:{_sure}))$")
_regions = "|".join(words.PLACES_IN)
_TWO_PLACES = re.compile(rf"^({_regions})({_places})")
_LYING = frozenset().union(*words.PLACES_IN.values())
_departments = "営業|総務|製造|開発|経理|人事|購買|資材|技術|品質保証|品質管理|情報システム|経営企画|海外|国内|生産管理|生産技術|生産|企画|管理|広報|法務|財務|研究開発|調達|業務|マーケティング|第一|第二|第三"
_TAIL_DEPARTMENT = re.compile(
    rf"(?<=.{{2}})(?:{_departments})+(?:事業本部|事業部|本部|部|課|室|係|グループ)(?:第?[一二三1-3]?(?:課|係))?$"
)
_KANJI = re.compile("[\u3400-\u9fff々𠀀-𮯠]")
_KANA = re.compile("[ぁ-ゖァ-ヺ]")
_WORD = re.compile("[a-z]+")
_trade_tail = re.compile("(?:" + "|".join(sorted(map(re.escape, words.TRADES), key=len, reverse=True)) + ")$")
_group_tail = re.compile(
    "(?:" + "|".join(sorted(map(re.escape, words.GROUPS), key=len, reverse=True)) + ")$", re.IGNORECASE
)
# What a search for an ending need not begin without: most names have none, and a search walks through all of the name.
_ENDS = (*words.SITE_WORDS, *words.DEPARTMENT_ENDS)
_SITE_ENDS = tuple(words.SITE_WORDS)
_DEPARTMENT_ENDS = ("本部", "部", "課", "室", "係", "グループ")
_TRADE_ENDS = tuple(words.TRADES)
_GROUP_ENDS = tuple(word.casefold() for word in words.GROUPS)
_trade_sounds = sorted(
    {sounds.of_kana(r) for w, rs in words.READINGS.items() if w in words.TRADES for r in rs},
    key=len,
    reverse=True,
)
_group_sounds = {sounds.of_kana(r) for w in words.GROUPS for r in words.READINGS[w]}
# Trades that firms of a group are often set up for: 青嶺 and 青嶺物流 are rather two.
_sister_sounds = _group_sounds | {
    sounds.of_kana(words.TRADES[w])
    for w in ("サービス", "エンジニアリング", "物流", "テクノ", "システムズ", "商事", "ロジスティクス")
}
_trade_set = set(_trade_sounds)
_TRADE_SOUNDS = tuple(_trade_sounds)
_long_group_sounds = sorted((s for s in _group_sounds if len(s) >= 4), key=len, reverse=True)


class Name(NamedTuple):
    """`key` is the name without form, site and department; `sound` its reading where it can be told from the name
    itself; `cores` its sound without trade and group words; `written` tells kanji "k", kana "n" and Latin "l" apart."""

    key: str
    written: str
    sound: str = ""
    cores: tuple[str, ...] = ()
    looks: str = ""
    inside: str = ""  # site or department that stood in the name
    former: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    form: str = ""  # 株 有 合 …, "" where it is not given or may be any
    form_end: str = ""  # the form stands 前 or 後; "" where that says nothing
    open_tail: bool = False  # it may still end in a site or department: 山田東京センター

    @property
    def is_said(self) -> bool:
        return bool(self.key)


NOTHING = Name("", "")
_SHORT = {"k": 2, "n": 4, "l": 4}
# So little like any probable reading of a name is none of it.
_OF_ANOTHER = 0.5


def read(text: str) -> Name:
    """The name taken apart; NOTHING for a blank one."""
    return _read(text) if text else NOTHING


@lru_cache(maxsize=16_384)
def _read(text: str) -> Name:
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = _HONORIFIC.sub("", plain)
    plain, inside, former, others = _remarks(plain)
    pieces = [piece for piece in _ANOTHER.split(plain) if piece]
    if len(pieces) > 1 and (len(pieces[0]) > 1 or pieces[0].isascii()):
        plain, others = pieces[0], [*others, *pieces[1:]]
    plain, more = _without_inside(plain)
    inside = " ".join(filter(None, [inside, more]))
    key = names.company_key(plain) if plain else ""
    if not key:
        return NOTHING
    written = written_as(key)
    if written == "k" and not inside and (at := _tail_at(key)):
        inside, key = key[at:], key[:at]
    key = key.replace("ヶ", "ケ").replace("ヵ", "カ")
    sound = _sound(plain, key, written)
    return Name(
        key,
        written,
        sound,
        _cores(plain, key, written, sound),
        looks_of(key),
        inside,
        tuple(former),
        tuple(others),
        *legal_form(text),
        written == "k" and _may_end_in_site(key),
    )


def _tail_at(key: str) -> int:
    """Where the site or department at the end of the name begins; 0 where there is none."""
    found = _TAIL_SITE.search(key) if key.endswith(_SITE_ENDS) else None
    found = found or (_TAIL_DEPARTMENT.search(key) if key.endswith(_DEPARTMENT_ENDS) else None)
    return found.start() + len(_region_of_firm(found[0])) if found else 0


def _region_of_firm(tail: str) -> str:
    """九州 of 九州千葉営業所: Chiba does not lie in it, so it is of the firm's name, and 千葉営業所 its site."""
    places = _TWO_PLACES.match(tail)
    if places and places[2] in _LYING and places[2] not in words.PLACES_IN[places[1]]:
        return places[1]
    return ""


_FORMS = (
    ("株", "株式会社|カブシキ[ガカ]イシャ|㈱|㊑|[(（]株[)）]|^カ[)）]|[(（]カ[)）]?$|kabushiki|(?<![a-z])k\\.?k(?![a-z])"),
    ("有", "有限会社|ユウゲン[ガカ]イシャ|㈲|㊒|[(（]有[)）]|^ユ[)）]|[(（]ユ[)）]?$|yugen|(?<![a-z])y\\.?k(?![a-z])"),
    ("合", "合同会社|ゴウドウ[ガカ]イシャ|[(（][同合][)）]|^ド[)）]|[(（]ド[)）]?$|godo|(?<![a-z])(?:g\\.?k|llc)(?![a-z])"),
    ("医", "医療法人|[(（]医[)）]|^イ[)）]|[(（]イ[)）]?$"), ("福", "社会福祉法人|[(（]福[)）]|^フク[)）]|[(（]フク[)）]?$"), ("学", "学校法人|[(（]学[)）]|^ガク[)）]"),
    ("社", "一般社団法人|公益社団法人|社団法人|[(（](?:一社|公社|社)[)）]|^シヤ[)）]|[(（]シヤ[)）]?$"), ("財", "財団法人|[(（](?:一財|公財|財)[)）]|^ザイ[)）]|[(（]ザイ[)）]?$"),
    ("資", "合資会社|[(（]資[)）]|^シ[)）]|[(（]シ[)）]?$"), ("特", "特定非営利活動法人|NPO法人|^トクヒ[)）]"),
)  # fmt: skip
_FORMS_READ = [(form, re.compile(pattern, re.IGNORECASE)) for form, pattern in _FORMS]


def form_of(text: str) -> str:
    """The legal form as one character; "" where none is given, or one that may be any (Co., Ltd.)."""
    return legal_form(text)[0]


def legal_form(text: str) -> tuple[str, str]:
    """The legal form, and whether it stands 前 or 後; "" where it has to stand there (K.K.)."""
    at = text.strip().find("株式会社")
    if at >= 0:
        return "株", "後" if at else "前"
    plain = kana.to_katakana(unicodedata.normalize("NFKC", text).strip())
    for form, pattern in _FORMS_READ:
        if match := pattern.search(plain):
            return form, "" if match[0].isascii() else "後" if match.start() else "前"
    return "", ""


def written_as(key: str) -> str:
    if _KANJI.search(key):
        return "k"
    return "n" if _KANA.search(key) else "l"


def looks_of(key: str) -> str:
    """The same for names that a reader, or a machine that reads cards, takes for one another: ト/卜, ロ/口, ー/一."""
    return key.translate(_LOOKS).casefold()


def is_short(key: str) -> bool:
    """Whether many firms have come to a name of so few characters: 光栄, コウエイ, koei."""
    return len(key) <= _SHORT[written_as(key)]


def reading_cores(sound: str) -> tuple[str, ...]:
    """What is left of a reading without words that many share, if enough is left."""
    core = sound
    for trade in _trade_sounds if sound.endswith(_TRADE_SOUNDS) else ():
        if core.endswith(trade) and len(core) - len(trade) >= 4:
            core = core[: -len(trade)]
            break
    return (core,) if len(core) >= 4 else ()


@lru_cache(maxsize=16_384)
def is_bare(key: str) -> bool:
    """Whether the name says neither what the firm does nor to which group it belongs."""
    if key.isascii():
        return not any(
            key.endswith(word) for word in words.GENERIC_ENGLISH if len(word) > 3
        ) and not _sounds_of_trade(sounds.of_latin(key))
    if _trade_tail.search(key) or _group_tail.search(key):
        return False
    return written_as(key) == "k" or not _sounds_of_trade(sounds.of_kana(key))


def _sounds_of_trade(sound: str) -> bool:
    return any(
        sound.endswith(trade) and len(sound) > len(trade) + 2
        for trade in (*_trade_sounds, *_long_group_sounds)
        if len(trade) >= 4
    )


def sister_sound(a: str, b: str) -> bool:
    """Whether one sounds like the other with a group word behind or before it, or each has one: アオミネ, アオミネハンバイ."""
    if len(a) > len(b):
        a, b = b, a
    if a != b and (head := _head_of_sound(a)) and head == _head_of_sound(b):
        return True
    if len(a) < 4 or a == b:
        return False
    if b.startswith(a):
        more = b[len(a) :]
        return (
            more in _sister_sounds
            or more in _trade_set
            and any(a.endswith(trade) and len(a) > len(trade) + 2 for trade in _trade_sounds)
        )
    return b.endswith(a) and b[: -len(a)] in _group_sounds


@lru_cache(maxsize=16_384)
def _head_of_sound(sound: str) -> str:
    """アオミネ of アオミネハンバイ; "" where no group word stands at the end."""
    return next(
        (
            sound[: -len(word)]
            for word in _long_group_sounds
            if sound.endswith(word) and len(sound) - len(word) >= 4
        ),
        "",
    )


def _may_end_in_site(key: str) -> bool:
    return len(key) >= 5 and key.endswith(_ENDS)


def _remarks(plain: str) -> tuple[str, str, list[str], list[str]]:
    """The name without remarks in brackets, and what these were: a site, former names, other spellings."""
    inside = ""
    former: list[str] = []
    others: list[str] = []
    if not _REMARK.search(plain):
        return plain.strip(), inside, former, others
    for remark in _BRACKETS.findall(plain):
        remark = remark.strip()
        if len(remark) < 2 or names.has_form(f"({remark})山"):
            continue
        if _FORMER.match(remark):
            former.append(_FORMER.sub("", remark))
        elif _NOW.match(remark):
            others.append(_NOW.sub("", remark))
        elif _INSIDE.match(remark):
            inside = remark
        elif kana.is_kana(remark) or remark.isascii() and len(remark) > 2 or names.has_form(remark):
            others.append(remark)
        else:
            continue
        plain = re.sub(
            rf"\s*[(\[]{re.escape(remark)}[)\]]|\s*[(\[][^)\]]*{re.escape(remark)}[)\]]", " ", plain, count=1
        )
    if match := _FORMER_BEHIND.search(plain):
        former.append(match[1])
        plain = plain[: match.start()]
    return plain.strip(), inside, former, others


_FORM_INSIDE = re.compile(r"^(\S{2,}?\s*(?:株式会社|有限会社|合同会社|\([株有同]\)))\s*(\S.*)$")


def _without_inside(plain: str) -> tuple[str, str]:
    """The name without the site or department that stands behind a space or behind the legal form."""
    if behind := _FORM_INSIDE.match(plain):
        rest = behind[2].strip()
        if _INSIDE.match(rest.replace(" ", "")):
            return behind[1], rest
    parts = plain.split()
    for at in range(1, len(parts)):
        rest = "".join(parts[at:])
        if (
            _INSIDE.match(rest)
            and len(names.company_key("".join(parts[:at]))) >= 2
            and not _is_form("".join(parts[:at]))
        ):
            return " ".join(parts[:at]), " ".join(parts[at:])
    return plain, ""


def _is_form(text: str) -> bool:
    return text in (
        "株式会社",
        "有限会社",
        "合同会社",
        "(株)",
        "(有)",
        "(同)",
        "合資会社",
        "医療法人",
        "医療法人社団",
        "一般社団法人",
        "社会福祉法人",
    )


def _sound(plain: str, key: str, written: str) -> str:
    if written == "n":
        return (
            sounds.of_kana(kana.kana_key(plain))
            if kana.is_kana(plain.replace("(", "").replace(")", ""))
            else _mixed_sound(key)
        )
    if written == "l":
        return sounds.of_latin(key)
    return _mixed_sound(key)


def _mixed_sound(key: str) -> str:
    """Of a name in kana with known words in kanji (サンライズ工業), or with letters; "" where kanji stay unread."""
    read = ""
    rest = key
    if rest.endswith(_TRADE_ENDS) and (match := _trade_tail.search(rest)):
        read, rest = words.TRADES[match[0]], rest[: match.start()]
    if rest.casefold().endswith(_GROUP_ENDS) and (match := _group_tail.search(rest)):
        read, rest = (
            words.GROUPS.get(match[0], words.GROUPS.get(match[0].upper(), "")) + read,
            rest[: match.start()],
        )
    if _KANJI.search(rest) or not rest:
        return ""
    letters = re.sub(
        "[a-z]+", lambda m: "".join(sounds.LETTERS[c] for c in m[0]) if len(m[0]) <= 4 else "?", rest
    )
    if "?" in letters:
        return ""
    return sounds.of_kana(letters + read)


def _cores(plain: str, key: str, written: str, sound: str) -> tuple[str, ...]:
    if written != "l":
        return reading_cores(sound) if sound else ()
    tokens = _words(plain)
    found = []
    own = [t for t in tokens if t not in words.GENERIC_ENGLISH]
    if own:
        found.append("".join(sounds.of_latin(token) for token in own))
        loans = [
            sounds.of_kana(words.ENGLISH[token][0]) if token in words.ENGLISH else sounds.of_latin(token)
            for token in own
        ]
        found.append("".join(loans))
    # Loan and trade words by their Japanese sound: Sunrise System.
    if tokens and all(token in words.ENGLISH for token in tokens):
        found.append("".join(sounds.of_kana(words.ENGLISH[token][0]) for token in tokens))
    if sound:
        found.extend(reading_cores(sound))
    if len(key) <= 5:
        found.append(sounds.of_letters(key))
    return tuple(dict.fromkeys(core for core in found if len(core) >= 3))


def _words(text: str) -> list[str]:
    """The words of a Latin name; Real Estate, and Iron Works, are one each."""
    found: list[str] = []
    for word in _WORD.findall(names.short_name(text).casefold()):
        if found and found[-1] + word in words.GENERIC_ENGLISH:
            found[-1] += word
        else:
            found.append(word)
    return found


def spoken_as(text: str) -> tuple[str, ...]:
    """All whole sounds a Latin name may stand for: Yamada Trading reads yamadasiyozi, yamadatoredingu …"""
    tokens = _words(text)
    if not tokens or len(tokens) > 5:
        return ()
    found = [""]
    for token in tokens:
        choices = [sounds.of_latin(token), sounds.of_latin_loan(token)]
        choices += [sounds.of_kana(r) for r in words.ENGLISH.get(token, ())]
        found = [before + choice for before in found for choice in dict.fromkeys(choices)][:24]
    return tuple(found)


def is_inside(tail: str) -> bool:
    """東京製作所 may be a site of 山田; with ロータス製作所, 工務店 and 石油店 it is another name."""
    trade = _trade_tail.search(tail.removesuffix("店")) or _trade_tail.search(tail)
    is_site = bool(_INSIDE.match(tail)) and (trade is None or tail[: trade.start()] in words.PLACES)
    return is_site and not _region_of_firm(tail)


def cut_tail(name: Name, known: set[str]) -> Name | None:
    """The name without a site or department at its end, where what is left is a known name."""
    for at in range(len(name.key) - 1, 1, -1):
        if name.key[:at] in known and is_inside(name.key[at:]):
            shorter = _read(name.key[:at])
            if shorter.key == name.key[:at]:
                return shorter._replace(inside=name.key[at:])
    return None


@lru_cache(maxsize=16_384)
def head_of_sister(key: str) -> str:
    """青嶺精工 of 青嶺精工販売; "" for a name without a group word at its end."""
    match = _group_tail.search(key)
    return key[: match.start()] if match and match.start() >= 2 else ""


def without_tail(name: Name) -> list[str]:
    """What the name may be without a site or department at its end; [] for one that ends in neither."""
    if not name.open_tail:
        return []
    return [name.key[:at] for at in range(len(name.key) - 1, 1, -1) if is_inside(name.key[at:])]


@lru_cache(maxsize=16_384)
def is_of_another(sound: str, key: str) -> bool:
    """Whether a name in kanji is hardly read so: コンドウシュゾウ beside 長谷川デザイン is the name that it had, or has, too."""
    read = kanji.guesses(key)
    return bool(read) and all(
        Levenshtein.normalized_similarity(sound, guess, score_cutoff=_OF_ANOTHER) < _OF_ANOTHER
        for guess in read
    )


def probable_sounds(name: Name, most: int) -> tuple[str, ...]:
    """How a name in kanji is probably read."""
    return kanji.guesses(name.key, most) if name.written == "k" else ()
