from __future__ import annotations

import re

import pytest
from django.urls import reverse

from accounts import companies, merging
from accounts.models import Company, DuplicatePair, Merge, Site
from pipeline import deals
from tests.factories import make_company, make_contact, make_deal, make_lead


@pytest.fixture
def aomine(sato):
    return make_company("青嶺精工株式会社", owner=sato, industry="精密部品の製造")


@pytest.fixture
def factory(sato):
    return make_company("青嶺精工 松本工場", owner=sato, industry="製造業", employees=180, city="松本市")


@pytest.fixture
def page(client, watanabe):
    client.force_login(watanabe)
    return client


def url_of(a, b, kind="company"):
    return reverse("accounts:merge-new", args=[kind, a.pk, b.pk])


def test_the_page_shows_both_what_comes_out_and_what_goes_along(page, aomine, factory, sato):
    make_contact(factory, "小林")
    make_deal(sato, "New lead", factory)

    text = page.get(url_of(aomine, factory)).content.decode()

    for words in ("精密部品の製造", "製造業", "180", "案件 1", "人 1"):
        assert words in text
    assert not Merge.objects.exists()


def test_picks_are_what_is_merged(page, aomine, factory):
    sent = {"stays": "a", "pick-industry": "b", "pick-employees": "b", "pick-name": "a"}
    answer = page.post(url_of(aomine, factory), sent)

    assert (answer.status_code, answer.url) == (302, aomine.get_absolute_url())
    aomine.refresh_from_db()
    assert (aomine.name, aomine.industry, aomine.employees) == ("青嶺精工株式会社", "製造業", 180)


def test_the_other_may_be_the_one_that_stays(page, aomine, factory):
    page.post(url_of(aomine, factory), {"stays": "b", "pick-name": "a", "pick-industry": "a"})

    factory.refresh_from_db()
    assert (factory.name, factory.industry, factory.employees) == ("青嶺精工株式会社", "精密部品の製造", 180)
    assert list(Company.objects.active()) == [factory]


def test_turning_round_which_one_stays_turns_what_nobody_picked(page, aomine, factory):
    picks = {"pick-name": "a", "pick-industry": "b", "pick-employees": "b"}
    sent = {"stays": "b", "stayed": "a", **picks}

    text = page.get(url_of(aomine, factory), sent, headers={"HX-Request": "true"}).content.decode()

    # The name was A's by the rule; the industry was picked, employees has B alone.
    chosen = {key: re.search(rf'id="pick-{key}-(.)"[^>]* checked', text)[1] for key in ("name", "industry", "employees")}  # fmt: skip
    assert chosen == {"name": "b", "industry": "b", "employees": "b"}
    assert 'name="stayed" value="b"' in text
    page.post(url_of(aomine, factory), sent)
    factory.refresh_from_db()
    assert factory.name == "青嶺精工株式会社"  # what was sent to be done is done as it is


def test_a_choice_shows_what_would_come_out(page, aomine, factory):
    answer = page.get(url_of(aomine, factory), {"stays": "site-b"}, headers={"HX-Request": "true"})

    assert "松本工場" in answer.content.decode()
    assert "拠点にする" in answer.content.decode()


def test_a_branch_is_proposed_as_a_site_of_its_company_with_both_in_sight(page, aomine, factory):
    for a, b, stays in ((aomine, factory, "site-b"), (factory, aomine, "site-a")):
        text = page.get(url_of(a, b)).text
        assert f'id="stays-{stays}" name="stays" value="{stays}" checked' in text
        # Nothing is picked: the company stays as it is. What each says is there to compare all the same.
        assert "精密部品の製造" in text
        assert "製造業" in text
        assert 'name="pick-' not in text
        assert 'value="松本工場"' in text


@pytest.mark.parametrize("name", ["青嶺精工 本社", "青嶺精工 営業部", "(株)青嶺精工", "青嶺物流 松本工場"])
def test_a_head_office_a_department_and_another_name_are_no_branches(page, aomine, sato, name):
    text = page.get(url_of(aomine, make_company(name, owner=sato))).text

    assert 'id="stays-a" name="stays" value="a" checked' in text


def test_a_branch_becomes_a_site(page, aomine, factory):
    page.post(url_of(aomine, factory), {"stays": "site-b", "site_name": "松本"})

    assert Site.objects.get(company=aomine).name == "松本"


def test_the_toast_takes_it_back(page, aomine, factory):
    page.post(url_of(aomine, factory), {"stays": "a"})
    made = Merge.objects.get()
    assert (
        reverse("accounts:merge-undoing", args=[made.pk])
        in page.get(aomine.get_absolute_url()).content.decode()
    )

    page.post(reverse("accounts:merge-undoing", args=[made.pk]))

    assert Company.objects.active().count() == 2


def test_what_was_edited_since_is_asked_about_and_answered(page, aomine, factory, sato):
    made = merging.merge_companies(aomine, factory, by=sato)
    companies.edit_company(aomine, {"employees": 200}, {}, by=sato)
    undo = reverse("accounts:merge-undoing", args=[made.pk])

    assert page.post(undo).url == made.get_absolute_url()
    text = page.get(made.get_absolute_url()).content.decode()
    key = f"answer-accounts.company:{aomine.pk}:employees"
    assert key in text
    assert "200" in text

    page.post(undo, {key: "loser"})
    aomine.refresh_from_db()
    factory.refresh_from_db()
    assert (aomine.employees, factory.employees) == (None, 200)


def test_a_look_at_the_page_takes_nothing_back(page, aomine, factory, sato):
    made = merging.merge_companies(aomine, factory, by=sato)
    page.get(made.get_absolute_url())

    made.refresh_from_db()
    assert not made.is_undone


def test_a_row_that_was_added_since_is_asked_about(page, aomine, factory, sato):
    person = make_contact(factory, "小林")
    made = merging.merge_companies(aomine, factory, by=sato)
    person.refresh_from_db()
    deal = deals.create_deal(name="増設ライン", company=aomine, owner=sato, by=sato, contact=person)

    assert "増設ライン" in page.get(made.get_absolute_url()).content.decode()
    page.post(
        reverse("accounts:merge-undoing", args=[made.pk]), {f"answer-pipeline.deal:{deal.pk}": "winner"}
    )
    deal.refresh_from_db()
    assert deal.company == aomine


def test_the_queue_merges_field_by_field_and_goes_on(page, aomine, factory):
    pair = DuplicatePair.objects.create(company_a=aomine, company_b=factory, score=93)
    text = page.get(reverse("accounts:duplicate", args=[pair.pk])).content.decode()
    assert url_of(aomine, factory) in text

    answer = page.post(url_of(aomine, factory), {"stays": "a", "queue": "1"})

    assert answer.url == reverse("accounts:duplicates")
    pair.refresh_from_db()
    assert pair.state == "merged"


def test_a_merge_of_the_queue_that_is_taken_back_is_asked_there_again(page, aomine, factory):
    pair = DuplicatePair.objects.create(company_a=aomine, company_b=factory, score=80, verdict="probable")
    answer = page.post(url_of(aomine, factory), {"stays": "a", "queue": "1"}, follow=True)
    undo = re.search(r'action="(/merges/\d+/undoing/[^"]*)"', answer.content.decode())[1]

    answer = page.post(undo)

    pair.refresh_from_db()
    assert (pair.state, answer.url) == ("open", reverse("accounts:duplicate", args=[pair.pk]))


def test_somebody_who_saw_an_older_version_is_told(page, aomine, factory, sato):
    sent = {"stays": "a", "seen-a": aomine.version, "seen-b": factory.version}
    companies.edit_company(factory, {"industry": "卸売業"}, {}, by=sato)

    answer = page.post(url_of(aomine, factory), sent)

    assert answer.status_code == 409
    assert "卸売業" in answer.content.decode()
    assert not Merge.objects.exists()


def test_who_comes_second_hears_that_the_two_are_one_already(page, aomine, factory, ito):
    merging.merge(aomine, factory, by=ito)

    answer = page.post(url_of(aomine, factory), {"stays": "b"}, follow=True)

    assert answer.redirect_chain == [(aomine.get_absolute_url(), 302)]
    assert "別の人がすでに統合" in answer.content.decode()
    assert Merge.objects.count() == 1
    in_queue = page.post(url_of(aomine, factory), {"stays": "a", "queue": "1"})
    assert in_queue.url == reverse("accounts:duplicates")


def test_of_a_pair_of_which_one_was_merged_elsewhere_those_that_live_on_are_shown(
    page, aomine, factory, ito, sato
):
    third = make_company("青嶺グループ本社", owner=sato)
    merging.merge(third, factory, by=ito)

    assert page.get(url_of(aomine, factory)).url == url_of(aomine, third)
    companies.restrict(third, [], [], by=ito)
    Company.objects.filter(pk=third.pk).update(owner=None)
    assert page.get(url_of(aomine, factory)).status_code == 404


def test_two_corporate_numbers_are_refused_until_one_is_picked(page, aomine, factory):
    Company.objects.filter(pk=aomine.pk).update(corporate_number="7000012050002")
    Company.objects.filter(pk=factory.pk).update(corporate_number="9000012050000")

    assert page.post(url_of(aomine, factory), {"stays": "a"}).status_code == 422
    assert not Merge.objects.exists()
    answer = page.post(url_of(aomine, factory), {"stays": "a", "pick-corporate_number": "b"})

    assert answer.status_code == 302
    aomine.refresh_from_db()
    assert aomine.corporate_number == "9000012050000"


def test_a_lead_s_name_and_address_are_one_fact_each_and_phones_read_as_dialled(page, sato):
    a = make_lead(
        sato, family_name="森", given_name="翔太", phone="+81263221111", prefecture="長野県", city="松本市"
    )
    b = make_lead(sato, family_name="森", phone="+81263221112", prefecture="東京都")

    text = page.get(url_of(a, b, "lead")).text

    assert re.findall(r'role="rowheader">([^<]*)</th>', text)[2:5] == ["名前", "電話", "住所"]
    for words in ("森 翔太", "0263-22-1111", "0263-22-1112", "長野県松本市"):
        assert words in text
    page.post(url_of(a, b, "lead"), {"stays": "b", "pick-family_name": "a", "pick-postal_code": "a"})
    b.refresh_from_db()
    assert (b.given_name, b.city, b.phone) == ("翔太", "松本市", "+81263221112")


def test_every_question_of_an_unmerge_wants_an_answer(page, aomine, factory, sato, watanabe):
    merging.merge(aomine, factory, by=watanabe)
    for field, value in (("employees", 200), ("city", "塩尻市")):
        aomine.refresh_from_db()
        companies.edit_company(aomine, {field: value}, {field: getattr(aomine, field)}, by=sato)
    made = Merge.objects.get()

    answer = page.post(
        reverse("accounts:merge-undoing", args=[made.pk]),
        {f"answer-accounts.company:{aomine.pk}:employees": "loser"},
    )

    assert answer.status_code == 422
    assert "どの項目も選んでください" in answer.text
    made.refresh_from_db()
    assert not made.is_undone


def test_what_a_merged_company_was_known_by_is_the_survivors(client, aomine, factory, sato, watanabe, ito):
    merging.merge(aomine, factory, by=watanabe)
    companies.restrict(aomine, [], [], by=ito)
    old = reverse("accounts:company-known", args=[factory.pk])

    for person, answer in ((sato, (302, aomine.get_absolute_url())), (watanabe, (404, None))):
        client.force_login(person)
        response = client.get(old)
        assert (response.status_code, response.get("Location")) == answer


def test_who_may_not_change_both_does_not_merge_them(client, aomine, factory, sato):
    client.force_login(sato)

    assert client.post(url_of(aomine, factory), {"stays": "a"}).status_code == 403
    assert not Merge.objects.exists()


@pytest.mark.parametrize("kind", ["contact", "lead", "division"])
def test_every_kind_has_its_page(page, aomine, sato, kind):
    from accounts.models import Division

    make = {
        "contact": lambda: make_contact(aomine, "高木"),
        "lead": lambda: make_lead(sato),
        "division": lambda: Division.objects.create(company=aomine, name=f"部{Division.objects.count()}"),
    }[kind]
    a, b = make(), make()
    assert page.get(reverse("accounts:merge-partner", args=[kind, a.pk])).status_code == 200
    assert page.get(url_of(a, b, kind)).status_code == 200
    assert page.post(url_of(a, b, kind), {"stays": "a"}).status_code == 302
    made = Merge.objects.get()
    assert page.get(reverse("accounts:merges")).status_code == 200
    assert page.get(made.get_absolute_url()).status_code == 200
    page.post(reverse("accounts:merge-undoing", args=[made.pk]))
    made.refresh_from_db()
    assert made.is_undone
