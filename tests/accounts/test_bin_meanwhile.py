"""What comes back from the bin when the world has gone on: merged parents, second tries, people without the right."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts import bin, companies, contacts, merging
from accounts.models import Contact, DuplicatePair, Removal, Site
from staff.models import Event
from tests.factories import make_company, make_deal, make_lead


@pytest.fixture
def aomine(sato):
    return companies.create_company({"name": "青嶺精工株式会社", "owner": sato}, by=sato)


@pytest.fixture
def winner(sato):
    return make_company("青嶺", owner=sato)


def back(record, sato):
    removal = bin.restore(Removal.objects.get(kind=record._meta.model_name, record_id=record.pk), by=sato)
    removal.refresh_from_db()
    return removal


def test_a_person_comes_back_to_where_the_company_lives_on(aomine, winner, sato):
    site = Site.objects.create(company=aomine, name="本社")
    person = contacts.create_contact(aomine, {"family_name": "小林", "site": site}, by=sato)
    bin.remove(person, by=sato)
    merging.merge_companies(winner, aomine, by=sato)

    person = back(person, sato)

    assert (person.company, person.deleted_at) == (winner, None)
    assert person.site is None or person.site.company == winner
    assert list(Contact.objects.active().filter(company=winner)) == [person]


def test_a_site_comes_back_to_where_the_company_lives_on(aomine, winner, sato):
    site = Site.objects.create(company=aomine, name="松本工場")
    bin.remove(site, by=sato)
    merging.merge_companies(winner, aomine, by=sato)

    site = back(site, sato)

    assert (site.company, site.deleted_at) == (winner, None)


def test_a_deal_comes_back_to_where_its_company_and_contact_live_on(aomine, winner, sato):
    person = contacts.create_contact(aomine, {"family_name": "小林"}, by=sato)
    other = contacts.create_contact(winner, {"family_name": "小林"}, by=sato)
    deal = make_deal(sato, "New lead", aomine, contact=person)
    bin.remove(deal, by=sato)
    merging.merge_companies(winner, aomine, by=sato)
    merging.merge_contacts(other, person, by=sato)

    deal = back(deal, sato)

    assert (deal.company, deal.contact, deal.deleted_at) == (winner, other, None)


def test_a_lead_comes_back_to_where_its_company_lives_on(aomine, winner, sato):
    lead = make_lead(sato, company=aomine, state="disqualified")
    bin.remove(lead, by=sato)
    merging.merge_companies(winner, aomine, by=sato)

    lead = back(lead, sato)

    assert (lead.company, lead.deleted_at) == (winner, None)


def test_restored_twice_is_restored_once(client, aomine, sato):
    removal = bin.remove(aomine, by=sato)
    client.force_login(sato)
    address = reverse("accounts:restoration", args=[removal.pk])

    for _time in range(2):
        assert client.post(address).url == aomine.get_absolute_url()

    assert Event.objects.filter(kind="record.restored").count() == 1


def test_removed_again_it_can_be_restored_again(aomine, sato):
    bin.restore(bin.remove(aomine, by=sato), by=sato)
    bin.restore(bin.remove(aomine, by=sato), by=sato)

    aomine.refresh_from_db()
    assert aomine.deleted_at is None


def test_who_may_not_change_it_may_not_restore_it(client, aomine, sato, tanaka, kobayashi):
    removal = bin.remove(aomine, by=sato)

    for person in (tanaka, kobayashi):
        client.force_login(person)
        answer = client.post(reverse("accounts:restoration", args=[removal.pk]))
        assert answer.status_code == 403
    removal.refresh_from_db()
    assert removal.restored_at is None


def test_what_one_may_not_see_does_not_exist_in_the_bin(client, ito, sato, tanaka):
    secret = companies.create_company({"name": "極秘電機", "owner": sato}, by=ito)
    companies.restrict(secret, [sato], [], by=ito)
    removal = bin.remove(secret, by=sato)
    client.force_login(tanaka)

    assert "極秘電機" not in client.get(reverse("accounts:bin")).content.decode()
    assert client.post(reverse("accounts:restoration", args=[removal.pk])).status_code == 404


def test_the_bin_is_narrowed_to_a_kind_and_to_words(client, aomine, watanabe, sato):
    person = contacts.create_contact(aomine, {"family_name": "小林"}, by=sato)
    for record in (person, make_company("みなと物流", owner=sato), make_company("東雲フーズ", owner=sato)):
        bin.remove(record, by=sato)
    client.force_login(watanabe)

    def shown(**params):
        text = client.get(reverse("accounts:bin"), params).content.decode()
        return [name for name in ("小林", "みなと物流", "東雲フーズ") if f"<b>{name}" in text]

    assert shown() == ["小林", "みなと物流", "東雲フーズ"]
    assert shown(kind="contact") == ["小林"]
    assert shown(kind="company", q="みなと") == ["みなと物流"]
    assert shown(kind="company", q="小林") == []
    assert shown(kind="nonsense", q="フーズ") == ["東雲フーズ"]
    # Taken out, it is the same list.
    taken = client.get(reverse("integrations:export", args=["bin"]), {"kind": "contact"})
    rows = b"".join(taken.streaming_content).decode().splitlines()
    assert len(rows) == 2
    assert "小林" in rows[1]


def test_everything_in_the_bin_is_called_by_a_word_of_the_reader(client, aomine, winner, sato):
    Site.objects.create(company=aomine, name="本社")
    DuplicatePair.objects.create(company_a=aomine, company_b=winner, score=60)
    removal = bin.remove(aomine, by=sato)

    assert dict(bin.moved_words(removal)) == {"拠点": 1, "名寄せの確認": 1}
    assert [kind.label for kind in bin.kinds()] == ["会社", "担当者", "事業部", "拠点", "案件", "リード"]
