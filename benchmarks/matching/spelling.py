"""How people and machines write one and the same thing."""

from __future__ import annotations

import random
import unicodedata

from benchmarks.matching import words
from benchmarks.matching.world import Company, Person, Site
from crm.lib import kana

SHORT = {"株式会社": "(株)", "有限会社": "(有)", "合同会社": "(同)", "一般社団法人": "(一社)"}
ROUND = {"株式会社": "㈱", "有限会社": "㈲"}
BANK = {"株式会社": "カ", "有限会社": "ユ", "合同会社": "ド", "一般社団法人": "シヤ"}
ENGLISH = ["Co., Ltd.", "Inc.", "K.K.", "Corporation", "CO.,LTD.", "Co.,Ltd"]
_FULL_DIGITS = str.maketrans("0123456789-", "０１２３４５６７８９－")
_KANJI_DIGITS = "〇一二三四五六七八九十"


def half_width(text: str) -> str:
    table = _half_width_table()
    return "".join(table.get(character, character) for character in text)


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _half_width_table() -> dict[str, str]:
    if not _TABLE:
        for code in range(0xFF61, 0xFFA0):
            _TABLE.setdefault(unicodedata.normalize("NFKC", chr(code)), chr(code))
        for base in "カキクケコサシスセソタチツテトハヒフヘホウ":
            voiced = unicodedata.normalize("NFC", base + "\u3099")
            if len(voiced) == 1:
                _TABLE[voiced] = _TABLE[base] + "ﾞ"
        for base in "ハヒフヘホ":
            _TABLE[unicodedata.normalize("NFC", base + "\u309a")] = _TABLE[base] + "ﾟ"
    return _TABLE


_TABLE: dict[str, str] = {}


def company(r: random.Random, it: Company, stem: str = "") -> str:
    """The name with its legal form in one of its places and shapes, or without."""
    stem = stem or it.stem
    dice = r.random()
    if dice < 0.34:
        return f"{it.form}{stem}" if it.form_in_front else f"{stem}{it.form}"
    if dice < 0.44:
        gap = r.choice([" ", "　"])
        return f"{it.form}{gap}{stem}" if it.form_in_front else f"{stem}{gap}{it.form}"
    if dice < 0.72:
        short = r.choice([SHORT, ROUND]).get(it.form, it.form)
        if short.startswith("(") and r.random() < 0.5:
            short = full_width(short)
        return f"{short}{stem}" if it.form_in_front else f"{stem}{short}"
    if dice < 0.76:  # the form at the wrong end
        return f"{stem}{it.form}" if it.form_in_front else f"{it.form}{stem}"
    return stem


def variant(r: random.Random, text: str) -> str:
    """Old kanji instead of new ones, or the other way."""
    back = {old: new for new, old in words.VARIANT_CHARACTERS.items()}
    return "".join(r.choice([words.VARIANT_CHARACTERS.get(c, c), back.get(c, c)]) for c in text)


def bank(it: Company) -> str:
    large = it.kana.translate(str.maketrans("ァィゥェォッャュョー", "アイウエオツヤユヨ-"))
    form = BANK.get(it.form, "カ")
    return half_width(f"{form}){large}" if it.form_in_front else f"{large}({form}")


def reading(r: random.Random, text: str, form: str = "") -> str:
    spoken = {
        "株式会社": "カブシキガイシャ",
        "有限会社": "ユウゲンガイシャ",
        "合同会社": "ゴウドウガイシャ",
    }.get(form, "")
    if spoken and r.random() < 0.15:
        text = f"{spoken}{text}" if r.random() < 0.6 else f"{text}　{spoken}"
    dice = r.random()
    if dice < 0.2:
        return half_width(text)
    return kana.to_hiragana(text) if dice < 0.35 else text


def latin(r: random.Random, name: str) -> str:
    dice = r.random()
    name = name.upper() if dice < 0.2 else name.lower() if dice < 0.28 else name
    if r.random() < 0.3:
        return name
    return f"{name} {r.choice(ENGLISH)}"


def slip(r: random.Random, text: str) -> str:
    """One character taken for one that looks like it; the text itself where there is none."""
    places = [n for n, c in enumerate(text) if c in words.OCR_SLIPS]
    if not places:
        return text
    at = r.choice(places)
    return text[:at] + words.OCR_SLIPS[text[at]] + text[at + 1 :]


def phone(r: random.Random, digits: str) -> str:
    area = next(
        (
            a
            for a in sorted({p[0] for p in words.PLACES.values()}, key=len, reverse=True)
            if digits.startswith(a)
        ),
        digits[:3],
    )
    rest = digits[len(area) :]
    parts = [area, rest[:-4], rest[-4:]] if rest[:-4] else [area, rest]
    dice = r.random()
    if dice < 0.45:
        return "-".join(parts)
    if dice < 0.57:
        return "".join(parts)
    if dice < 0.67:
        return f"({parts[0]}){'-'.join(parts[1:])}"
    if dice < 0.75:
        return f"+81-{'-'.join([parts[0][1:], *parts[1:]])}"
    if dice < 0.83:
        return "-".join(parts).translate(_FULL_DIGITS)
    if dice < 0.88:
        return "".join(parts)[1:]  # a spreadsheet took the zero
    if dice < 0.94:
        return f"TEL {'-'.join(parts)}"
    return f"{'-'.join(parts)}{r.choice([' 内線123', '(代)', '（代表）', ' ext.45'])}"


def street(r: random.Random, site: Site) -> str:
    if not site.numbers:  # of the register, in full width and with 丁目番号
        dice = r.random()
        if dice < 0.4:
            return site.town
        plain = unicodedata.normalize("NFKC", site.town)
        if dice < 0.75:
            for old, new in (("丁目", "-"), ("番地の", "-"), ("番地", ""), ("番", "-"), ("号", "")):
                plain = plain.replace(old, new)
        return plain.strip("-")
    dice = r.random()
    n = site.numbers
    if dice < 0.4:
        numbers = "-".join(map(str, n))
    elif dice < 0.55:
        numbers = "―".join(map(str, n)).translate(_FULL_DIGITS)
    elif dice < 0.75:
        numbers = "".join(f"{v}{unit}" for v, unit in zip(n, ("丁目", "番", "号"), strict=False))
    elif dice < 0.9:
        numbers = (
            _KANJI_DIGITS[n[0]] + "丁目" + "-".join(map(str, n[1:])) if n[0] <= 10 else "-".join(map(str, n))
        )
    else:
        numbers = f"{n[0]}丁目{n[1]}番地" + (f"の{n[2]}" if len(n) > 2 else "")
    tail = (
        (r.choice(["", " ", "　"]) + site.building + r.choice(["", "", "3F", "　5階"]))
        if site.building and r.random() < 0.6
        else ""
    )
    return f"{site.town}{numbers}{tail}"


def address(r: random.Random, site: Site) -> str:
    prefecture = "" if r.random() < 0.22 else site.prefecture
    return f"{prefecture}{site.city}{street(r, site)}"


def person(r: random.Random, it: Person) -> tuple[str, str]:
    """The name as one field, and what was done to it."""
    family, given = it.family[0], it.given[0]
    dice = r.random()
    if dice < 0.62:
        return f"{family}{r.choice([' ', '　', ' '])}{given}", ""
    if dice < 0.8:
        return f"{family}{given}", ""
    if dice < 0.86:
        return variant(r, f"{family} {given}"), ""
    if dice < 0.93:
        return f"{family}", "family only"
    return f"{family} {given}様", ""


def person_latin(r: random.Random, it: Person) -> str:
    family, given = kana.romaji(it.family[1]).title(), kana.romaji(it.given[1]).title()
    return r.choice([f"{given} {family}", f"{family.upper()} {given}", f"{given} {family.upper()}"])
