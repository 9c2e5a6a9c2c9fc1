import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib.kana import is_kana, kana_key, romaji, to_hiragana, to_katakana


def test_kana_are_exchanged_and_the_rest_stays():
    assert to_katakana("さくら産機ゔー") == "サクラ産機ヴー"
    assert to_hiragana("サクラ産機ヴー") == "さくら産機ゔー"


@pytest.mark.parametrize("text", ["サトウ", "さとう じゅん", "ｻﾄｳ", "トーキョー・ガス"])
def test_readings(text):
    assert is_kana(text)


@pytest.mark.parametrize("text", ["佐藤", "サトウ1", "", "ー", "sato", "カ)ヤマダ"])
def test_no_readings(text):
    assert not is_kana(text)


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("サトウ ジュンイチ", "sato junichi"),
        ("オオタ", "ota"),
        ("いのうえ", "inoue"),
        ("マツウラ", "matsuura"),
        ("ユウキ", "yuki"),
        ("シンバシ", "shimbashi"),
        ("ケンイチ", "kenichi"),
        ("ハッチョウ", "hatcho"),
        ("キョウト", "kyoto"),
        ("トーキョー", "tokyo"),
        ("ﾁﾊﾞ", "chiba"),
        ("ヴァレー", "vare"),
        ("ティッシュ", "tisshu"),
        ("ニイガタ", "niigata"),
        ("ABC", "abc"),
    ],
)
def test_romaji_as_in_a_passport(kana, latin):
    assert romaji(kana) == latin


@pytest.mark.parametrize(
    "spelling",
    [
        "ヤマダ",
        "やまだ",
        "ﾔﾏﾀﾞ",
        "ヤマタ゛",
        "ｶ)ﾔﾏﾀﾞ",
        "ヤマダ(カ",
        "ヤマダ カブシキガイシャ",
        "かぶしきがいしゃやまだ",
    ],
)
def test_spellings_of_one_reading(spelling):
    assert kana_key(spelling) == "ヤマダ"


def test_small_kana_and_long_vowels_count_in_a_reading():
    assert kana_key("シャチョー") == "シャチョー"
    assert kana_key("サ-ビス") == "サービス"
    assert kana_key("カブシキガイシャ") == "カブシキガイシャ"


@given(st.text())
def test_any_text_has_romaji_and_a_key(text):
    assert isinstance(romaji(text), str)
    assert isinstance(kana_key(text), str)
