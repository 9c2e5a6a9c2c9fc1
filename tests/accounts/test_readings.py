"""How names in kanji are probably read: what the beginnings of names share is reckoned once, and changes no answer."""

from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.dedup import kanji, names_read, sounds
from crm.lib import kana

WORDS = sorted(kanji._known())
ODD = ["ア", "の", "ヶ", "ー", "々", "a", "7", "&", "・", "丶", "龱", "日の出", "霞ヶ関"]
names = st.lists(st.sampled_from(WORDS) | st.sampled_from(ODD), min_size=1, max_size=5).map("".join)


def best(beam):
    chances = {}
    for chance, reading in beam:
        chances[reading] = max(chance, chances.get(reading, 0))
    return sorted(((chance, reading) for reading, chance in chances.items()), reverse=True)[: kanji._BEAM]


def steps(text, at):
    """Readings of the words that begin here, each with its share and length."""
    if text[at] in kanji._SPOKEN_ALONE:
        return [(spoken, 1.0, 1)] if (spoken := kanji._spoken(text[at])) else []
    known = kanji._known()
    found = [
        (reading, share, length)
        for length in range(1, min(kanji._LONGEST_WORD, len(text) - at) + 1)
        for reading, share in known.get(text[at : at + length], ())
    ]
    if text[at] == "々" and at:
        found += [(reading, share, 1) for reading, share in known.get(text[at - 1], ())]
    return found


def read_alone(key):
    """From the front to the end, for this name only."""
    text = kana.to_katakana(key)
    beams = [[(1.0, "")], *([] for _ in text)]
    for at in range(len(text)):
        for reading, share, length in steps(text, at):
            beams[at + length] += [(chance * share, read + reading) for chance, read in best(beams[at])]
    return list(dict.fromkeys(filter(None, (sounds.of_kana(reading) for _, reading in best(beams[-1])))))


@given(names)
@settings(max_examples=300, deadline=None)
def test_a_name_is_read_as_if_it_were_alone(key):
    wanted = read_alone(key)

    for most in (2, 3, 4, 8):
        assert list(kanji.guesses(key, most)) == wanted[:most]


@given(st.text(sorted(map(chr, sounds._OF_KATAKANA)), max_size=12))
@settings(max_examples=500, deadline=None)
def test_katakana_sound_as_any_kana_do(reading):
    plain = reading.translate(sounds._LARGE).translate(sounds._LATIN)

    assert sounds.of_katakana(reading) == sounds._fold(plain)


@given(st.text("あんゃゞアンャヶヵ卜口力ヘべー一〇0lA株", max_size=8))
def test_what_looks_alike_is_folded_in_one_go(key):
    plain = kana.to_katakana(key).translate(names_read._OCR).translate(names_read._SMALL).casefold()

    assert names_read.looks_of(key) == plain
