from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from accounts import bin, companies, contacts, matching, merging
from accounts.models import Company, Contact, Division, DuplicatePair, Removal, Site
from activities import todos
from activities.models import Todo
from leads.models import Lead
from pipeline.models import Deal
from staff import access, search, versions
from staff.models import Event
from tests.accounts.merged import everything
from tests.factories import make_company, make_contact, make_deal, make_lead


@pytest.fixture
def aomine(sato):
    return companies.create_company({"name": "青嶺精工株式会社", "owner": sato}, by=sato)


@pytest.fixture
def world(aomine, sato):
    site = Site.objects.create(company=aomine, name="本社")
    Division.objects.create(company=aomine, name="生産本部")
    person = contacts.create_contact(aomine, {"family_name": "小林", "site": site}, by=sato)
    deal = make_deal(sato, "Lost", aomine, contact=person)
    todos.add_todo("年賀状", owner=sato, by=sato, due_on=date(2026, 12, 1), company=aomine)
    make_lead(sato, company=aomine, state="disqualified")
    DuplicatePair.objects.create(company_a=aomine, company_b=make_company("青嶺"), score=60)
    return deal


def test_a_company_goes_into_the_bin_with_all_that_hangs_on_it(aomine, world, sato):
    removal = bin.remove(aomine, by=sato)

    assert not Company.objects.active().filter(pk=aomine.pk).exists()
    assert not Contact.objects.active().exists()
    assert not Deal.objects.visible_to(sato).exists()
    assert not Lead.objects.kept().exists()
    assert not Todo.objects.exists()
    assert not DuplicatePair.objects.exists()
    assert removal.moved == {
        "accounts.division": 1, "accounts.site": 1, "accounts.contact": 1, "accounts.duplicatepair": 1,
        "pipeline.deal": 1, "leads.lead": 1, "activities.todo": 1,
    }  # fmt: skip
    assert Event.objects.get(kind="record.removed").company_id == aomine.pk


def test_it_is_found_by_nothing(aomine, world, sato):
    bin.remove(aomine, by=sato)

    assert search.find(sato, "青嶺精工") == []
    assert matching.find_companies(matching.Candidate(name="青嶺精工")) == []


def test_restored_everything_is_as_it_was(aomine, world, sato):
    before = everything()
    removal = bin.remove(aomine, by=sato)

    bin.restore(removal, by=sato)

    assert everything() == before
    assert Event.objects.filter(kind="record.restored").exists()


def test_what_was_in_the_bin_before_stays_there(aomine, world, sato):
    person = make_contact(aomine, "森")
    bin.remove(person, by=sato)
    removal = bin.remove(aomine, by=sato)

    bin.restore(removal, by=sato)

    person.refresh_from_db()
    assert person.deleted_at is not None


def test_a_person_does_not_come_back_without_the_company(aomine, sato):
    person = make_contact(aomine, "森")
    removal = bin.remove(person, by=sato)
    bin.remove(aomine, by=sato)

    with pytest.raises(bin.Refused):
        bin.restore(removal, by=sato)


def test_a_company_is_not_removed_under_an_open_deal(aomine, sato):
    make_deal(sato, "New lead", aomine)

    with pytest.raises(bin.Refused, match="1"):
        bin.remove(aomine, by=sato)
    aomine.refresh_from_db()
    assert aomine.deleted_at is None
    assert not Removal.objects.exists()


def test_a_company_is_not_removed_under_a_lead_in_hand(aomine, sato):
    make_lead(sato, company=aomine)

    with pytest.raises(bin.Refused):
        bin.remove(aomine, by=sato)


def test_a_site_with_people_is_not_removed(aomine, sato):
    site = Site.objects.create(company=aomine, name="本社")
    make_contact(aomine, "森", site=site)

    with pytest.raises(bin.Refused):
        bin.remove(site, by=sato)


def test_a_number_that_another_company_has_by_now_is_said(aomine, sato):
    companies.edit_company(aomine, {"corporate_number": "9000012050000"}, {}, by=sato)
    removal = bin.remove(aomine, by=sato)
    companies.create_company({"name": "別会社", "corporate_number": "9000012050000"}, by=sato)

    with pytest.raises(bin.Refused):
        bin.restore(removal, by=sato)
    removal.refresh_from_db()
    assert removal.restored_at is None


def test_somebody_else_has_edited_meanwhile(aomine, sato):
    seen = aomine.version
    companies.edit_company(aomine, {"industry": "卸売業"}, {}, by=sato)

    with pytest.raises(versions.Stale):
        bin.remove(aomine, by=sato, seen=seen)


def test_a_deal_goes_with_its_todos_and_comes_back(sato):
    deal = make_deal(sato, "New lead")
    todo = todos.add_todo("電話", owner=sato, by=sato, due_on=date(2026, 12, 1), deal=deal)
    removal = bin.remove(deal, by=sato)
    assert not Deal.objects.visible_to(sato).exists()
    assert not Todo.objects.exists()

    bin.restore(removal, by=sato)
    assert Todo.objects.get() == todo


def test_who_may_edit_may_remove(aomine, sato, takahashi, tanaka, watanabe, kobayashi, ito):
    everyone = (sato, takahashi, tanaka, watanabe, kobayashi, ito)
    assert [p.family_name for p in everyone if access.allows(p, "remove", aomine)] == ["佐藤", "渡辺", "伊藤"]
    won = make_deal(sato, "Won")
    assert [p.family_name for p in everyone if access.allows(p, "remove", won)] == ["渡辺", "伊藤"]
    removal = bin.remove(aomine, by=sato)
    assert [p.family_name for p in everyone if access.allows(p, "restore", removal)] == [
        "佐藤",
        "渡辺",
        "伊藤",
    ]


def test_a_company_that_took_in_another_comes_back_with_the_merge(aomine, sato):
    made = merging.merge_companies(aomine, make_company("青嶺", owner=sato), by=sato)
    removal = bin.remove(aomine, by=sato)

    with pytest.raises(merging.Absorbed):
        merging.unmerge(made, by=sato)
    bin.restore(removal, by=sato)
    merging.unmerge(made, by=sato)
    assert Company.objects.active().count() == 2


# On screen -----------------------------------------------------------------------------------------


def test_the_toast_of_a_removal_brings_it_back(client, aomine, sato):
    client.force_login(sato)

    answer = client.post(reverse("accounts:removal", args=["company", aomine.pk]))
    removal = Removal.objects.get()
    assert answer.status_code == 302
    back = reverse("accounts:restoration", args=[removal.pk])
    assert back in client.get(answer.url).content.decode()

    client.post(back)
    aomine.refresh_from_db()
    assert aomine.deleted_at is None


def test_the_bin_tells_what_hangs_on_it_and_how_long_it_is_kept(client, aomine, world, sato, tanaka):
    bin.remove(aomine, by=sato)
    client.force_login(sato)
    text = client.get(reverse("accounts:bin")).content.decode()
    assert "青嶺精工株式会社" in text
    assert "佐藤" in text


def test_the_address_of_a_removed_company_leads_to_the_bin(client, aomine, sato):
    bin.remove(aomine, by=sato)
    client.force_login(sato)
    assert client.get(aomine.get_absolute_url()).url == reverse("accounts:bin")


def test_a_refusal_is_told_on_the_page(client, aomine, sato):
    make_deal(sato, "New lead", aomine)
    client.force_login(sato)

    answer = client.post(reverse("accounts:removal", args=["company", aomine.pk]), follow=True)

    assert "未完了" in answer.content.decode() or "案件" in answer.content.decode()
    assert not Removal.objects.exists()


def test_another_team_does_not_see_a_removed_deal(client, sato, tanaka):
    deal = make_deal(sato, "New lead", name="秘密の案件")
    bin.remove(deal, by=sato)
    client.force_login(tanaka)

    assert "秘密の案件" not in client.get(reverse("accounts:bin")).content.decode()
    assert client.post(reverse("accounts:restoration", args=[Removal.objects.get().pk])).status_code == 404
