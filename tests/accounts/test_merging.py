from __future__ import annotations

from datetime import date

import pytest
from django.apps import apps

from accounts import companies, contacts, duplicates, matching, merging, positions
from accounts.access import NotInUse
from accounts.merging import absorbed, kinds, relations
from accounts.models import (
    Company,
    Contact,
    DuplicatePair,
    Merge,
    MergeChange,
    Position,
    Site,
)
from activities import log, todos
from staff import access, events, versions
from staff.models import Event
from tests.accounts.merged import everything, settled
from tests.factories import make_company, make_contact, make_deal, make_lead

A, B = "7000012050002", "9000012050000"


# Everything that points -------------------------------------------------------------------------------


def test_every_relation_to_a_record_that_can_be_merged_has_a_declared_treatment():
    undeclared = [
        relation.key
        for kind in kinds.everything()
        for relation in relations.of(kind.model)
        if not relation.is_declared
    ]
    assert not undeclared, f"declare what a merge does with {undeclared} (see accounts/merging/relations.py)"


def test_no_treatment_is_declared_for_a_relation_that_there_is_not():
    known = {relation.key for kind in kinds.everything() for relation in relations.of(kind.model)}
    assert relations.declared() <= known


def test_relations_are_found_in_every_app():
    found = {relation.model._meta.app_label for relation in relations.of(Company)}
    assert found >= {"accounts", "pipeline", "leads", "activities", "integrations"}


# A merge ----------------------------------------------------------------------------------------------


def test_everything_of_the_loser_is_the_winners(aomine, factory, sato):
    person = make_contact(factory, "小林", "直樹")
    deal = make_deal(sato, "New lead", factory, contact=person)
    call = log.log_activity("call", by=sato, deal=deal)
    todo = todos.add_todo("折り返し", owner=sato, by=sato, due_on=date(2026, 12, 1), company=factory)
    lead = make_lead(sato, company=factory)

    made = merging.merge_companies(aomine, factory, by=sato)

    for row in (person, deal, call, todo, lead):
        row.refresh_from_db()
        assert row.company_id == aomine.pk, row
    factory.refresh_from_db()
    assert factory.merged_into_id == aomine.pk
    assert list(Company.objects.active()) == [aomine]
    assert made.moved == {
        "accounts.contact": 1, "pipeline.deal": 1, "activities.activity": 1, "activities.todo": 1, "leads.lead": 1,
    }  # fmt: skip
    event = Event.objects.get(kind="record.merged")
    assert (event.company_id, event.data["loser"], event.data["name"]) == (
        aomine.pk,
        factory.pk,
        factory.name,
    )
    assert event.after["employees"] == 180


def test_empty_fields_are_filled_and_others_kept(aomine, factory, sato):
    merging.merge_companies(aomine, factory, by=sato)

    aomine.refresh_from_db()
    assert aomine.domain == "aomine-seiko.example"
    assert aomine.address == "長野県松本市中央0-0-0"
    assert aomine.employees == 180
    assert aomine.industry == "精密部品の製造"
    assert aomine.notes == "名刺から"
    assert [row.name for row in aomine.former_names.all()] == ["(株)青嶺精工 松本工場"]


def test_picks_choose_field_by_field(aomine, factory, sato):
    picks = {"industry": "loser", "employees": "winner", "name": "青嶺精工 株式会社", "phone": "0263-11-1111"}
    merging.merge_companies(aomine, factory, by=sato, picks=picks)

    aomine.refresh_from_db()
    assert aomine.industry == "製造業"
    assert aomine.employees is None
    assert aomine.name == "青嶺精工 株式会社"
    assert aomine.phone == "+81263111111"
    assert {row.name for row in aomine.former_names.all()} == {"青嶺精工株式会社", "(株)青嶺精工 松本工場"}


def test_half_an_address_is_not_completed_by_another(aomine, factory, sato):
    aomine.prefecture, aomine.city = "長野県", "諏訪市"
    aomine.save()
    merging.merge_companies(aomine, factory, by=sato)

    aomine.refresh_from_db()
    assert aomine.address == "長野県諏訪市"


def test_both_notes_are_kept(aomine, factory, sato):
    aomine.notes = "古い付き合い"
    aomine.save()
    merging.merge_companies(aomine, factory, by=sato)

    aomine.refresh_from_db()
    assert aomine.notes == "古い付き合い\n\n名刺から"


def test_the_winner_is_found_by_the_name_of_the_loser(aomine, factory, sato):
    settled(aomine, factory)
    merging.merge_companies(aomine, factory, by=sato)

    found = matching.find_companies(matching.Candidate(name="(株)青嶺精工 松本工場"))
    assert [match.record for match in found] == [aomine]
    aomine.refresh_from_db()
    assert "松本工場" in aomine.search_text


def test_two_corporate_numbers_are_two_legal_entities(aomine, factory, sato):
    Company.objects.filter(pk=aomine.pk).update(corporate_number=A)
    Company.objects.filter(pk=factory.pk).update(corporate_number=B)
    before = everything()

    with pytest.raises(merging.TwoNumbers):
        merging.merge_companies(aomine, factory, by=sato)
    assert everything() == before
    assert not Merge.objects.exists()

    merging.merge_companies(aomine, factory, by=sato, picks={"corporate_number": "loser"})
    aomine.refresh_from_db()
    assert aomine.corporate_number == B


def test_the_winner_takes_over_the_number_of_the_loser(aomine, factory, sato):
    Company.objects.filter(pk=factory.pk).update(corporate_number=B)
    merging.merge_companies(aomine, factory, by=sato)

    aomine.refresh_from_db()
    assert aomine.corporate_number == B


def test_sites_of_one_name_become_one_with_their_people(aomine, factory, sato):
    ours = Site.objects.create(company=aomine, name="本社", phone="+81263000000")
    theirs = Site.objects.create(company=factory, name="本社", city="松本市")
    only = Site.objects.create(company=factory, name="諏訪")
    person = make_contact(factory, "小林", site=theirs)

    merging.merge_companies(aomine, factory, by=sato)

    person.refresh_from_db()
    assert (person.company, person.site) == (aomine, ours)
    assert list(aomine.sites.active()) == [ours, only]
    theirs.refresh_from_db()
    assert theirs.merged_into == ours


def test_one_person_written_down_at_both_becomes_one(aomine, factory, sato):
    ours = make_contact(aomine, "小林", "直樹", email="kobayashi@aomine-seiko.example")
    theirs = make_contact(factory, "小林", "直樹", email="kobayashi@aomine-seiko.example", title="課長")
    namesake = make_contact(factory, "小林", "直樹", email="n.kobayashi@aomine-seiko.example")

    merging.merge_companies(aomine, factory, by=sato)

    ours.refresh_from_db()
    theirs.refresh_from_db()
    assert (theirs.merged_into, ours.title) == (ours, "課長")
    assert set(Contact.objects.active().filter(company=aomine)) == {ours, namesake}


def test_who_saw_only_one_of_two_companies_does_not_see_the_result(aomine, factory, sato, tanaka, takahashi):
    companies.restrict(factory, [tanaka, takahashi], [], by=sato)
    companies.restrict(aomine, [takahashi], [], by=sato)

    merging.merge_companies(aomine, factory, by=sato)

    assert not Company.objects.visible_to(tanaka).filter(pk=aomine.pk).exists()
    assert Company.objects.visible_to(takahashi).filter(pk=aomine.pk).exists()
    assert Company.objects.visible_to(sato).filter(pk=aomine.pk).exists()


def test_an_open_company_that_takes_in_a_restricted_one_is_restricted(
    aomine, factory, sato, tanaka, takahashi
):
    companies.restrict(factory, [takahashi], [], by=sato)

    merging.merge_companies(aomine, factory, by=sato)

    aomine.refresh_from_db()
    assert aomine.is_restricted
    assert not Company.objects.visible_to(tanaka).filter(pk=aomine.pk).exists()
    assert Company.objects.visible_to(takahashi).filter(pk=aomine.pk).exists()


def test_an_owner_who_may_not_see_the_restricted_one_does_not_own_the_result(factory, sato, tanaka, ito):
    theirs = make_company("青嶺精工", owner=tanaka)
    companies.restrict(factory, [], [], by=sato)

    merging.merge_companies(theirs, factory, by=ito)

    theirs.refresh_from_db()
    assert theirs.owner == sato
    assert not Company.objects.visible_to(tanaka).filter(pk=theirs.pk).exists()


def test_questions_about_the_loser_are_asked_about_the_winner(aomine, factory, sato, watanabe):
    third = make_company("青嶺")
    ab = DuplicatePair.objects.create(company_a=aomine, company_b=factory, score=93)
    bc = DuplicatePair.objects.create(
        company_a=factory,
        company_b=third,
        score=60,
        reasons=[{"key": "name", "points": 1, "a": "x", "b": "y"}],
    )
    merging.merge_companies(aomine, factory, by=watanabe, pair=ab)

    ab.refresh_from_db()
    bc.refresh_from_db()
    assert (ab.state, ab.decided_by) == ("merged", watanabe)
    assert (bc.company_a, bc.company_b, bc.state) == (aomine, third, "open")


def test_who_is_another_than_the_loser_is_another_than_the_winner(aomine, factory, sato, watanabe):
    third = make_company("青嶺")
    ac = DuplicatePair.objects.create(company_a=aomine, company_b=third, score=60)
    bc = DuplicatePair.objects.create(company_a=factory, company_b=third, score=60)
    duplicates.decide(bc, "different", by=watanabe)

    merging.merge_companies(aomine, factory, by=watanabe)

    ac.refresh_from_db()
    assert (ac.state, ac.decided_by) == ("different", watanabe)
    assert not DuplicatePair.objects.filter(pk=bc.pk).exists()


def test_somebody_else_has_edited_meanwhile(aomine, factory, sato):
    seen = (aomine.version, factory.version)
    companies.edit_company(factory, {"industry": "卸売業"}, {}, by=sato)

    with pytest.raises(versions.Stale):
        merging.merge_companies(aomine, factory, by=sato, seen=seen)
    assert not Merge.objects.exists()


def test_what_was_merged_away_is_not_merged_again(aomine, factory, sato):
    merging.merge_companies(aomine, factory, by=sato)

    with pytest.raises(merging.Absorbed):
        merging.merge_companies(make_company("別"), factory, by=sato)
    assert Merge.objects.count() == 1


def test_an_address_leads_on_over_several_merges(aomine, factory, sato):
    third = make_company("青嶺")
    merging.merge_companies(factory, third, by=sato)
    merging.merge_companies(aomine, factory, by=sato)

    third.refresh_from_db()
    assert absorbed.survivor(third) == aomine
    assert absorbed.ids(aomine) == [aomine.pk, factory.pk, third.pk]


def test_a_merge_names_only_models_that_exist(world, sato):
    merging.merge_companies(*world, by=sato)

    for table in MergeChange.objects.values_list("table", flat=True):
        assert apps.get_model(table)


# On screen ----------------------------------------------------------------------------------------------


def test_the_address_of_a_merged_company_leads_to_the_one_it_lives_on_in(aomine, factory, sato, client):
    third = make_company("青嶺")
    merging.merge_companies(factory, third, by=sato)
    merging.merge_companies(aomine, factory, by=sato)
    client.force_login(sato)

    answer = client.get(third.get_absolute_url())

    assert (answer.status_code, answer.url) == (302, aomine.get_absolute_url())


def test_nobody_is_led_to_a_company_closed_to_them(aomine, factory, sato, tanaka, client):
    merging.merge_companies(aomine, factory, by=sato)
    aomine.refresh_from_db()
    companies.restrict(aomine, [], [], by=sato)
    client.force_login(tanaka)

    answer = client.get(factory.get_absolute_url())

    assert answer.status_code == 404


def test_people_and_leads_lead_on_too(aomine, sato, client):
    ours, theirs = make_contact(aomine, "高木"), make_contact(aomine, "髙木")
    lead, other = make_lead(sato), make_lead(sato)
    merging.merge_contacts(ours, theirs, by=sato)
    merging.merge(lead, other, by=sato)
    client.force_login(sato)

    assert client.get(theirs.get_absolute_url()).url == ours.get_absolute_url()
    assert client.get(other.get_absolute_url()).url == lead.get_absolute_url()


def test_the_timeline_tells_what_happened_to_both(aomine, factory, sato, client):
    companies.edit_company(factory, {"industry": "卸売業"}, {}, by=sato)
    merging.merge_companies(aomine, factory, by=sato)

    told = [event.kind for event in events.timeline(sato, company=absorbed.ids(aomine))]
    assert told == ["record.merged", "company.edited"]


def test_nothing_is_written_to_a_company_that_was_merged_away(aomine, factory, sato):
    merging.merge_companies(aomine, factory, by=sato)

    with pytest.raises(NotInUse):
        companies.edit_company(factory, {"industry": "卸売業"}, {}, by=sato)


def test_who_may_change_both_may_merge_them(aomine, factory, sato, tanaka, watanabe, kobayashi, ito):
    theirs = make_company("青嶺", owner=tanaka)
    everyone = (sato, tanaka, watanabe, kobayashi, ito)
    assert [p.family_name for p in everyone if access.allows(p, "merge", [aomine, factory])] == [
        "渡辺",
        "伊藤",
    ]
    assert [p.family_name for p in everyone if access.allows(p, "merge", [aomine, theirs])] == [
        "渡辺",
        "伊藤",
    ]
    made = merging.merge_companies(aomine, factory, by=ito)
    assert [p.family_name for p in everyone if access.allows(p, "unmerge", made)] == ["渡辺", "伊藤"]


def test_one_person_holds_one_position(aomine, factory, sato):
    ours, theirs = make_contact(aomine, "高木", title="部長"), make_contact(aomine, "髙木", title="課長")
    elsewhere = make_contact(factory, "高木")
    Position.objects.bulk_create(positions.begin([ours, theirs, elsewhere]))
    contacts.recompute([ours, theirs, elsewhere])
    before = everything()

    first = merging.merge_contacts(ours, theirs, by=sato)
    second = merging.merge_contacts(ours, elsewhere, by=sato)

    rows = Position.objects.filter(contact=ours)
    assert [(row.company, row.title) for row in rows.filter(until_on=None)] == [(aomine, "部長")]
    assert [row.company for row in rows.exclude(until_on=None)] == [factory]
    merging.unmerge(second, by=sato)
    merging.unmerge(first, by=sato)
    assert everything() == before
