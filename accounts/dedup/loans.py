"""Foreign words and their kana: Polaris and ポラリス, Stunner and スタナー have the same consonants.

Vowels of a foreign word are written in Latin letters in one way and heard in another, so they are left out. Consonants
that kana do not tell apart are one: l and r, v and b, f and h, s and z. What a letter may become is a pattern: an r at
the end of a syllable is rarely heard, ch is heard as t or k.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from accounts.dedup import sounds

# Fewer consonants than this say too little.
LEAST = 3

_RUNS = re.compile("[a-z]+|[^a-z]+")
_HEARD = (
    (re.compile(r"([b-df-hj-np-tv-z])\1"), r"\1"),  # a doubled one is heard once
    (re.compile("[ts]ion|cian"), "SN"), (re.compile("igh"), "i"), (re.compile("ign(?![aeiou])"), "iN"), (re.compile("^kn"), "N"), (re.compile("^wr|rh"), "r"),
    (re.compile("dg(?=[eiy])"), "S"), (re.compile("ph|f"), "H"), (re.compile("v"), "B"), (re.compile("sch|sh|th"), "S"), (re.compile("tch|t[sz]"), "T"), (re.compile("ch"), "[TK]"),
    (re.compile("c[kq]|qu?"), "K"), (re.compile("x"), "KS"), (re.compile("c(?=[eiy])"), "S"), (re.compile("c"), "K"), (re.compile("g(?=[eiy])"), "[SG]"), (re.compile("[jz]"), "S"),
    (re.compile("m(?=[bp])"), "N"), (re.compile("r(?=es?$)"), "Q"), (re.compile("l|r(?=[aeiouy])"), "R"), (re.compile("r|Q"), "R?"), (re.compile("h(?=[aeiouy])"), "H"), (re.compile("h"), ""),
)  # fmt: skip
_SILENT = re.compile("[aeiouyw]")
_STOPPED = re.compile("tu(?=[bdgz])")


@lru_cache(maxsize=8_192)
def _pattern(name: str) -> re.Pattern[str] | None:
    """What the consonants of a name with Latin words may be in kana; None where it has none, too few, or kanji."""
    found = ""
    for run in _RUNS.findall(name.casefold()):
        part = _of_letters(run) if run.isascii() else _consonants(sounds.of_kana(run))
        if not part:
            return None
        found += part
    is_enough = len(re.sub(r"R\?|\[|\]|(?<=\[.).", "", found)) >= LEAST
    return re.compile(found.upper()) if is_enough and re.search("[a-z]", name.casefold()) else None


def _of_letters(word: str) -> str:
    for spelling, heard in _HEARD:
        word = spelling.sub(heard, word)
    return _SILENT.sub("", word).upper()


@lru_cache(maxsize=16_384)
def _consonants(sound: str) -> str:
    return _SILENT.sub("", sound).replace("z", "s").upper()


def echo(names: Iterable[str], heard: Iterable[str]) -> bool:
    """Whether one of the names, in Latin letters, is what one of the readings (keys of `sounds`) writes in kana."""
    patterns = [pattern for name in names if (pattern := _pattern(name))]
    return bool(patterns) and any(
        pattern.fullmatch(_consonants(said))
        for sound in heard
        for said in {sound, _STOPPED.sub("", sound)}
        for pattern in patterns
    )
