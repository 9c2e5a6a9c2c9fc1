"""Matching of a list against itself, on sets made from seeds that nothing was tuned on."""

from itertools import count

import pytest

from accounts.dedup import evidence, kanji, loans, names_read, people, reading, sounds
from accounts.dedup.asking import Asking
from accounts.dedup.chances import Chances
from accounts.dedup.grouping import Companies
from accounts.dedup.sites import Sites
from benchmarks.matching import measures, sets
from benchmarks.matching.run import FIELDS


def grouped(*lines):
    """The lines as sets of positions that are one company."""
    companies = Companies([reading.read(line) for line in lines])
    held = {}
    for n, group in enumerate(companies.group_of):
        held.setdefault(group, set()).add(n)
    return sorted(held.values(), key=min), companies


def one(name, **more):
    return {"company_name": name, **more}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("ヤマダショウジ", "Yamada Shoji"),
        ("ﾔﾏﾀﾞｼﾖｳｼﾞ", "YAMADA SYOUJI"),
        ("ホッカイドウ", "Hokkaido"),
        ("シンバシ", "Shimbashi"),
        ("オオタ", "Ohta"),
        ("チュウオウ", "Chuo"),
    ],
)
def test_kana_bank_kana_and_romaji_of_any_school_sound_the_same(a, b):
    assert sounds.of_kana(a) == sounds.of_latin(b)


@pytest.mark.parametrize(
    ("written", "key", "inside"),
    [
        ("株式会社青嶺精工 松本工場", "青嶺精工", "松本工場"),
        ("(株)青嶺精工松本工場", "青嶺精工", "松本工場"),
        ("青嶺精工株式会社 大阪支店", "青嶺精工", "大阪支店"),
        ("栄光デザイン経営企画室", "栄光デザイン", "経営企画室"),
        ("日進産業御中", "日進産業", ""),
        ("ﾔﾏﾀﾞｼﾖｳｼﾞ(ｶ", "ヤマダシヨウジ", ""),
    ],
)
def test_site_department_and_form_are_not_the_name(written, key, inside):
    name = names_read.read(written)

    assert (name.key, name.inside) == (key, inside)


def test_remarks_in_a_name_are_former_names_and_other_spellings():
    assert names_read.read("山田工業（旧佐藤工業）").former == ("佐藤工業",)
    assert names_read.read("山田商店(ヤマダショウテン)").others == ("ヤマダショウテン",)


def test_kanji_are_read_as_names_of_companies_are():
    assert kanji.guesses("長谷川工務店")[0] == sounds.of_kana("ハセガワコウムテン")
    assert sounds.of_kana("サトウコウギョウ") in kanji.guesses("佐藤工業")
    assert kanji.guesses("") == ()  # a 名 that is not given


def test_a_reading_that_one_record_brings_helps_all_the_others():
    found, _ = grouped(
        one("丸弥建設株式会社", company_kana="マルヤケンセツ", phone="052-111-2345"),
        one("丸弥建設", phone="052-111-2345", email="a@maruya.co.jp"),
        one("Maruya Kensetsu Co., Ltd.", email="b@maruya.co.jp"),
        one("ｶ)ﾏﾙﾔｹﾝｾﾂ", phone="052-111-2345"),
    )

    assert found == [{0, 1, 2, 3}]


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("polaris", "ポラリス"),
        ("stunner", "スタナー"),
        ("rootkobe", "ルートコウベ"),
        ("vertexsports", "バーテックススポーツ"),
        ("softbridge", "ソフトブリッジ"),
        ("chemitech", "ケミテック"),
        ("origamilimousines", "ｵﾘｶﾞﾐﾘﾑｼﾞﾝｽﾞ"),
        ("cactusサービス", "カクタスサービス"),
    ],
)
def test_foreign_words_are_known_in_kana_by_their_consonants(written, heard):
    assert loans.echo([written], [sounds.of_kana(heard)])


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("polaris", "パラダイス"),
        ("polaris", "ポラリスハンバイ"),
        ("koei", "コウエイ"),  # two consonants say nothing
        ("青嶺works", "アオミネワークス"),  # kanji say nothing of their sound here
    ],
)
def test_too_little_and_something_else_is_no_echo(written, heard):
    assert not loans.echo([written], [sounds.of_kana(heard)])


def test_a_foreign_name_and_its_kana_are_one_company_beside_a_phone_an_address_or_a_domain():
    found, _ = grouped(
        one("合同会社Polaris", phone="03-2518-5262"),
        one("ﾄﾞ)ﾎﾟﾗﾘｽ", phone="03-2518-5262"),
        one("株式会社STUNNER", address="東京都杉並区宮前4-9-26"),
        one("ｶ)ｽﾀﾅ-", address="東京都杉並区宮前4-9-26"),
        one("株式会社Vertex", address="東京都港区芝1-2-3"),
        one("ｶ)ﾊﾞ-ﾃﾂｸｽ", address="大阪市北区梅田1-1-3"),
    )

    assert found == [{0, 1}, {2, 3}, {4}, {5}]


def test_companies_with_a_number_in_their_names_are_told_apart_by_it():
    at = {"address": "東京都港区港南1-2-70"}
    found, _ = grouped(
        one("合同会社NLSHIP2005", **at),
        one("NLSHIP2005(同)（エヌエルシップ）", **at),
        one("合同会社NLSHIP2006", **at),
        one("みなと再生可能第一合同会社", **at),
        one("みなと再生可能第二合同会社", **at),
    )

    assert found == [{0, 1}, {2}, {3}, {4}]


def test_of_short_names_being_the_only_ones_proves_nothing():
    found, companies = grouped(
        one("株式会社コウエイ", family_name="佐々木"), one("ｶ)ｺｳｴｲ"),
        one("株式会社ナガトヨシセイサク", family_name="林"), one("ｶ)ﾅｶﾞﾄﾖｼｾｲｻｸ"),
    )  # fmt: skip

    assert found == [{0}, {1}, {2, 3}]
    assert [(question.a, question.b) for question in companies.questions()] == [(0, 1)]


def test_a_trade_at_the_end_of_a_name_is_no_site_of_another_company():
    found, _ = grouped(
        one("近藤株式会社", domain="kondo.co.jp"),
        one("近藤工務店", domain="kondo.co.jp"),
        one("近藤東京製作所", domain="kondo.co.jp"),
        one("近藤東京センター", domain="kondo.co.jp"),
    )

    assert found == [{0, 2, 3}, {1}]


def test_firms_of_a_group_namesakes_neighbours_and_tenants_stay_apart():
    same_building = {"phone": "03-5555-1234", "address": "東京都港区芝1-2-3"}
    found, companies = grouped(
        one("青嶺精工", domain="aomine.co.jp", **same_building),
        one("青嶺精工販売", domain="aomine.co.jp", **same_building),
        one("青嶺精工ホールディングス", domain="aomine.co.jp", **same_building),
        one("さくら会計事務所", domain="sakura-kaikei.jp", **same_building),
        one("株式会社山田電機", address="長野県松本市中央1-1-1", company_kana="ヤマダデンキ"),
        one("株式会社山田電気", address="長野県松本市中央2-2-2", company_kana="ヤマダデンキ"),
        one("株式会社アシスト", address="大阪府吹田市緑町1-1", domain="assist.jp"),
        one("株式会社アシスト", address="熊本県八代市本町9-9", domain="assist-kumamoto.jp"),
    )

    assert found == [{n} for n in range(8)]
    # Of the namesakes nobody is even asked, or only late.
    assert all(question.score < 60 for question in companies.questions())


def test_the_corporate_number_decides_alone_both_ways_unless_its_check_digit_is_wrong():
    found, _ = grouped(
        one("青嶺精工", corporate_number="7010601060823"),
        one("まったく別の名前", corporate_number="T7010601060823"),
        one("みなと物流", corporate_number="7000012050002", phone="045-111-2345"),
        one("みなと物流", corporate_number="7010601060823", phone="045-111-2345"),
        one("みなと物流", corporate_number="7000012050003", phone="045-111-2345"),
    )

    assert [group & {0, 1} for group in found][0] == {0, 1}
    assert any(group >= {2, 4} and 3 not in group for group in found)


def test_the_order_of_the_lines_does_not_matter():
    made = sets.make(77, 2000, "a")
    lines = [{FIELDS.get(k, k): v for k, v in record.values.items()} for record in made.records]
    read = [reading.read(line) for line in lines]
    truth = [record.company for record in made.records]

    forwards = measures.b_cubed(Companies(read).group_of, truth)[2]
    backwards = measures.b_cubed(Companies(read[::-1]).group_of, truth[::-1])[2]

    assert abs(forwards - backwards) <= 0.005


@pytest.mark.parametrize(("profile", "f1", "precision"), [("a", 0.95, 0.99), ("b", 0.92, 0.985)])
def test_quality_on_a_set_of_3000_records(profile, f1, precision):
    made = sets.make(91, 3000, profile)
    lines = [{FIELDS.get(k, k): v for k, v in record.values.items()} for record in made.records]
    companies = Companies([reading.read(line) for line in lines])
    found = companies.group_of
    truth = [record.company for record in made.records]
    persons = people.People(companies.records, found).group_of
    sites = Sites(companies.records, found, persons).group_of
    named = [n for n, record in enumerate(made.records) if record.person]

    assert measures.b_cubed(found, truth)[2] >= f1
    assert measures.pairs(found, truth)[0] >= precision
    assert measures.b_cubed([persons[n] for n in named], [made.records[n].person for n in named])[2] >= 0.97
    assert measures.b_cubed(sites, [(r.company, r.site) for r in made.records])[2] >= 0.92


def test_the_best_questions_come_first():
    made = sets.make(92, 3000, "a")
    lines = [{FIELDS.get(k, k): v for k, v in record.values.items()} for record in made.records]
    companies = Companies([reading.read(line) for line in lines])
    truth = [record.company for record in made.records]
    before = measures.b_cubed(companies.group_of, truth)[2]
    worst = companies.questions()[-150:]
    gained = sum(q.gain for q in worst if truth[q.a] == truth[q.b])

    [after] = measures.after_answers(companies, truth, [150])

    assert measures.b_cubed(after, truth)[2] > before + 0.01
    assert gained < 5


def test_an_answer_changes_what_the_others_are_worth():
    found, companies = grouped(
        one("大成工業", family_name="林"),
        one("大成工業株式会社", address="大阪府堺市北区中百舌鳥町1-2-3", domain="taisei.co.jp"),
        one("有限会社大成工業", address="福岡県福岡市中央区天神4-5-6", domain="taisei.jp"),
    )
    assert found == [{0}, {1}, {2}]
    asking = Asking(companies)
    questions = asking.one_by_one()
    first = next(questions)

    asking.answer(first.a, first.b, is_one=False)
    second = next(questions)

    assert {first.a, second.a} == {0}
    assert {first.b, second.b} == {1, 2}
    assert second.gain > first.gain
    asking.answer(second.a, second.b, is_one=True)
    assert companies.group_of[0] == companies.group_of[second.b]
    # The two firms of other forms and domains: whoever said that the record is not of the first said it of the group.
    assert [*questions] == []


def test_a_name_that_nobody_else_comes_near_is_one_company():
    here = {"phone": "0263-22-1111", "address": "長野県松本市中央1-2-3"}
    found, companies = grouped(one("ポラリス精工", **here), one("ポラリス精工", family_name="林"))
    assert found == [{0, 1}]
    assert "alone" in evidence.told(companies.joins[-1][2])

    named_like_it, _ = grouped(
        one("ポラリス精工", **here), one("ポラリス精工", family_name="林"), one("ポラリス精工販売", family_name="森")
    )  # fmt: skip
    assert named_like_it == [{0, 1}, {2}]

    for other in ({"email": "ito@gmail.com"}, {"phone": "045-123-4567"}):
        mine = {**here, "domain": "polaris.co.jp"}
        assert grouped(one("ポラリス精工", **mine), one("ポラリス精工", **other))[0] == [{0}, {1}]


def test_what_speaks_for_one_company_is_taken_together():
    """A name that many may have, an address on one side only: the rest decides."""
    here = {"address": "長野県松本市中央1-2-3", "family_name": "田所", "given_name": "誠一"}
    there = {"address": "大阪府堺市北区中百舌鳥町1-2-3"}
    elsewhere = [one(f"光栄{trade}", **there) for trade in ("産業", "電機", "商事")]
    lines = [one(f"{head}工業") for head in ("大成", "三和", "東洋")]

    for name, other, more, is_one in (
        ("株式会社光栄工業", "光栄工業", {}, True),
        ("株式会社光栄工業", "光栄工業株式会社", {}, False),
        ("株式会社光栄工業", "光栄工業株式会社", {"family_name": "田所"}, True),
        ("合同会社光栄工業", "光栄工業(同)", {}, True),
        ("合同会社光栄工業", "光栄工業(同)", {"phone": "045-123-4567"}, False),
    ):
        found, companies = grouped(one(name, **here), one(other, **more), *elsewhere, *lines)

        assert ({0, 1} in found) == is_one, (name, other, more)
        assert not is_one or "alone" in evidence.told(companies.joins[-1][2])


def test_where_the_form_stands_says_nothing_in_a_list_that_puts_it_anywhere():
    two = [one("株式会社光栄工業", city="松本市"), one("光栄工業株式会社", family_name="田所")]
    anywhere = [
        one(name, phone=f"03-5555-{1000 + n}")
        for n in range(8)
        for name in (f"株式会社ポラリス{n}", f"ポラリス{n}株式会社")
    ]

    for lines, is_told in ((two, True), (two + anywhere, False)):
        companies = grouped(*lines)[1]
        bits = companies.weigh(companies.group_of_one(0), companies.group_of_one(1))
        assert ("form_turned" in evidence.told(bits)) == is_told


def test_who_may_be_meant_instead_makes_a_pair_less_likely_unless_that_is_the_same():
    near = Chances()
    near.put((1, 2), 20.0)
    alone = near.of((1, 2))
    near.put((1, 3), 20.0)
    beside_another = near.of((1, 2))
    near.put((2, 3), 99.0)

    assert alone == pytest.approx(20 / 21)
    assert beside_another == pytest.approx(20 / 41)
    assert near.of((1, 2)) == pytest.approx(20 / (1 + 20 + 99 / 21))
    near.drop((1, 3))
    near.drop((2, 3))
    assert near.of((1, 2)) == alone


@pytest.mark.parametrize(
    ("a", "b", "key"),
    [
        ("ミツエイ", "ミツエイ事", "longer"),
        ("遠藤", "遠藤州", "longer"),
        ("山田工", "山田工業", "longer similar"),
        ("フロンティア", "フロンティアー", "longer similar"),
    ],
)
def test_what_is_left_of_a_word_behind_a_name_is_no_slip_of_it(a, b, key):
    assert " ".join(sorted(evidence.told(evidence.relation(a, b)))) == key


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("㈱青嶺精工", ("株", "前")), ("青嶺精工株式会社 営業部", ("株", "後")), ("ｶ)ｱｵﾐﾈｾｲｺｳ", ("株", "前")), ("ｱｵﾐﾈｾｲｺｳ(ﾄﾞ", ("合", "後")),
        ("Aomine Seiko K.K.", ("株", "")), ("青嶺精工", ("", "")),
    ],
)  # fmt: skip
def test_the_form_stands_in_front_or_behind(name, form):
    assert names_read.legal_form(name) == form


def who(*lines):
    companies = Companies(
        [reading.read({"company_name": "青嶺精工", "phone": "0263-22-1111", **line}) for line in lines]
    )
    return people.People(companies.records, companies.group_of)


def test_people_of_a_company_by_name_reading_and_family_name():
    persons = who(
        {"person": "田所 誠一", "email": "tadokoro@aomine.co.jp"},
        {"person": "田所誠一"},
        {"person": "Seiichi TADOKORO"},
        {"person": "田所様"},
        {"email": "tadokoro@aomine.co.jp"},
        {"person": "小林 直樹"},
    )

    assert persons.group_of == [0, 0, 0, 0, 0, 5]


def test_namesakes_and_relatives_in_a_company_are_two():
    persons = who(
        {"person": "田所 誠一", "email": "s.tadokoro@aomine.co.jp"},
        {"person": "田所 誠一", "email": "tadokoro2@aomine.co.jp"},
        {"person": "田所 恵"},
        {"person": "三浦 恵", "email": "info@aomine.co.jp"},
        {"person": "小林 恵", "email": "info@aomine.co.jp"},
    )

    assert len(set(persons.group_of)) == 5
    assert [(q.a, q.b) for q in persons.questions()] == [(0, 1)]


def test_two_departments_or_prefectures_are_two_people_unless_more_is_the_same():
    persons = who(
        {"person": "田所 誠一", "department": "第一営業部"},
        {"person": "田所 誠一", "department": "営業部"},
        {"person": "三浦 恵", "department": "営業部", "mobile": "090-1234-5670"},
        {"person": "三浦 恵", "department": "総務部", "mobile": "090-1234-5670"},
        {"person": "小林 恵", "department": "営業部"},
        {"person": "小林 恵", "department": "総務部"},
    )

    assert persons.group_of == [0, 0, 2, 2, 4, 5]
    assert [(q.a, q.b) for q in persons.questions()] == [(4, 5)]


def test_addresses_of_other_letters_are_two_people_and_of_the_same_letters_one():
    persons = who(
        {"person": "小川 達也", "email": "ogawa0@yahoo.co.jp"},
        {"person": "小川 達也", "email": "t.ogawa1@outlook.jp"},
        {"person": "田所 恵", "email": "m-tadokoro@aomine.co.jp"},
        {"person": "田所 恵", "email": "m.tadokoro7@gmail.com"},
    )

    assert persons.group_of == [0, 1, 2, 2]
    assert [(q.a, q.b) for q in persons.questions()] == [(0, 1)]


def test_a_site_in_the_name_makes_another_prefecture_a_likelier_question():
    far = one("青嶺精工", prefecture="大阪府")
    _, plain = grouped(one("青嶺精工", prefecture="長野県"), far)
    _, site = grouped(one("青嶺精工 松本工場", prefecture="長野県"), far)

    [asked], [sooner] = plain.questions(), site.questions()
    reasons = site.reasons(sooner.a, sooner.b, sooner.bits)
    assert {reason["key"] for reason in reasons} == {"name", "prefecture_differs", "branch"}
    assert sooner.gain > asked.gain


def test_who_is_named_by_their_family_alone_is_nobody_whom_their_mail_address_or_reading_denies():
    persons = who(
        {"person": "前田 典子", "department": "技術部"},
        {"person": "前田", "person_kana": "マエダ モモコ"},
        {"person": "中村 奈々"},
        {"person": "中村", "email": "momoko-nakamura@aomine.co.jp"},
        {"person": "吉田 裕子"},
        {"person": "吉田", "email": "y@aomine.co.jp"},
        {"person": "吉田 誠", "email": "y@aomine.co.jp"},
    )

    assert persons.group_of == [0, 1, 2, 3, 4, 5, 5]


def test_who_changed_employer_is_asked_about_and_not_joined():
    numbers = count(1)
    read = [
        reading.read(
            {
                "company_name": name,
                "phone": f"0263-22-111{next(numbers)}",
                "person": "田所 誠一",
                "mobile": "090-1234-5670",
            }
        )
        for name in ("青嶺精工", "みなと物流")
    ]
    companies = Companies(read)
    persons = people.People(companies.records, companies.group_of)

    assert persons.group_of == [0, 1]
    assert [(q.a, q.b, q.keys) for q in persons.questions()] == [
        (0, 1, ("person", "mobile", "company_differs"))
    ]
