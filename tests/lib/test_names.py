import csv
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib.names import company_key, has_form, person_key, short_name, split_person
from crm.lib.variants import TABLE

REGISTER = Path(__file__).parents[1] / "data" / "corporate_numbers.csv"


@pytest.fixture(scope="module")
def register():
    with REGISTER.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    "spelling",
    [
        "山田商店",
        "株式会社山田商店",
        "山田商店株式会社",
        "株式会社　山田商店",
        "㈱山田商店",
        "山田商店㈱",
        "(株)山田商店",
        "（株）山田商店",
        "山田商店（株）",
        "〔株〕山田商店",
        "株）山田商店",
        "㊑山田商店",
        "㍿山田商店",
        "株式會社山田商店",
        "山田・商店 有限会社",
        "㈲山田商店",
        "合同会社山田商店",
        "医療法人社団山田商店",
        "一般社団法人　山田商店",
        "（一社）山田商店",
        "特定非営利活動法人山田商店",
    ],
)
def test_the_legal_form_is_no_part_of_the_key(spelling):
    assert company_key(spelling) == "山田商店"


@pytest.mark.parametrize(
    "spelling",
    [
        "Yamada Shoten Co., Ltd.",
        "YAMADA SHOTEN CO.,LTD",
        "Yamada Shoten Company Limited",
        "Yamada Shoten K.K.",
        "K.K. Yamada Shoten",
        "Yamada Shoten, Inc.",
        "Yamada-Shoten Corporation",
        "Kabushiki Kaisha Yamada Shoten",
        "Ｙａｍａｄａ Ｓｈｏｔｅｎ LLC",
        "株式会社YamadaShoten",
    ],
)
def test_latin_forms_are_left_out(spelling):
    assert company_key(spelling) == "yamadashoten"


@pytest.mark.parametrize(
    "spelling",
    ["ｶ)ﾔﾏﾀﾞ", "カ）ヤマダ", "ヤマダ(カ", "ヤマダ（カ）", "カブシキガイシャヤマダ", "ヤマダ カブシキガイシャ"],
)
def test_bank_kana_forms_are_left_out(spelling):
    assert company_key(spelling) == "ヤマダ"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("髙﨑鐵工所", "高崎鉄工所"),
        ("サ―ビス", "サービス"),
        ("ルート‐神戸", "ルート神戸"),
        ("山田商店株式会社東京支店", "山田商店 東京支店"),
        ("ヤマダ(カ)トウキョウ", "ヤマダトウキョウ"),
    ],
)
def test_spellings_of_one_name(one, other):
    assert company_key(one) == company_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("山田電機", "山田電気"),
        ("山田販売", "山田"),
        ("Zinc", "Z"),
        ("Tokyo", "Tok"),
        ("日本合同会社設立協会", "日本設立"),
        ("サーバ", "サバ"),
    ],
)
def test_different_names_stay_different(one, other):
    assert company_key(one) != company_key(other)


@pytest.mark.parametrize(
    ("name", "key"),
    [("株式会社", "株式会社"), ("㈱", "株"), ("☆", "☆"), ("Inc.", "inc"), ("", ""), ("　", "")],
)
def test_a_name_without_anything_else_keeps_what_it_has(name, key):
    assert company_key(name) == key


@given(st.text())
def test_a_name_always_has_a_key_and_the_key_is_stable(name):
    key = company_key(name)

    assert bool(key) == bool(name.strip())
    assert short_name(name) or not name.strip()


@pytest.mark.parametrize(
    ("name", "short", "form"),
    [
        ("株式会社髙﨑鐵工所", "髙﨑鐵工所", True),
        ("髙﨑鐵工所　㈱", "髙﨑鐵工所", True),
        ("ＡＢＣ商事（株）", "ＡＢＣ商事", True),
        ("Yamada Shoten Co., Ltd.", "Yamada Shoten", True),
        ("さくら産機", "さくら産機", False),
        ("株式会社", "株式会社", False),
        ("妙常寺", "妙常寺", False),
    ],
)
def test_the_short_name_is_written_as_the_company_writes_it(name, short, form):
    assert short_name(name) == short
    assert has_form(name) is form


def test_registered_companies_all_lose_their_form(register):
    for row in register:
        key = company_key(row["name"])
        assert key
        if row["kind"] in {"301", "302", "305"}:
            assert has_form(row["name"]), row["name"]
            assert "会社" not in key


def test_corporations_with_one_registered_name_share_a_key(register):
    numbers = defaultdict(set)
    for row in register:
        numbers[row["name"]].add(row["corporate_number"])
    shared = [name for name, of in numbers.items() if len(of) > 1]

    assert len(shared) >= 5
    assert len({company_key(name) for name in shared}) == len(shared)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("田所", "誠一"), ("田所 誠一",)),
        (("髙橋", "惠子"), ("高橋", "恵子")),
        (("渡邊", "一"), ("渡辺", "一")),
        (("齋藤",), ("斉藤",)),
        (("Sato", "Ken"), ("SATO", "KEN")),
    ],
)
def test_spellings_of_one_person(one, other):
    assert person_key(*one) == person_key(*other)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("田所 誠一", ("田所", "誠一")),
        ("田所　誠一", ("田所", "誠一")),
        ("田所誠一", ("田所誠一", "")),
        ("Seiichi Tadokoro", ("Tadokoro", "Seiichi")),
        ("Tadokoro, Seiichi", ("Tadokoro", "Seiichi")),
        ("", ("", "")),
    ],
)
def test_a_name_in_one_field_is_split_at_its_space(name, parts):
    assert split_person(name) == parts


def test_no_variant_leads_to_another_variant():
    assert not [chr(code) for code, to in TABLE.items() if ord(to) in TABLE]
    assert all(len(to) == 1 for to in TABLE.values())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("シャ卜ージャパン株式会社", "シャトージャパン"),
        ("コ口ナ工業", "コロナ工業"),
        ("アメリ力ン商事", "アメリカン商事"),
        ("ダイ卜ウ", "ダイトウ"),
        ("合同会社I.N.V", "I.N.V"),
        ("株式会社U.S.A", "U.S.A"),
        ("Philips N.V.", "philips"),
    ],
)
def test_cards_misread_and_dotted_letters_are_the_name(one, other):
    assert company_key(one) == company_key(other)


@pytest.mark.parametrize("name", ["卜部商店", "川口", "有力工業", "八木", "一二三"])
def test_kanji_beside_kanji_stay_kanji(name):
    assert company_key(name) == name
