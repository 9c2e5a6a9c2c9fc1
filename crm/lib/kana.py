"""Readings: katakana and hiragana, their romaji, and the key they are sorted and matched by."""

# ruff: noqa: SIM905 (word lists read better as text)

import re
import unicodedata

_HIRAGANA = {code: chr(code + 0x60) for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_KATAKANA = {code + 0x60: chr(code) for code in _HIRAGANA}
# NFKC turns a voiced mark that stands by itself into a space and a combining one; this one joins its kana.
_VOICED_MARKS = str.maketrans("゛゜", "\u3099\u309a")

_ONLY_KANA = re.compile(r"[ぁ-ゖゝゞァ-ヺー・\s]+")
_DASH_AS_LONG_VOWEL = re.compile("(?<=[ァ-ヺー])[-\u2010-\u2015\u2212\u2500](?=[ァ-ヺ]|$)")
_NOT_A_LETTER = re.compile(r"[\W_]+")
_COMPANY = (
    r"(?:カブシキ|ユウゲン|ゴウドウ|ゴウシ|ゴウメイ)[ガカ]イシャ|イリョウホウジン(?:シャダン|ザイダン)?|"
    r"(?:イッパン|コウエキ)?(?:シャダン|ザイダン)ホウジン|シャカイフクシホウジン|ガッコウホウジン"
)
_BANK = "(?:カ|ユ|メ|シ|ド|イ|シャ|シヤ|ザイ|フク|ガク|シュウ|シユウ|トクヒ|ゼイ|ベン|ギョ|ギヨ|ノウ)"
_FORM = re.compile(rf"^\s*(?:{_COMPANY}|\(?{_BANK}\))|(?:{_COMPANY}|\({_BANK}\)?)\s*$|\({_BANK}\)")

_ROMAJI = dict(
    pair.split(":")
    for pair in (
        "ア:a イ:i ウ:u エ:e オ:o カ:ka キ:ki ク:ku ケ:ke コ:ko サ:sa シ:shi ス:su セ:se ソ:so タ:ta チ:chi ツ:tsu テ:te ト:to "
        "ナ:na ニ:ni ヌ:nu ネ:ne ノ:no ハ:ha ヒ:hi フ:fu ヘ:he ホ:ho マ:ma ミ:mi ム:mu メ:me モ:mo ヤ:ya ユ:yu ヨ:yo "
        "ラ:ra リ:ri ル:ru レ:re ロ:ro ワ:wa ヰ:i ヱ:e ヲ:o ガ:ga ギ:gi グ:gu ゲ:ge ゴ:go ザ:za ジ:ji ズ:zu ゼ:ze ゾ:zo "
        "ダ:da ヂ:ji ヅ:zu デ:de ド:do バ:ba ビ:bi ブ:bu ベ:be ボ:bo パ:pa ピ:pi プ:pu ペ:pe ポ:po ヴ:vu "
        "ァ:a ィ:i ゥ:u ェ:e ォ:o ャ:ya ュ:yu ョ:yo ヮ:wa ヵ:ka ヶ:ke "
        "シャ:sha シュ:shu ショ:sho シェ:she チャ:cha チュ:chu チョ:cho チェ:che ジャ:ja ジュ:ju ジョ:jo ジェ:je "
        "ヂャ:ja ヂュ:ju ヂョ:jo ティ:ti トゥ:tu ディ:di ドゥ:du テュ:tyu デュ:dyu ファ:fa フィ:fi フェ:fe フォ:fo フュ:fyu "
        "ウィ:wi ウェ:we ウォ:wo ヴァ:va ヴィ:vi ヴェ:ve ヴォ:vo ヴュ:vyu ツァ:tsa ツィ:tsi ツェ:tse ツォ:tso "
        "クァ:kwa クィ:kwi クェ:kwe クォ:kwo グァ:gwa イェ:ye スィ:si ズィ:zi"
    ).split()
)
for _first, _sound in zip("キギニヒビピミリ", "k g n h b p m r".split(), strict=True):
    _ROMAJI |= {f"{_first}{small}": f"{_sound}y{vowel}" for small, vowel in zip("ャュョ", "auo", strict=True)}
    _ROMAJI[f"{_first}ェ"] = f"{_sound}ye"

_SYLLABLE = re.compile("[ァ-ヺ][ァィゥェォャュョヮ]?")
_LONG_O = re.compile(r"(?<=[オコソトノホモヨロゴゾドボポョォ])(?:ウ(?!エ)|オ)")
_LONG_U = re.compile(r"(?<=[ユュフ])ウ")


def to_katakana(text: str) -> str:
    """The text with hiragana written as katakana; everything else as it was."""
    return text.translate(_HIRAGANA)


def to_hiragana(text: str) -> str:
    """The text with katakana written as hiragana; ヷ ヸ ヹ ヺ, which have none, and everything else as it was."""
    return text.translate(_KATAKANA)


def is_kana(text: str) -> bool:
    """Whether the text is a reading: kana of any width, long-vowel marks, spaces and ・, and at least one kana."""
    plain = _composed(text)
    return bool(_ONLY_KANA.fullmatch(plain)) and any(
        _SYLLABLE.match(character) for character in to_katakana(plain)
    )


def romaji(kana: str) -> str:
    """Hepburn in small letters, long vowels not marked, as in a passport: サトウ ジュンイチ → sato junichi.

    Whether ウ lengthens the vowel before it cannot be seen from kana alone (コウチ, コ・ウチ); it is taken to, except
    in ノウエ (井上).
    """
    plain = to_katakana(_composed(kana))
    plain = _LONG_U.sub("", _LONG_O.sub("", plain)).replace("ー", "")
    latin, at, doubled = "", 0, False
    while at < len(plain):
        syllable = plain[at : at + 2] if plain[at : at + 2] in _ROMAJI else plain[at]
        at += len(syllable)
        if syllable == "ッ":
            doubled = True
            continue
        if syllable == "ン":
            following = _ROMAJI.get(plain[at : at + 1], "")
            sound = "m" if following[:1] in {"b", "m", "p"} else "n"
        else:
            sound = _ROMAJI.get(syllable, syllable)
        if doubled and sound[:1].isalpha() and sound[0] not in "aiueon":
            sound = ("t" if sound.startswith("ch") else sound[0]) + sound
        latin, doubled = latin + sound, False
    return latin.casefold()


def kana_key(text: str) -> str:
    """What readings are sorted and matched by: full-width katakana without spaces, marks and legal form.

    ｶ)ﾔﾏﾀﾞ, やまだ and ヤマダ カブシキガイシャ give ヤマダ. Small kana, ー and ヴ stay.
    """
    plain = _DASH_AS_LONG_VOWEL.sub("ー", to_katakana(_composed(text)))
    without_form = _FORM.sub("", plain, count=1)
    return _NOT_A_LETTER.sub("", without_form) or _NOT_A_LETTER.sub("", plain)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFKC", text.translate(_VOICED_MARKS))
