"""Text from outside made safe to store, and text folded for searching.

Search rows hold the grams of their texts in a text[] with a GIN index; a search asks `grams @> query_grams(typed)` and then
looks at the folded text itself, since grams may stand in another order:

    row.grams  = search_grams(company.name, company.kana, company.phone)
    row.folded = search_text(company.name, company.kana, company.phone)
    rows.filter(grams__contains=query_grams(typed)), and row.folded contains each of query_words(typed)

Grams are pairs of characters. Digits are told apart, because two digits occur in nearly every phone number: a run of four
or more digits is kept as its groups of four, so 「0263」 is one entry of the index and 「02630000」 five. While fewer than
four digits have been typed, they are looked for at the beginning of numbers only. In the same way one character alone
finds the words that begin with it: 「林」 finds 林 and 林田, not 小林.
"""

import re
import unicodedata
from operator import add

from django.utils.translation import get_language

from crm.lib.variants import TABLE as VARIANTS

MOST_GRAMS = 400
MOST_ASKED = 40

# Control characters (but tab and line feed), lone surrogates, the byte-order mark, and the marks that turn the direction
# of writing: with them a name reads as another one.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_SUSPECT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_LINE_END = re.compile("\r\n?|\x85|\u2028|\u2029")
# NFC would replace these forms of kanji (神, 都), which are how some people write their name.
_COMPATIBILITY_KANJI = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")

_KATAKANA = {code: chr(code + 0x60) for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_LARGE_KANA = str.maketrans(
    "ァィゥェォッャュョヮヵヶぁぃぅぇぉっゃゅょゎゕゖ", "アイウエオツヤユヨワカケアイウエオツヤユヨワカケ"
)
_FOLDING = VARIANTS | _KATAKANA | _LARGE_KANA
# Most names have none of these, and looking takes less time than writing the name anew.
_FOLDED = re.compile(f"[{''.join(map(chr, _FOLDING))}]")

# A dash typed for the long-vowel mark: サ―バ―, ｻ-ﾊﾞ-; before a kanji it is a hyphen: ルート-神戸.
_DASH_AS_LONG_VOWEL = re.compile("(?<=[ァ-ヺー])[-\u2010-\u2015\u2212\u2500](?=[ァ-ヺ]|$)")
_LONG_VOWEL_AS_DASH = re.compile("(?<![ァ-ヺー])ー")
_NOT_A_LETTER = re.compile(r"[\W_]+")
_DIGITS = re.compile("[0-9]+")
_LONG_RUN = re.compile("[0-9]{4,}")


def comma() -> str:
    """What stands between the items of a list in the reader's language."""
    return "、" if (get_language() or "ja").startswith("ja") else ", "


def dot() -> str:
    """What stands between facts of one line: ・ in Japanese, · with its spaces in English."""
    return "・" if (get_language() or "ja").startswith("ja") else " · "


def clean_text(text: str) -> str:
    """The text as it may be stored: no NUL, control characters or lone surrogates, line ends as \\n, composed (NFC)."""
    if text.isascii() and text.isprintable() or text.isalnum() and unicodedata.is_normalized("NFC", text):
        return text
    if _SUSPECT.search(text):
        text = _UNSAFE.sub("", _LINE_END.sub("\n", text))
    if unicodedata.is_normalized("NFC", text):
        return text
    pieces = _COMPATIBILITY_KANJI.split(text)
    return "".join(
        piece if odd else unicodedata.normalize("NFC", piece)
        for odd, piece in zip([False, True] * len(pieces), pieces, strict=False)
    )


def fold(text: str) -> str:
    """The text as it is compared in a search.

    Width, case, hiragana and katakana, large and small kana (キヤノン, キャノン), old and new kanji are the same;
    spaces, hyphens and punctuation are gone. A text of nothing else keeps its marks.
    """
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    if plain.isascii():
        return plain if plain.isalnum() else _NOT_A_LETTER.sub("", plain) or plain.strip()
    if _FOLDED.search(plain):
        plain = plain.translate(_FOLDING)
    if plain.isalnum() and "ー" not in plain:
        return plain  # most names: no dash, no mark
    plain = _DASH_AS_LONG_VOWEL.sub("ー", plain)
    plain = _LONG_VOWEL_AS_DASH.sub("", plain)
    return _NOT_A_LETTER.sub("", plain) or plain.strip()


def search_text(*texts: str) -> str:
    """The folded texts, one a word, so that no search matches across two of them."""
    return " ".join(folded for text in texts if (folded := fold(text)))


def search_grams(*texts: str, most: int = MOST_GRAMS) -> list[str]:
    """What a row with these texts is found by: at most `most` grams, sorted. The first texts count most."""
    return search_entry(*texts, most=most)[1]


def search_entry(*texts: str, most: int = MOST_GRAMS) -> tuple[str, list[str]]:
    """`search_text` and `search_grams` at once: each text is folded once."""
    grams: list[str] = []
    words = []
    for text in texts:
        folded = fold(text)
        if folded:
            words.append(folded)
        parts = text.split()
        if len(parts) == 1 and parts[0] == text:
            grams.append(folded[:1])
        else:
            grams += [fold(part)[:1] for part in parts]
        grams += _stored_grams(folded)
    told = set(grams)
    told.discard("")
    if len(told) > most:
        told = set([gram for gram in dict.fromkeys(grams) if gram][:most])
    return " ".join(words), sorted(told)


def query_words(typed: str) -> list[str]:
    """The folded words of a search; a found row contains every one. Parts of a phone number are one word."""
    words: list[str] = []
    for word in filter(None, map(fold, typed.split())):
        if words and word.isdecimal() and words[-1].isdecimal():
            words[-1] += word
        else:
            words.append(word)
    return words


def query_grams(typed: str) -> list[str]:
    """Grams that every found row has. Empty only when nothing was typed."""
    grams: set[str] = set()
    for word in query_words(typed):
        grams.update(_asked_grams(word))
    return sorted(grams)[:MOST_ASKED]


def _stored_grams(folded: str) -> list[str]:
    if len(folded) > 1 and folded.isalpha():
        return list(map(add, folded, folded[1:]))
    if len(folded) > 3 and folded.isascii() and folded.isdecimal():
        return [folded[:1], folded[:2], folded[:3], *_fours(folded)]
    grams = _pairs_outside_long_runs(folded)
    for run in _DIGITS.findall(folded):
        grams += [run[:length] for length in (1, 2, 3) if length <= len(run)]
        grams += _fours(run)
    if len(folded) == 1:
        grams.append(folded)
    return grams


def _asked_grams(word: str) -> list[str]:
    if len(word) == 1 or (len(word) < 4 and word.isdecimal()):
        return [word]
    grams = [gram for run in _DIGITS.findall(word) for gram in _fours(run)]
    # Two or three digits inside a word may be the end of a longer run, of which no pairs are stored.
    pairs = [pair for pair in _pairs_outside_long_runs(word) if not pair.isdecimal()]
    return grams + pairs


def _fours(run: str) -> list[str]:
    pairs = list(map(add, run, run[1:]))
    return list(map(add, pairs, pairs[2:]))


def _pairs_outside_long_runs(folded: str) -> list[str]:
    runs = [run.span() for run in _LONG_RUN.finditer(folded)]
    if not runs:
        return list(map(add, folded, folded[1:]))
    pairs: list[str] = []
    at = 0
    for begins, ends in [*runs, (len(folded), 0)]:
        # A run's first and last digit still make a pair with what stands beside them.
        part = folded[at : begins + 1]
        pairs += map(add, part, part[1:])
        at = ends - 1
    return pairs
