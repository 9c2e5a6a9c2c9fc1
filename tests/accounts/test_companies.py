import threading
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections

from accounts import companies
from accounts.models import Company, CompanyName, DuplicatePair, FactsQuestion, MatchKey
from staff import versions
from staff.models import Event

NUMBER = "7010601060823"
TOKYO = ZoneInfo("Asia/Tokyo")


def keys_of(company):
    return set(MatchKey.objects.filter(company=company).values_list("kind", "value"))


def test_a_company_is_stored_normalised_with_its_keys_and_event(sato):
    at = datetime(2026, 4, 1, 9, tzinfo=TOKYO)

    company = companies.create_company(
        {
            "name": " （株）青嶺精工 ",
            "kana": "アオミネセイコウ",
            "phone": "０２６３－２２－１１１１",
            "domain": "info@www.aomine-seiko.co.jp",
            "corporate_number": "T7010601060823",
            "address": "長野県松本市中央一丁目2番3号",
            "employees": "180",
        },
        by=sato,
        at=at,
    )

    company.refresh_from_db()
    assert company.name == "（株）青嶺精工"
    assert company.name_key == "青嶺精工"
    assert company.sort_key == "アオミネセイコウ"
    assert company.phone == "+81263221111"
    assert company.domain == "aomine-seiko.co.jp"
    assert company.corporate_number == NUMBER
    assert (company.prefecture, company.city, company.street) == ("長野県", "松本市", "中央一丁目2番3号")
    assert company.employees == 180
    assert company.created_at == at
    assert keys_of(company) == {
        ("name", "青嶺精工"),
        ("sound", "aomineseko"),
        ("phone", "+81263221111"),
        ("domain", "aomine-seiko.co.jp"),
        ("number", NUMBER),
    }
    event = Event.objects.get()
    assert (event.kind, event.company_id, event.actor_id, event.happened_at) == (
        "company.created",
        company.pk,
        sato.pk,
        at,
    )


def test_values_that_are_none_are_refused_by_field_and_nothing_is_created(sato):
    with pytest.raises(ValidationError) as refusal:
        companies.create_company(
            {"name": "", "phone": "内線のみ", "corporate_number": "7010601060824", "postal_code": "12"},
            by=sato,
        )

    assert set(refusal.value.message_dict) == {"name", "phone", "corporate_number", "postal_code"}
    assert not Company.objects.exists()
    assert not Event.objects.exists()


def test_free_mail_tells_no_domain(sato):
    company = companies.create_company({"name": "青嶺精工", "domain": "aomine@gmail.com"}, by=sato)
    assert company.domain == ""


def test_a_corporate_number_names_one_company(sato):
    first = companies.create_company({"name": "青嶺精工", "corporate_number": NUMBER}, by=sato)

    with pytest.raises(companies.NumberTaken) as refusal:
        companies.create_many([{"name": "甲"}, {"name": "乙", "corporate_number": NUMBER}], by=sato)

    assert refusal.value.company == first
    assert Company.objects.count() == 1


def test_a_corporate_number_may_not_stand_twice_in_one_batch(sato):
    with pytest.raises(companies.NumberTaken):
        companies.create_many([{"name": n, "corporate_number": NUMBER} for n in "甲乙"], by=sato)
    assert not Company.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_create_the_same_corporate_number_at_once_one_is_refused(sato):
    start, outcomes = threading.Barrier(2), []

    def create(name):
        start.wait()
        try:
            companies.create_company({"name": name, "corporate_number": NUMBER}, by=sato)
            outcomes.append("created")
        except companies.NumberTaken as refusal:
            outcomes.append(refusal.company.corporate_number)
        finally:
            connections.close_all()

    people = [threading.Thread(target=create, args=[name]) for name in ("甲商事", "乙商事")]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert sorted(outcomes) == [NUMBER, "created"]
    assert Company.objects.count() == 1
    assert Event.objects.filter(kind="company.created").count() == 1


def test_many_companies_cost_as_many_statements_as_few(sato, django_assert_max_num_queries):
    rows = [{"name": f"会社{n}", "phone": f"0263-22-{n:04}"} for n in range(300)]

    with django_assert_max_num_queries(10):
        made = companies.create_many(rows, by=sato)

    assert [c.name for c in made][:2] == ["会社0", "会社1"]
    assert set(MatchKey.objects.values_list("kind", flat=True)) == {"name", "phone", "sound"}
    assert Event.objects.count() == 300


def test_an_edit_changes_what_the_person_changed_and_remembers_the_name(sato):
    company = companies.create_company({"name": "青嶺精機株式会社", "industry": "機械"}, by=sato)

    edited = companies.edit_company(
        company, {"name": "青嶺精工株式会社"}, {"name": "青嶺精機株式会社"}, by=sato
    )

    assert (edited.name, edited.name_key, edited.version) == ("青嶺精工株式会社", "青嶺精工", 2)
    assert [n.name for n in edited.former_names.all()] == ["青嶺精機株式会社"]
    assert ("name", "青嶺精機") in keys_of(company)
    assert "青嶺精機" in edited.search_text
    event = Event.objects.latest("id")
    assert (event.kind, event.before, event.after) == (
        "company.renamed",
        {"name": "青嶺精機株式会社"},
        {"name": "青嶺精工株式会社"},
    )


def test_two_edits_of_different_fields_both_stay(sato, tanaka):
    company = companies.create_company({"name": "青嶺精工", "industry": "機械", "employees": 100}, by=sato)
    base = {"industry": "機械", "employees": 100}

    companies.edit_company(company, {"industry": "精密機械", "employees": 100}, base, by=sato)
    companies.edit_company(company, {"industry": "機械", "employees": 180}, base, by=tanaka)

    company.refresh_from_db()
    assert (company.industry, company.employees) == ("精密機械", 180)


def test_two_edits_of_one_field_are_shown_to_the_second(sato, tanaka):
    company = companies.create_company({"name": "青嶺精工", "industry": "機械"}, by=sato)
    companies.edit_company(company, {"industry": "精密機械"}, {"industry": "機械"}, by=sato)

    with pytest.raises(versions.Conflict) as refusal:
        companies.edit_company(company, {"industry": "製造"}, {"industry": "機械"}, by=tanaka)

    assert refusal.value.fields == {"industry": ("製造", "精密機械")}
    company.refresh_from_db()
    assert company.industry == "精密機械"


def test_a_new_company_like_another_is_put_into_the_queue(sato):
    first = companies.create_company({"name": "青嶺精工株式会社", "phone": "0263-22-1111"}, by=sato)
    second = companies.create_company({"name": "㈱青嶺精工", "phone": "(0263)22-1111"}, by=sato)

    pair = DuplicatePair.objects.get()
    assert (pair.company_a, pair.company_b, pair.score, pair.source) == (first, second, 99, "form")
    assert [r["key"] for r in pair.reasons] == ["name", "phone", "only"]


# Other sources -----------------------------------------------------------------------------------


def test_another_source_fills_what_is_empty_and_changes_nothing_else(sato):
    company = companies.create_company({"name": "青嶺精工株式会社", "industry": "機械"}, by=sato)

    companies.append(
        company,
        {"name": "(株)青嶺精工", "kana": "アオミネセイコウ", "industry": "製造", "phone": "0263-22-1111"},
        by=sato,
        source="exhibition.xlsx",
    )

    company.refresh_from_db()
    assert (company.name, company.industry) == ("青嶺精工株式会社", "機械")
    assert (company.kana, company.phone) == ("アオミネセイコウ", "+81263221111")
    assert ("phone", "+81263221111") in keys_of(company)
    assert Event.objects.latest("id").after == {"kana": "アオミネセイコウ", "phone": "+81263221111"}


def test_an_address_is_not_mixed_from_two(sato):
    company = companies.create_company({"name": "青嶺精工", "prefecture": "長野県"}, by=sato)

    companies.append(company, {"prefecture": "東京都", "city": "港区"}, by=sato)

    company.refresh_from_db()
    assert (company.prefecture, company.city) == ("長野県", "")


def test_the_same_source_again_changes_nothing(sato):
    company = companies.create_company({"name": "青嶺精工"}, by=sato)
    companies.append(company, {"name": "青嶺精工", "phone": "0263-22-1111"}, by=sato)
    before = Event.objects.count()

    companies.append(company, {"name": "青嶺精工", "phone": "0263-22-1111"}, by=sato)

    company.refresh_from_db()
    assert company.version == 2
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    ("day", "outcome", "name", "former"),
    [
        (date(2025, 1, 1), "current", "青嶺精工株式会社", ["青嶺精機株式会社"]),
        (date(2020, 1, 1), "former", "青嶺精機株式会社", ["青嶺精工株式会社"]),
        (date(2023, 5, 1), "ambiguous", "青嶺精機株式会社", ["青嶺精工株式会社"]),
        (None, "former", "青嶺精機株式会社", ["青嶺精工株式会社"]),
    ],
)
def test_the_later_name_is_the_current_one(day, outcome, name, former, sato):
    company = companies.create_company({"name": "青嶺精機株式会社", "changed_on": date(2023, 5, 1)}, by=sato)

    assert companies.record_name(company, "青嶺精工株式会社", day, by=sato) == outcome

    company.refresh_from_db()
    assert company.name == name
    assert [n.name for n in company.former_names.all()] == former
    assert FactsQuestion.objects.count() == (outcome == "ambiguous")
    assert {("name", "青嶺精機"), ("name", "青嶺精工")} <= keys_of(company)
    # The search finds it by either name.
    assert "青嶺精機" in company.search_text
    assert "青嶺精工" in company.search_text


def test_a_company_that_takes_its_old_name_again_has_it_no_longer_as_a_former_one(sato):
    company = companies.create_company({"name": "甲商事", "changed_on": date(2020, 1, 1)}, by=sato)

    companies.append_many(
        [
            (company, {"name": "乙商事", "changed_on": date(2021, 1, 1)}),
            (company, {"name": "甲商事", "changed_on": date(2022, 1, 1)}),
        ],
        by=sato,
    )

    company.refresh_from_db()
    assert (company.name, company.changed_on) == ("甲商事", date(2022, 1, 1))
    assert [n.name for n in CompanyName.objects.all()] == ["乙商事"]


def test_a_later_row_of_the_register_brings_the_new_address(sato):
    company = companies.create_company(
        {"name": "甲", "prefecture": "長野県", "city": "松本市", "changed_on": date(2020, 1, 1)}, by=sato
    )

    companies.append(
        company,
        {"name": "甲", "prefecture": "東京都", "city": "港区", "changed_on": date(2022, 1, 1)},
        by=sato,
    )

    company.refresh_from_db()
    assert (company.prefecture, company.city) == ("東京都", "港区")


# Who sees it -------------------------------------------------------------------------------------


def test_a_restricted_company_is_seen_by_those_it_was_given_to(
    sato, takahashi, tanaka, watanabe, kobayashi, ito, team_two
):
    company = companies.create_company({"name": "青嶺精工", "owner": sato}, by=sato)

    companies.restrict(company, [], [team_two], by=sato)

    seen = {
        person.family_name
        for person in (sato, takahashi, tanaka, watanabe, kobayashi, ito)
        if Company.objects.visible_to(person).filter(pk=company.pk).exists()
    }
    assert seen == {"佐藤", "田中", "渡辺", "小林", "伊藤"}
    event = Event.objects.latest("id")
    assert (event.kind, event.after) == (
        "company.restricted",
        {"is_restricted": True, "given": ["営業二課"]},
    )


def test_an_opened_company_is_seen_by_all_again(sato, tanaka):
    company = companies.create_company({"name": "青嶺精工", "owner": sato}, by=sato)
    companies.restrict(company, [], [], by=sato)
    assert not Company.objects.visible_to(tanaka).exists()

    companies.open_to_all(company, by=sato)

    assert Company.objects.visible_to(tanaka).get() == company


def test_a_site_of_another_company_s_division_is_refused(sato):
    one = companies.create_company({"name": "甲"}, by=sato)
    division = companies.add_division(companies.create_company({"name": "乙"}, by=sato), "生産本部", by=sato)

    with pytest.raises(ValidationError):
        companies.add_site(one, "第一工場", division=division, by=sato)
    assert not one.sites.exists()


def test_a_site_is_named_once(sato):
    company = companies.create_company({"name": "甲"}, by=sato)
    division = companies.add_division(company, "生産本部", by=sato)

    first = companies.add_site(
        company, "第一工場", division=division, address="長野県松本市中央1-2-3", by=sato
    )
    again = companies.add_site(company, " 第一工場 ", by=sato)

    assert again == first
    assert first.city == "松本市"
    assert [e.kind for e in Event.objects.order_by("id")][1:] == [
        "company.division_added",
        "company.site_added",
    ]
    assert connection.in_atomic_block


def test_who_has_one_of_very_many_numbers_is_found_by_their_index(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = companies._having([f"{n:013}" for n in range(500)]).explain()

    assert "corporate_number_names_one_company" in plan
