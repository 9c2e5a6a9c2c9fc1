import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib.addresses import PREFECTURES, REGIONS, address_key, postal, split
from tests.lib.test_names import REGISTER


def test_registered_addresses_are_split_as_registered():
    with REGISTER.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            parts = split(row["prefecture"] + row["city"] + row["street"])
            assert parts[:2] == (row["prefecture"], row["city"])


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("東京都千代田区丸の内1-9-1", ("東京都", "千代田区", "丸の内1-9-1")),
        ("〒100-0005 東京都千代田区丸の内1-9-1", ("東京都", "千代田区", "丸の内1-9-1")),
        ("三重県四日市市諏訪町1-5", ("三重県", "四日市市", "諏訪町1-5")),
        ("愛知県名古屋市中村区名駅3丁目", ("愛知県", "名古屋市中村区", "名駅3丁目")),
        ("山形県西村山郡河北町谷地", ("山形県", "西村山郡河北町", "谷地")),
        ("東京都東村山市本町1-2-3", ("東京都", "東村山市", "本町1-2-3")),
        ("栃木県芳賀郡市貝町市塙1280", ("栃木県", "芳賀郡市貝町", "市塙1280")),
        ("京都府京都市下京区烏丸通", ("京都府", "京都市下京区", "烏丸通")),
        ("東京都大島町元町1-1", ("東京都", "大島町", "元町1-1")),
        ("横浜市西区みなとみらい2-2", ("神奈川県", "横浜市西区", "みなとみらい2-2")),
        ("長野県 松本市 丸の内3-7", ("長野県", "松本市", "丸の内3-7")),
        ("丸の内3-7", ("", "", "丸の内3-7")),
        ("", ("", "", "")),
    ],
)
def test_addresses_are_split(address, parts):
    assert split(address) == parts


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("丸の内一丁目９番１号", "丸の内1-9-1"),
        ("丸の内１丁目９−１", "丸の内1－9－1"),
        ("北二十条西五丁目", "北20条西5"),
        ("霞ヶ関3丁目1番1号", "霞が関3-1-1"),
        ("大字中原字下１番地の２", "中原下1-2"),
        ("金岡町２４８７番地４", "金岡町2487-4"),
        ("上髙地4-38-35", "上高地４―３８―３５"),
    ],
)
def test_spellings_of_one_address(one, other):
    assert address_key(one) == address_key(other)


def test_neighbours_stay_apart():
    assert address_key("丸の内1-19-1") != address_key("丸の内11-9-1")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("〒100-0005", "1000005"),
        ("１００－０００５", "1000005"),
        ("1000005", "1000005"),
        ("1000005.0", "1000005"),
        ("600001", "0600001"),
        ("東京都 100-0005", "1000005"),
        ("10000055", ""),
        ("", ""),
    ],
)
def test_postal_codes(text, code):
    assert postal(text) == code


def test_there_are_47_prefectures_in_eight_regions():
    assert len(PREFECTURES) == 47
    assert REGIONS["長野県"] == "中部"
    assert len(set(REGIONS.values())) == 8


@given(st.text())
def test_any_text_is_taken_apart(text):
    assert len(split(text)) == 3
    assert isinstance(address_key(text), str)
    assert len(postal(text)) in {0, 7}
