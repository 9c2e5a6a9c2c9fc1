"""How a name sounds: kana, the large kana of banks, and romaji of any school give one key."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from crm.lib import kana

_LARGE = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
_LATIN: dict[int, str] = {}
for _row, _vowels in {
    "アイウエオ": " a i u e o", "カキクケコ": "ka ki ku ke ko", "サシスセソ": "sa si su se so", "タチツテト": "ta ti tu te to", "ナニヌネノ": "na ni nu ne no",
    "ハヒフヘホ": "ha hi hu he ho", "マミムメモ": "ma mi mu me mo", "ヤユヨ": "ya yu yo", "ラリルレロ": "ra ri ru re ro", "ワヰヱヲン": "wa i e o n",
    "ガギグゲゴ": "ga gi gu ge go", "ザジズゼゾ": "za zi zu ze zo", "ダヂヅデド": "da zi zu de do", "バビブベボ": "ba bi bu be bo", "パピプペポ": "pa pi pu pe po", "ヴ": "bu",
}.items():  # fmt: skip
    _LATIN |= {ord(k): sound for k, sound in zip(_row, _vowels.split(), strict=True)}
_LATIN[ord("ー")] = ""

_NOT_LATIN = re.compile("[^a-z]+")
_SPELLINGS = (
    (re.compile("tch"), "ch"), (re.compile("shi"), "si"), (re.compile("sh"), "siy"), (re.compile("chi"), "ti"), (re.compile("ch"), "tiy"), (re.compile("tsu|tzu"), "tu"),
    (re.compile("dz"), "z"), (re.compile("f(?=u)"), "h"), (re.compile("f"), "hu"), (re.compile("ji"), "zi"), (re.compile("j"), "ziy"), (re.compile("l"), "r"),
    (re.compile("v"), "b"), (re.compile("c(?=[aou]|k)"), "k"), (re.compile("(?<=[kgsztdnhbpmr])y"), "iy"),
)  # fmt: skip
_FOLDS = (
    (re.compile(r"m(?=[bpm])"), "n"), (re.compile(r"([b-df-hj-np-tv-z])\1+"), r"\1"), (re.compile("tu(?=[kstp])"), ""), (re.compile("oh(?![aiueo])"), "o"),
    (re.compile("(?<=o)[uo]+|(?<=u)u+|(?<=a)a+|(?<=i)i+|(?<=e)[ei]+"), ""), (re.compile("(?<=[aiueon])w(?=o)"), ""),
)  # fmt: skip
LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        [
            "エー",
            "ビー",
            "シー",
            "ディー",
            "イー",
            "エフ",
            "ジー",
            "エイチ",
            "アイ",
            "ジェー",
            "ケー",
            "エル",
            "エム",
            "エヌ",
            "オー",
            "ピー",
            "キュー",
            "アール",
            "エス",
            "ティー",
            "ユー",
            "ブイ",
            "ダブリュー",
            "エックス",
            "ワイ",
            "ゼット",
        ],
        strict=True,
    )
)


_OF_KATAKANA = _LATIN | {small: _LATIN[large] for small, large in _LARGE.items()}
_KATAKANA = re.compile("[ァ-ヴー]+")
_LONG = tuple((long, long[0]) for long in ("ou", "oo", "uu", "aa", "ii", "ei", "ee"))
_STOPPED = re.compile("tu(?=[kstp])")


@lru_cache(maxsize=16_384)
def of_kana(text: str) -> str:
    """The key of a reading: ヤマダショウジ, ﾔﾏﾀﾞｼﾖｳｼﾞ and やまだしょうじ give yamadasiyozi. "" without kana."""
    if _KATAKANA.fullmatch(text):
        return of_katakana(text)
    plain = kana.to_katakana(unicodedata.normalize("NFKC", text)).translate(_LARGE)
    return _fold(_NOT_LATIN.sub("", plain.translate(_LATIN)))


def of_katakana(text: str) -> str:
    """`of_kana` for katakana and nothing else: of the cases of `_fold` only these can occur, most in few names."""
    plain = text.translate(_OF_KATAKANA)
    if "nn" in plain:
        plain = _FOLDS[1][0].sub(_FOLDS[1][1], plain)
    if "tu" in plain:
        plain = _STOPPED.sub("", plain)
    for long, short in _LONG:
        while long in plain:
            plain = plain.replace(long, short)
    return plain


@lru_cache(maxsize=16_384)
def of_latin(text: str) -> str:
    """The key of romaji: Yamada Shoji, YAMADA SYOUJI and Yamada Shohji give yamadasiyozi."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = _NOT_LATIN.sub("", plain)
    for spelling, same in _SPELLINGS:
        plain = spelling.sub(same, plain)
    return _fold(plain)


# What Hepburn writes for kana with small vowels, which other schools write for others: ti is ティ there, and チ here.
_OF_LOANS = (
    (re.compile("(?<=[td])i"), "ei"), (re.compile("(?<=[td])u"), "ou"), (re.compile("(?<=[td])yu"), "eyu"), (re.compile("w(?=[ieo])"), "u"), (re.compile("kw(?=[aieo])"), "ku"),
    (re.compile("v(?=[aieo])"), "bu"), (re.compile("ts(?=[aieo])"), "tu"), (re.compile("ch(?=e)"), "ti"), (re.compile("sh(?=e)"), "si"), (re.compile("j(?=e)"), "zi"),
)  # fmt: skip


@lru_cache(maxsize=16_384)
def of_latin_loan(text: str) -> str:
    """`of_latin` of a loan word by Hepburn: Tida is ティーダ, Vena ヴェーナ, Chesu チェス."""
    plain = _NOT_LATIN.sub("", unicodedata.normalize("NFKD", text).casefold())
    for spelling, same in _OF_LOANS:
        plain = spelling.sub(same, plain)
    return of_latin(plain)


@lru_cache(maxsize=4096)
def of_letters(text: str) -> str:
    """The key of letters read one by one: HSC gives that of エイチエスシー."""
    return of_kana("".join(LETTERS.get(letter, "") for letter in text.casefold()))


def _fold(plain: str) -> str:
    for fold, same in _FOLDS:
        plain = fold.sub(same, plain)
    return plain
