"""Two that somebody said are two are brought together by no join: not directly, not by way of a third, through no door."""

import pytest

from accounts import companies, contacts, duplicates, matching, merging, scanning
from accounts.dedup import people, reading
from accounts.dedup.apart import Apart
from accounts.dedup.grouping import Companies
from accounts.matching import Candidate
from accounts.models import Company, DuplicatePair
from tests.integrations.lists import checked, run

PHONE, OTHER_PHONE, DOMAIN = "0263-22-1111", "045-123-4567", "aomine.co.jp"


def groups_of(*lines, apart=()):
    return Companies([reading.read(line) for line in lines], apart=apart).group_of


def line(name="青嶺精工", **more):
    return {"company_name": name, **more}


# What is known apart ------------------------------------------------------------------------------


def test_who_is_another_than_a_part_is_another_than_the_whole():
    apart = Apart([(1, 2), (3, 4)])
    apart.follow(0, 1)
    apart.follow(0, 3)
    apart.follow(2, 4)

    assert apart.keeps(0, 2)
    assert apart.keeps(2, 0)
    assert not apart.keeps(0, 1)
    assert apart.any_of([5, 0, 2])
    assert not apart.any_of([5, 0, 1, 4])


# A list -------------------------------------------------------------------------------------------

CHAINS = {
    "by name and reach": (line(phone=PHONE), line(domain=DOMAIN), line(phone=PHONE, domain=DOMAIN)),
    "by number": (
        line(corporate_number="7010601060823"),
        line("みなと物流", corporate_number="7010601060823"),
        line("丸弥建設", corporate_number="7010601060823"),
    ),
    "by reading": (
        line(company_kana="アオミネセイコウ", phone=PHONE),
        line("ｱｵﾐﾈｾｲｺｳ(ｶ", phone=PHONE),
        line("Aomine Seiko", phone=PHONE),
    ),
    "without a name": (line(phone=PHONE), line("みなと物流", domain=DOMAIN), {"phone": PHONE, "domain": DOMAIN}),
}  # fmt: skip


@pytest.mark.parametrize("chain", [key for key in CHAINS if key != "without a name"])
def test_without_an_answer_the_chain_is_one(chain):
    assert groups_of(*CHAINS[chain]) == [0, 0, 0]


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("apart", [(0, 1), (1, 0)])
def test_no_third_brings_two_together(chain, apart):
    found = groups_of(*CHAINS[chain], apart=[apart])

    assert found[0] != found[1]


def test_who_stands_nearer_to_one_of_the_two_is_that_one():
    found = groups_of(
        line(phone=PHONE, address="長野県松本市中央1-2-3"),
        line(domain=DOMAIN, address="長野県松本市本町4-5-6"),
        line(phone=PHONE),
        apart=[(0, 1)],
    )

    assert found == [0, 1, 0]


def test_who_may_as_well_be_each_of_the_two_is_asked_about():
    held = Companies([reading.read(line(phone=PHONE))] * 3, apart=[(0, 1)])

    assert held.group_of == [0, 1, 2]
    assert {(question.a, question.b) for question in held.questions()} == {(0, 2), (1, 2)}


def test_two_that_are_two_are_asked_about_no_more_and_their_name_is_not_the_only_one():
    lines = line(prefecture="長野県"), line(), line(prefecture="長野県")

    assert groups_of(*lines)[2] == 0
    held = Companies([reading.read(one) for one in lines], apart=[(0, 1)])
    assert held.group_of == [0, 1, 2]
    assert (0, 1) not in {(question.a, question.b) for question in held.questions()}


def test_people_of_one_company_who_are_two_stay_two():
    lines = [
        {"person": "田所 誠一", "department": "営業部"},
        {"person": "田所 誠一", "mobile": "090-2518-5262"},
        {"person": "田所 誠一", "mobile": "090-2518-5262", "email": "t@aomine.example"},
        {"email": "t@aomine.example"},
    ]
    records = [reading.read(one) for one in lines]

    assert people.People(records, [1] * 4).group_of == [0] * 4
    assert people.People(records, [1] * 4, apart=[(0, 3)]).group_of == [0, 1, 1, 1]


# The stored ones ----------------------------------------------------------------------------------


@pytest.fixture
def two(sato, watanabe):
    """Two companies of one name, each with something of its own, and the answer that they are two."""
    one = companies.create_company({"name": "青嶺精工", "phone": PHONE}, by=sato)
    other = companies.create_company({"name": "青嶺精工", "domain": DOMAIN}, by=sato)
    duplicates.decide(DuplicatePair.objects.get(), "different", by=watanabe)
    return one, other


def certain():
    return {
        (p.company_a_id, p.company_b_id)
        for p in DuplicatePair.objects.filter(state="open", verdict="certain")
    }


def test_a_scan_and_what_is_merged_by_it_leave_two_apart(two, sato, ito):
    third = companies.create_company({"name": "青嶺精工", "phone": PHONE, "domain": DOMAIN}, by=sato)
    scanning.renew(list(Company.objects.order_by("pk")))

    assert certain() == {(two[0].pk, third.pk)}
    duplicates.accept_certain(by=ito)
    scanning.compare(list(Company.objects.active()))
    duplicates.accept_certain(by=ito)

    assert set(Company.objects.active().values_list("pk", flat=True)) == {company.pk for company in two}
    assert DuplicatePair.objects.get(state="different")


def test_the_answer_about_a_loser_holds_for_the_winner_in_the_next_join(two, sato, watanabe):
    winner = companies.create_company({"name": "丸弥建設"}, by=sato)
    merging.merge_companies(winner, two[1], by=watanabe)
    bridge = companies.create_company({"name": "青嶺精工", "phone": PHONE, "domain": DOMAIN}, by=sato)

    matches = {match.record.pk: match.verdict for match in matching.find_like(bridge)}

    assert matches == {two[0].pk: "certain"}


def test_a_merge_that_is_taken_back_takes_its_answers_back(two, sato, watanabe):
    winner = companies.create_company({"name": "丸弥建設"}, by=sato)
    merge = merging.merge_companies(winner, two[1], by=watanabe)
    merging.unmerge(merge, by=watanabe)

    [pair] = DuplicatePair.objects.filter(state="different")

    assert (pair.company_a, pair.company_b) == two


def test_whoever_asks_is_told_of_both_and_of_neither_as_certain(sato, watanabe):
    made = companies.create_many([{"name": "青嶺精工", "phone": PHONE}] * 2, by=sato)
    asked = Candidate(name="青嶺精工", phone=PHONE)
    assert [match.verdict for match in matching.find_companies(asked)] == ["certain"] * 2

    scanning.compare(made)
    duplicates.decide(DuplicatePair.objects.get(), "different", by=watanabe)

    assert [match.verdict for match in matching.find_companies(asked)] == ["probable"] * 2


def test_the_lines_of_a_list_join_no_two(two, sato):
    text = "会社名,代表電話,URL\n"
    text += f"青嶺精工,{PHONE},\n青嶺精工,,{DOMAIN}\n青嶺精工,{PHONE},{DOMAIN}\n"
    batch = run(checked(text, sato, kind="companies"), sato)

    rows = list(batch.rows.order_by("line").values_list("company_id", flat=True))
    assert rows == [two[0].pk, two[1].pk, two[0].pk]
    assert Company.objects.active().count() == 2


def test_what_is_asked_of_the_database_does_not_grow_with_the_pairs(two, django_assert_max_num_queries):
    asked = [Candidate(name="青嶺精工", phone=PHONE, domain=DOMAIN)]
    matching.find_many(asked)
    with django_assert_max_num_queries(6):
        matching.find_many(asked * 50)


def test_a_contact_who_was_said_to_be_another_is_not_found_by_way_of_a_third(sato, watanabe):
    company = companies.create_company({"name": "青嶺精工"}, by=sato)
    one = contacts.create_contact(company, {"name": "田所 誠一", "email": "t@aomine.example"}, by=sato)
    other = contacts.create_contact(company, {"name": "田所 誠一", "mobile": "090-2518-5262"}, by=sato)
    asked = Candidate(person="田所誠一", email="t@aomine.example")
    assert {m.record for m in matching.find_contacts(company, asked) if m.is_certain} == {one, other}

    duplicates.decide(DuplicatePair.objects.get(), "different", by=watanabe)

    assert {m.record for m in matching.find_contacts(company, asked) if m.is_certain} == {one}
