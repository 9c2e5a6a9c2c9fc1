"""What somebody types into a search box, as the words that a found row contains, each in all the ways it may be stored.

Readings are stored in kana and in romaji as passports have it; people type satou, sato and satoh, tsuchiya and tutiya. Phone
numbers are stored with their zero; people type +81. A corporate number may have the T of an invoice in front.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from crm.lib import text

_COUNTRY = re.compile(r"(?:\+|(?<!\d)00|(?<!\d)010[\s-]*)\s*81[\s\-.()]*(?:0(?!\d{9,}))?", re.ASCII)
_INVOICE = re.compile(r"t(\d{13})")
_LATIN = re.compile(r"[a-z]+")
# Kunrei and other habits → Hepburn without long vowels, in this order.
_HABITS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"sy(?=[aueo])", "sh"), (r"(?:ty|cy)(?=[aueo])", "ch"), (r"(?:zy|jy)(?=[aueo])", "j"), (r"si", "shi"),
        (r"ti", "chi"), (r"tu", "tsu"), (r"hu", "fu"), (r"zi|di", "ji"), (r"du|dzu", "zu"), (r"sshu", "sshu"),
        (r"n(?=[bmp])", "m"), (r"o(?:u|h(?![aiueoy])|o)", "o"), (r"u(?:u|h(?![aiueoy]))", "u"), (r"cch", "tch"), (r"nn(?=[^aiueoy]|$)", "n"),
    )
)  # fmt: skip


@dataclass(frozen=True)
class Word:
    """One word of a search: a row that is found contains one of these spellings."""

    spellings: tuple[str, ...]

    @property
    def grams(self) -> list[list[str]]:
        """For each spelling the grams that every such row has."""
        return [text.query_grams(spelling) for spelling in self.spellings]


def words(typed: str) -> list[Word]:
    """The words of the search, folded; none for nothing but blanks."""
    plain = _COUNTRY.sub("0", unicodedata.normalize("NFKC", typed))
    return [Word(tuple(dict.fromkeys(_spellings(word)))) for word in text.query_words(plain)]


def _spellings(word: str) -> list[str]:
    found = [word]
    if invoice := _INVOICE.fullmatch(word):
        return [invoice[1]]
    if _LATIN.fullmatch(word) and len(word) > 2:
        found.append(hepburn(word))
    return found


def hepburn(latin: str) -> str:
    """The romaji as readings are stored: satou, satoh → sato; tutiya → tsuchiya; simbun → shimbun."""
    for habit, sound in _HABITS:
        latin = habit.sub(sound, latin)
    return latin
