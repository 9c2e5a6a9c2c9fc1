import pytest

from accounts import companies, contacts, matching
from accounts.matching import Candidate, find_companies, find_inside, find_many
from accounts.models import DuplicatePair
from staff.models import User

AOMINE = {
    "name": "株式会社青嶺精工",
    "kana": "アオミネセイコウ",
    "latin_name": "Aomine Seiko Co., Ltd.",
    "phone": "0263-22-1111",
    "domain": "aomine-seiko.co.jp",
    "prefecture": "長野県",
    "city": "松本市",
    "street": "中央一丁目2番3号",
}


@pytest.fixture
def aomine(sato):
    company = companies.create_company(AOMINE | {"name": "青嶺鉄工所"}, by=sato)
    return companies.edit_company(company, {"name": AOMINE["name"]}, {"name": "青嶺鉄工所"}, by=sato)


@pytest.mark.parametrize(
    ("candidate", "verdict", "keys"),
    [
        # The name and one thing more: certain.
        ({"name": "(株)青嶺精工", "phone": "０２６３（２２）１１１１"}, "certain", "name phone only"),
        (
            {"name": "青嶺精工 株式会社", "email": "tadokoro@aomine-seiko.co.jp"},
            "certain",
            "name domain single form_turned",
        ),
        ({"name": "青嶺精工", "prefecture": "長野県", "city": "松本市"}, "certain", "name only city"),
        (
            {"name": "青嶺精工", "prefecture": "長野県", "city": "松本市", "street": "中央1-2-3"},
            "certain",
            "name address only",
        ),
        # The name alone, with the legal form or without: a question, since only one of the two says where it is.
        ({"name": "㈱青嶺精工"}, "probable", "name single"),
        ({"name": "青嶺精工"}, "probable", "name single"),
        ({"name": "(有)青嶺精工"}, "probable", "name form_differs single"),
        ({"name": "青嶺精工", "prefecture": "大阪府"}, "probable", "name prefecture_differs"),
        # Former names, readings and Latin names count as the name, with something beside them.
        ({"name": "青嶺鉄工所"}, "probable", "former"),
        ({"name": "青嶺鉄工所", "phone": "0263-22-1111"}, "certain", "former phone"),
        ({"name": "アオミネセイコウ", "phone": "0263-22-1111"}, "certain", "reading phone single"),
        ({"name": "ｱｵﾐﾈｾｲｺｳ(ｶ", "phone": "0263-22-1111"}, "certain", "reading phone only form_turned"),
        ({"name": "Aomine Seiko", "domain": "www.aomine-seiko.co.jp"}, "certain", "name domain single"),
        ({"name": "Aomine Precision", "domain": "aomine-seiko.co.jp"}, "certain", "reading domain single"),
        ({"name": "あおみねせいこう"}, "probable", "reading single"),
        # A card read wrongly.
        ({"name": "青嶺精エ", "phone": "0263-22-1111"}, "certain", "looks phone single"),
        # Sites and departments in the name.
        ({"name": "株式会社青嶺精工 松本工場", "phone": "0263-22-1111"}, "certain", "name phone only"),
        ({"name": "青嶺精工松本センター", "domain": "aomine-seiko.co.jp"}, "certain", "name domain single"),
        # No name: the domain or the phone of one company.
        ({"phone": "0263-22-1111", "domain": "aomine-seiko.co.jp"}, "certain", "phone domain unnamed"),
        ({"phone": "0263-22-1111"}, "certain", "phone unnamed"),
        # Another name: a question where a former name is likely, else nothing.
        ({"name": "別の会社", "phone": "0263-22-1111"}, "probable", "phone name_differs"),
        ({"name": "青嶺精工販売", "domain": "aomine-seiko.co.jp"}, None, ""),
        ({"name": "青嶺精工販売", "phone": "0263-22-1111", "domain": "aomine-seiko.co.jp"}, None, ""),
        ({"name": "隣の会社", "prefecture": "長野県", "city": "松本市", "street": "中央1-2-3"}, None, ""),
        ({}, None, ""),
    ],
)
def test_what_two_records_have_in_common_decides(candidate, verdict, keys, aomine):
    found = find_companies(Candidate(**candidate))

    assert [m.verdict for m in found] == ([verdict] if verdict else [])
    assert " ".join(r["key"] for m in found for r in m.reasons) == keys
    assert all(m.record == aomine for m in found)


def test_the_corporate_number_decides_alone_both_ways(sato):
    mine = companies.create_company(
        {"name": "青嶺精工", "phone": "0263-22-1111", "corporate_number": "7010601060823"}, by=sato
    )

    [found] = find_companies(Candidate(name="まったく別の名前", corporate_number="T7010601060823"))
    assert (found.record, found.score, found.verdict) == (mine, 100, "certain")
    other = Candidate(name="青嶺精工", phone="0263-22-1111", corporate_number="7000012050002")
    assert find_companies(other) == []
    # A number with a wrong check digit says nothing.
    typo = Candidate(name="青嶺精工", phone="0263-22-1111", corporate_number="7010601060824")
    assert [m.verdict for m in find_companies(typo)] == ["certain"]


def test_placeholder_phones_and_free_mail_prove_nothing(sato):
    companies.create_company({"name": "甲", "phone": "03-1111-1111"}, by=sato)

    assert find_companies(Candidate(phone="03-1111-1111", email="a@gmail.com")) == []


def test_a_match_has_its_reasons_with_points_and_what_was_compared(aomine):
    [found] = find_companies(Candidate(name="㈱青嶺精工", phone="0263-22-1111"))

    assert found.score == 99
    assert found.reasons == [
        {"key": "name", "points": 50, "a": "青嶺精工", "b": "青嶺精工"},
        {"key": "phone", "points": 35, "a": "+81263221111", "b": "+81263221111"},
        {"key": "only", "points": 20, "a": "青嶺精工", "b": "青嶺精工"},
    ]


def test_the_best_match_comes_first(sato):
    far = companies.create_company({"name": "青嶺精工", "prefecture": "大阪府"}, by=sato)
    near = companies.create_company({"name": "青嶺精工", "prefecture": "長野県", "city": "松本市"}, by=sato)

    found = find_companies(Candidate(name="青嶺精工", prefecture="長野県", city="松本市"))

    assert [m.record for m in found] == [near, far]


def test_many_are_asked_in_two_statements_and_answer_as_one_by_one(sato, django_assert_num_queries):
    companies.create_many([{"name": f"会社{n}", "phone": f"0263-22-{n:04}"} for n in range(50)], by=sato)
    asked = [Candidate(name=f"会社{n}", phone=f"0263-22-{n:04}") for n in range(40, 60)]

    with django_assert_num_queries(2):
        together = find_many(asked)

    assert together == [find_companies(candidate) for candidate in asked]
    assert [len(found) for found in together] == [1] * 10 + [0] * 10


def test_rows_of_one_list_are_compared_with_those_before_them():
    rows = [
        Candidate(name="青嶺精工", phone="0263-22-1111"),
        Candidate(name="みなと物流"),
        Candidate(name="(株)青嶺精工", phone="0263-22-1111"),
    ]

    found = find_inside(rows)

    assert [[(m.record, m.verdict) for m in matches] for matches in found] == [[], [], [(0, "certain")]]


def test_a_value_that_very_many_share_stays_cheap(sato):
    companies.create_many([{"name": f"{n}社", "phone": "0120-000-111"} for n in range(120)], by=sato)

    assert find_companies(Candidate(name="119社", phone="0120-000-111"))[0].record.name == "119社"


def test_a_pair_is_asked_once_and_never_again_after_a_decision(sato):
    one, two = (companies.create_company({"name": n}, by=sato) for n in ("青嶺精工", "青嶺精工"))
    pair = DuplicatePair.objects.get()
    [match] = matching.find_like(one)
    DuplicatePair.objects.update(state="different")

    matching.propose_pair(two, one, match, source="scan")

    assert matching.find_like(one) == []

    assert DuplicatePair.objects.get() == pair
    assert DuplicatePair.objects.get().state == "different"


# People ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        ({"person": "田所 誠一", "email": "TADOKORO@aomine.example"}, "certain"),
        ({"person": "田所誠一"}, "certain"),
        ({"person": "田所誠一", "email": "s.tadokoro@aomine.example"}, "probable"),
        ({"person": "三浦恵", "email": "tadokoro@aomine.example"}, None),
        ({"email": "tadokoro@aomine.example"}, "certain"),
        ({"person": "三浦恵", "mobile": "090-1234-5670"}, None),
        ({"person": "小林直樹"}, None),
    ],
)
def test_people_of_a_company_are_recognised(asked, verdict, sato):
    company = companies.create_company({"name": "青嶺精工"}, by=sato)
    contacts.create_contact(
        company,
        {"name": "田所　誠一", "email": "tadokoro@aomine.example", "mobile": "090-1234-5670"},
        by=sato,
    )

    found = matching.find_contacts(company, Candidate(**asked))

    assert [m.verdict for m in found] == ([verdict] if verdict else [])


def test_a_mail_address_finds_its_person_in_any_company(sato):
    company = companies.create_company({"name": "青嶺精工"}, by=sato)
    person = contacts.create_contact(company, {"name": "田所 誠一", "email": "t@aomine.example"}, by=sato)

    [found] = matching.find_contacts(None, Candidate(email="t@aomine.example"))

    assert found.record == person
    assert matching.find_contacts(None, Candidate(person="田所 誠一")) == []


def test_a_namesake_in_the_same_company_waits_for_a_person(sato):
    company = companies.create_company({"name": "青嶺精工"}, by=sato)
    one = contacts.create_contact(company, {"name": "田所 誠一", "email": "a@aomine.example"}, by=sato)
    two = contacts.create_contact(company, {"name": "田所 誠一", "email": "b@aomine.example"}, by=sato)

    pair = DuplicatePair.objects.get()
    assert (pair.contact_a, pair.contact_b, pair.company_a, pair.company_b) == (one, two, company, company)
    assert {r["key"]: r["points"] for r in pair.reasons} == {"email_differs": -20, "person": 40}


def test_matching_runs_on_all_rows_and_the_queue_shows_only_what_one_may_see(sato, tanaka, ito):
    secret = companies.create_company({"name": "青嶺精工", "owner": sato}, by=sato)
    companies.restrict(secret, [], [], by=sato)
    companies.create_company({"name": "(株)青嶺精工"}, by=tanaka)

    assert DuplicatePair.objects.visible_to(tanaka).count() == 0
    assert [DuplicatePair.objects.visible_to(u).count() for u in (sato, ito)] == [1, 1]
    assert User.objects.filter(pk=tanaka.pk, is_active=True).exists()
