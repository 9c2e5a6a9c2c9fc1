"""What names, kana, phones and people say of two records: cases that a list once got wrong."""

import pytest

from accounts.dedup import chances, names_read, people, reading, sounds
from accounts.dedup.evidence import mask
from accounts.dedup.grouping import Companies

PHONE, OTHER_PHONE = "03-2518-5262", "045-123-4567"


def grouped(*lines):
    companies = Companies([reading.read(line) for line in lines])
    return companies.group_of, companies


def one(name, **more):
    return {"company_name": name, **more}


# Names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kana", "latin"),
    [("ティーダ", "Tida"), ("ウィング", "Wingu"), ("ヴェスト", "Vesuto"), ("チェス", "Chesu"), ("デュオ", "Dyuo"), ("ツァイス", "Tsaisu")],
)  # fmt: skip
def test_loan_words_in_romaji_sound_as_their_small_kana(kana, latin):
    assert sounds.of_latin_loan(latin) == sounds.of_kana(kana)
    assert sounds.of_kana(kana) in names_read.spoken_as(latin)


def test_romaji_of_other_schools_is_read_as_before():
    assert sounds.of_latin("Tiba") == sounds.of_kana("チバ")


@pytest.mark.parametrize(
    ("latin", "kanji"), [("SHIMIZU REAL ESTATE K.K.", "清水不動産"), ("Daiei Iron Works", "大栄鉄工所")]
)
def test_a_trade_of_two_words_is_one_word_in_japanese(latin, kanji):
    found, _ = grouped(one(latin, phone=PHONE), one(kanji, phone=PHONE))

    assert found == [0, 0]


@pytest.mark.parametrize(
    ("written", "key", "inside"),
    [
        ("協和印刷関西名古屋支社", "協和印刷関西", "名古屋支社"),
        ("北斗酒造北海道仙台工場", "北斗酒造北海道", "仙台工場"),
        ("協和印刷関西大阪支社", "協和印刷", "関西大阪支社"),
        ("北斗酒造北海道札幌工場", "北斗酒造", "北海道札幌工場"),
        ("山田東京新宿支店", "山田", "東京新宿支店"),
    ],
)
def test_a_region_is_of_the_name_when_the_site_does_not_lie_in_it(written, key, inside):
    name = names_read.read(written)

    assert (name.key, name.inside) == (key, inside)


def test_a_firm_of_a_region_and_its_site_are_not_joined_with_the_firm_it_is_named_after():
    found, _ = grouped(
        one("協和印刷", domain="kyowa.co.jp"),
        one("協和印刷関西名古屋支社", domain="kyowa.co.jp"),
        one("協和印刷関西", domain="kyowa.co.jp"),
    )

    assert found == [0, 1, 1]


def test_a_shop_of_a_trade_is_no_site():
    found, _ = grouped(
        one("坂本", phone=PHONE), one("坂本石油店", phone=PHONE), one("坂本新宿店", phone=PHONE)
    )

    assert found == [0, 1, 0]


def test_two_firms_of_a_group_are_two_in_kana_and_romaji():
    at = {"address": "東京都中央区日本橋室町1-11-12"}
    found, _ = grouped(one("プレジャー販売", **at), one("Pureja Kansai Co., Ltd.", **at))

    assert found == [0, 1]


# Kana that are of another name --------------------------------------------------------------------


def test_kana_that_cannot_be_of_its_kanji_are_another_name_of_the_company():
    old = one("長谷川デザイン", company_kana="コンドウシュゾウ", phone=PHONE)
    found, companies = grouped(old, one("近藤酒造", phone=PHONE), one("近藤酒造", phone=PHONE))

    assert found == [0, 0, 0]
    keys = [[reason["key"] for reason in companies.reasons_of_two(0, n)] for n in (1, 2)]
    assert keys == [["former", "phone"]] * 2
    assert companies.reasons_of_two(0, 1)[0]["a"] == sounds.of_kana("コンドウシュゾウ")


def test_kana_of_its_own_name_make_no_other_name():
    assert reading.read(one("近藤酒造", company_kana="コンドウシュゾウ")).called == ()
    assert reading.read(one("近藤酒造", company_kana="コンドウサカヅクリ")).called == ()
    assert reading.read(one("サクラ", company_kana="コンドウシュゾウ")).called == ()


def test_another_name_in_kana_alone_is_asked_about():
    old = one("長谷川デザイン", company_kana="コンドウシュゾウ", phone=OTHER_PHONE)
    found, companies = grouped(old, one("近藤酒造", phone=PHONE))

    assert found == [0, 1]
    assert [(question.a, question.b) for question in companies.questions()] == [(0, 1)]


# Renamed, or a tenant -----------------------------------------------------------------------------


def odds(keys):
    return chances.of_evidence(mask(keys.split()))


def test_a_domain_and_somebody_who_stayed_say_that_a_firm_was_renamed_and_a_phone_does_not():
    assert odds("name_differs domain") > 2 * odds("name_differs phone")
    assert odds("name_differs phone person") > 10 * odds("name_differs phone")
    # Beside one name a domain says little more than a phone, and nobody need have stayed.
    assert odds("name domain") < odds("name phone")
    assert odds("name phone person") < 10 * odds("name phone")


# People -------------------------------------------------------------------------------------------


def who(*lines):
    return people.People([reading.read(line) for line in lines], [1] * len(lines)).group_of


def test_two_people_who_write_from_one_mailbox_are_not_one_by_way_of_their_family_name():
    mail = {"email": "wada@aomine.co.jp"}

    found = who({"person": "和田 亮", **mail}, {"person": "和田", **mail}, {"person": "和田 友美", **mail})

    assert found == [0, 0, 2]


def test_one_name_at_phones_of_two_prefectures_are_two_people_unless_they_say_more():
    tokyo, yokohama = {"phone": PHONE}, {"phone": OTHER_PHONE}
    mobile = {"mobile": "090-2518-5262"}

    assert who({"person": "阿部 早紀", **tokyo}, {"person": "阿部 早紀", **yokohama}) == [0, 1]
    assert who({"person": "阿部 早紀", **tokyo}, {"person": "阿部 早紀", "phone": "03-2518-5263"}) == [0, 0]
    assert who({"person": "阿部 早紀", **tokyo, **mobile}, {"person": "阿部 早紀", **yokohama, **mobile}) == [
        0,
        0,
    ]
