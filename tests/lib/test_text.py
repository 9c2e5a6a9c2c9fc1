import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib.text import MOST_GRAMS, clean_text, fold, query_grams, query_words, search_grams, search_text


def found(typed: str, *texts: str) -> bool:
    """What the database does: the grams by index, then the folded text."""
    folded = search_text(*texts)
    return set(query_grams(typed)) <= set(search_grams(*texts)) and all(
        word in folded for word in query_words(typed)
    )


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("山田\x00商店", "山田商店"),
        ("a\ud800b", "ab"),
        ("a\x07b\x7f\x9fc", "abc"),
        ("1\r\n2\r3\u20284", "1\n2\n3\n4"),
        ("a\tb\n", "a\tb\n"),
        ("\ufeff会社", "会社"),
        ("カ\u3099ラス", "ガラス"),
        ("神谷", "神谷"),  # U+FA19 is how they write their name
        ("カ\u3099神", "ガ神"),
        ("髙﨑", "髙﨑"),
    ],
)
def test_text_is_made_safe_to_store(dirty, clean):
    assert clean_text(dirty) == clean


@given(st.text(st.characters()))
def test_clean_text_can_be_stored_and_is_clean_already(text):
    clean = clean_text(text)

    clean.encode("utf-8")
    assert "\x00" not in clean
    assert clean_text(clean) == clean


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("さくら", "サクラ"),
        ("ｻｸﾗ", "サクラ"),
        ("ＡＢＣ", "abc"),
        ("髙橋", "高橋"),
        ("齋藤", "斉藤"),
        ("キヤノン", "キャノン"),
        ("サーバー", "ｻ-ﾊﾞ-"),
        ("サ―バ―", "サーバー"),
        ("山田 太郎", "山田太郎"),
        ("0263-00-0000", "０２６３ー００ー００００"),
        ("(0263)00-0000", "0263000000"),
        ("霞ヶ関", "霞ケ関"),
        ("Ａ・Ｂ", "ab"),
    ],
)
def test_spellings_that_a_search_does_not_tell_apart(one, other):
    assert fold(one) == fold(other)


def test_the_long_vowel_mark_is_a_letter():
    assert fold("サーバ") != fold("サバ")


@pytest.mark.parametrize(
    ("typed", "texts"),
    [
        ("山田", ["株式会社山田商店"]),
        ("商店", ["株式会社山田商店"]),
        ("やまだ", ["山田商店", "ヤマダショウテン"]),
        ("林", ["林"]),
        ("林", ["林 太郎"]),
        ("林", ["", "林田商店"]),
        ("0263", ["さくら産機", "0263-00-1234"]),
        ("0263-00", ["0263001234"]),
        ("0263 00 12", ["0263001234"]),
        ("1234", ["0263-00-1234"]),
        ("02", ["0263-00-1234"]),
        ("026", ["0263-00-1234"]),
        ("0", ["0263-00-1234"]),
        ("tanaka@", ["tanaka@sakura.example"]),
        ("松本 さくら", ["さくら産機", "松本市"]),
        ("第2営業", ["本社第2営業部"]),
        ("26年度", ["2026年度計画"]),
        ("a4用紙", ["Ａ４用紙"]),
        ("☆", ["☆"]),
    ],
)
def test_a_search_finds(typed, texts):
    assert found(typed, *texts)


@pytest.mark.parametrize(
    ("typed", "texts"),
    [
        ("山商", ["山田商店"]),
        ("田山", ["山田", "山本"]),
        ("林", ["小林"]),  # one character: only the beginning of a word
        ("263", ["0263-00-1234"]),  # fewer than four digits: only the beginning of a number
        ("店松", ["山田商店", "松本市"]),
        ("0264", ["0263-00-1234"]),
    ],
)
def test_a_search_does_not_find(typed, texts):
    assert not found(typed, *texts)


def test_phone_digits_are_kept_in_fours():
    assert " ".join(search_grams("0263-00-1234")) == "0 0012 0123 02 026 0263 1234 2630 3001 6300"
    assert query_grams("026300") == ["0263", "2630", "6300"]


def test_grams_are_unique_sorted_and_capped():
    grams = search_grams("".join(map(chr, range(0x4E00, 0x5200))), "山田山田")

    assert len(grams) == MOST_GRAMS
    assert grams == sorted(set(grams))


def test_nothing_typed_asks_for_nothing():
    assert query_grams("  ") == []
    assert search_grams("", " ") == []


@given(st.text("山田商店サクラー02ab", min_size=1, max_size=30), st.data())
def test_every_part_of_a_text_is_found_by_its_index(text, data):
    folded = fold(text)
    start = data.draw(st.integers(0, max(len(folded) - 1, 0)))
    part = folded[start : data.draw(st.integers(start + 1, max(len(folded), start + 1)))]
    # One character, and up to three digits, find beginnings only; a leading ー is a dash to whoever types it.
    if len(part) == 1 or (part.isdecimal() and len(part) < 4) or fold(part) != part:
        return
    assert set(query_grams(part)) <= set(search_grams(text))


def test_marks_that_turn_the_direction_of_writing_are_taken_out():
    assert clean_text("株式会社\u202e山田\u2066商事\u2069") == "株式会社山田商事"
