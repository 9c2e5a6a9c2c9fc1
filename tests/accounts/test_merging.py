from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from accounts import companies, contacts, duplicates, matching, merging, positions
from accounts.access import NotInUse
from accounts.merging import absorbed, kinds, relations
from accounts.models import (
    Company,
    CompanyAccess,
    CompanyName,
    Contact,
    Division,
    DuplicatePair,
    FactsQuestion,
    FurtherValue,
    MatchKey,
    Merge,
    MergeChange,
    Position,
    Site,
)
from activities import log, todos
from activities.models import Activity, Todo
from leads.models import Lead, Touch
from pipeline import deals
from pipeline.models import Deal
from staff import access, events, versions
from staff.models import Event
from tests.factories import make_company, make_contact, make_deal, make_lead

A, B = "7000012050002", "9000012050000"


@pytest.fixture
def aomine(sato):
    return make_company(
        "青嶺精工株式会社",
        owner=sato,
        kana="アオミネセイコウ",
        phone="+81263000000",
        industry="精密部品の製造",
    )


@pytest.fixture
def factory(sato):
    return make_company(
        "(株)青嶺精工 松本工場", owner=sato, domain="aomine-seiko.example", prefecture="長野県",
        city="松本市", street="中央0-0-0", industry="製造業", employees=180, notes="名刺から",
    )  # fmt: skip


def everything() -> dict[str, dict[int, Any]]:
    """All rows of everything a merge may touch, as they are."""
    seen = {}
    for model in (
        Company, CompanyName, FurtherValue, CompanyAccess, Division, Site, Contact, Position, DuplicatePair, FactsQuestion, Lead,
        Deal, Activity, Todo, Touch,
    ):  # fmt: skip
        rows = model._default_manager.order_by("pk").values()
        seen[model.__name__] = {
            row["id"]: {k: v for k, v in row.items() if k not in ("version", "score", "score_reasons")}
            for row in rows
        }
    # Former names stand in the text in no order.
    for kind in seen.values():
        for row in kind.values():
            if "search_text" in row:
                row["search_text"] = sorted(row["search_text"].split())
    keys = MatchKey.objects.order_by("kind", "value", "company", "contact")
    seen["keys"] = dict(enumerate(keys.values_list("kind", "value", "company", "contact")))
    return seen


def settled(*records: Company) -> None:
    """What factories leave out: keys and search, as the domain functions write them."""
    companies.recompute(list(records))


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


# And back ---------------------------------------------------------------------------------------------


@pytest.fixture
def world(aomine, factory, sato, takahashi):
    """Both with children of every kind, some of them the same."""
    for company in (aomine, factory):
        division = Division.objects.create(company=company, name="生産本部")
        site = Site.objects.create(company=company, name="本社", division=division)
        person = make_contact(company, "小林", "直樹", email="k@aomine-seiko.example", site=site)
        deal = make_deal(sato, "New lead", company, contact=person, division=division, site=site)
        log.log_activity("call", by=sato, deal=deal)
        todos.add_todo("電話", owner=sato, by=sato, due_on=date(2026, 12, 1), deal=deal)
        make_lead(sato, company=company, contact=person)
        CompanyName.objects.create(company=company, name="アオミネ", name_key="アオミネ")
    third = make_company("青嶺")
    DuplicatePair.objects.create(company_a=aomine, company_b=factory, score=93)
    DuplicatePair.objects.create(company_a=factory, company_b=third, score=60, reasons=[])
    companies.restrict(factory, [takahashi], [], by=sato)
    settled(aomine, factory, third)
    contacts.recompute(list(Contact.objects.all()))
    return aomine, factory


def test_taken_back_everything_is_as_it_was(world, sato):
    aomine, factory = world
    before = everything()

    made = merging.merge_companies(aomine, factory, by=sato, picks={"industry": "loser"})
    assert everything() != before
    merging.unmerge(made, by=sato)

    assert everything() == before
    made.refresh_from_db()
    assert made.undone_by == sato
    parted = Event.objects.filter(kind="record.parted").order_by("pk")
    assert [e.company_id for e in parted] == [aomine.pk, factory.pk]


def test_it_is_taken_back_once(world, sato):
    made = merging.merge_companies(*world, by=sato)
    merging.unmerge(made, by=sato)

    with pytest.raises(merging.AlreadyUndone):
        merging.unmerge(made, by=sato)


def test_what_was_edited_on_the_winner_since_stays_there(aomine, factory, sato):
    made = merging.merge_companies(aomine, factory, by=sato)
    companies.edit_company(aomine, {"industry": "金属加工"}, {}, by=sato)

    merging.unmerge(made, by=sato)

    aomine.refresh_from_db()
    factory.refresh_from_db()
    assert (aomine.industry, factory.industry) == ("金属加工", "製造業")
    assert (aomine.domain, factory.domain) == ("", "aomine-seiko.example")


@pytest.mark.parametrize(("answer", "ours", "theirs"), [("winner", 200, 180), ("loser", None, 200)])
def test_an_edited_value_that_came_from_the_loser_is_asked_about(aomine, factory, sato, answer, ours, theirs):
    made = merging.merge_companies(aomine, factory, by=sato)
    companies.edit_company(aomine, {"employees": 200}, {}, by=sato)
    before = everything()

    with pytest.raises(merging.NeedsAnswers) as asked:
        merging.unmerge(made, by=sato)
    [question] = asked.value.questions
    assert (question.column, question.before, question.merged, question.now) == ("employees", None, 180, 200)
    assert everything() == before

    merging.unmerge(made, by=sato, answers={question.key: answer})
    aomine.refresh_from_db()
    factory.refresh_from_db()
    assert (aomine.employees, factory.employees) == (ours, theirs)


def test_children_added_since_stay_with_the_winner(aomine, factory, sato):
    made = merging.merge_companies(aomine, factory, by=sato)
    person = make_contact(aomine, "森")

    merging.unmerge(made, by=sato)

    person.refresh_from_db()
    assert person.company == aomine


@pytest.mark.parametrize("answer", ["winner", "loser"])
def test_a_deal_added_since_with_a_person_of_the_loser_is_asked_about(aomine, factory, sato, answer):
    person = make_contact(factory, "小林")
    made = merging.merge_companies(aomine, factory, by=sato)
    person.refresh_from_db()
    deal = deals.create_deal(name="増設", company=aomine, owner=sato, by=sato, contact=person)
    log.log_activity("call", by=sato, deal=deal)

    with pytest.raises(merging.NeedsAnswers) as asked:
        merging.unmerge(made, by=sato)
    [question] = asked.value.questions
    assert (question.key, question.about) == (f"pipeline.deal:{deal.pk}", "増設")

    merging.unmerge(made, by=sato, answers={question.key: answer})
    deal.refresh_from_db()
    person.refresh_from_db()
    assert person.company == factory
    call = Activity.objects.get()
    if answer == "loser":
        assert (deal.company, deal.contact, call.company) == (factory, person, factory)
    else:
        assert (deal.company, deal.contact, call.company) == (aomine, None, aomine)


def test_what_was_noted_about_a_deal_of_the_loser_goes_with_it(aomine, factory, sato):
    deal = make_deal(sato, "New lead", factory)
    made = merging.merge_companies(aomine, factory, by=sato)
    deal.refresh_from_db()
    call = log.log_activity("call", by=sato, deal=deal)
    assert call.company == aomine

    merging.unmerge(made, by=sato)

    call.refresh_from_db()
    assert call.company == factory


def test_a_person_moved_on_to_a_third_company_stays_there(aomine, factory, sato):
    person, third = make_contact(factory, "小林"), make_company("別会社")
    made = merging.merge_companies(aomine, factory, by=sato)
    Contact.objects.filter(pk=person.pk).update(company=third)

    merging.unmerge(made, by=sato)

    person.refresh_from_db()
    assert person.company == third


def test_an_inner_merge_is_taken_back_and_the_outer_one_stands(world, sato):
    aomine, factory = world
    third = make_company("青嶺ホールディングス", owner=sato)
    settled(third)
    start = everything()
    inner = merging.merge_companies(aomine, factory, by=sato)
    outer = merging.merge_companies(third, aomine, by=sato)

    merging.unmerge(inner, by=sato)

    factory.refresh_from_db()
    aomine.refresh_from_db()
    third.refresh_from_db()
    assert (factory.merged_into, aomine.merged_into) == (None, third)
    assert third.domain == ""
    assert {deal.company for deal in Deal.objects.all()} == {factory, third}
    outer.refresh_from_db()
    merging.unmerge(outer.made_again_as, by=sato)
    assert everything() == start


def test_an_outer_merge_is_taken_back_and_then_the_inner_one(world, sato):
    aomine, factory = world
    third = make_company("青嶺ホールディングス", owner=sato)
    settled(third)
    start = everything()
    inner = merging.merge_companies(aomine, factory, by=sato)
    middle = everything()
    outer = merging.merge_companies(third, aomine, by=sato)

    merging.unmerge(outer, by=sato)
    assert everything() == middle
    merging.unmerge(inner, by=sato)
    assert everything() == start


def test_two_people_merged_because_they_stood_in_one_company_part_with_it(aomine, factory, sato):
    ours, theirs = make_contact(aomine, "小林", "直樹"), make_contact(factory, "小林", "直樹")
    made = merging.merge_companies(aomine, factory, by=sato)
    people = merging.merge_contacts(ours, theirs, by=sato)

    merging.unmerge(made, by=sato)

    theirs.refresh_from_db()
    people.refresh_from_db()
    assert (theirs.merged_into, theirs.company) == (None, factory)
    assert people.is_undone
    assert people.made_again_as is None


def test_a_number_that_another_company_has_by_now_is_asked_about(aomine, factory, sato):
    Company.objects.filter(pk=factory.pk).update(corporate_number=B)
    made = merging.merge_companies(aomine, factory, by=sato)
    companies.edit_company(aomine, {"corporate_number": ""}, {}, by=sato)
    make_company("別会社", corporate_number=B)

    with pytest.raises(merging.NeedsAnswers) as asked:
        merging.unmerge(made, by=sato)
    [question] = asked.value.questions
    merging.unmerge(made, by=sato, answers={question.key: "without"})

    factory.refresh_from_db()
    assert (factory.merged_into, factory.corporate_number) == (None, "")


# Other kinds ------------------------------------------------------------------------------------------


def test_people_become_one_and_two_again(aomine, factory, sato):
    ours = make_contact(aomine, "高木", "真由美", phone="+81263000000")
    theirs = make_contact(aomine, "髙木", "真由美", email="takagi@aomine-seiko.example")
    deal = make_deal(sato, "New lead", aomine, contact=theirs)
    pair = DuplicatePair.objects.create(
        company_a=aomine, company_b=aomine, contact_a=ours, contact_b=theirs, score=87
    )
    contacts.recompute([ours, theirs])
    before = everything()

    made = merging.merge_contacts(ours, theirs, by=sato, pair=pair)
    deal.refresh_from_db()
    ours.refresh_from_db()
    pair.refresh_from_db()
    assert (deal.contact, ours.email, pair.state) == (ours, "takagi@aomine-seiko.example", "merged")

    merging.unmerge(made, by=sato)
    assert everything() == before


def test_divisions_become_one_and_two_again(aomine, sato):
    ours = Division.objects.create(company=aomine, name="生産本部")
    theirs = Division.objects.create(company=aomine, name="生産部")
    person = make_contact(aomine, "森", division=theirs)
    contacts.recompute([person])
    before = everything()

    made = merging.merge(ours, theirs, by=sato)
    person.refresh_from_db()
    assert person.division == ours
    assert list(aomine.divisions.active()) == [ours]
    merging.unmerge(made, by=sato)
    assert everything() == before


def test_leads_become_one_and_two_again(sato):
    now = timezone.now()
    ours = make_lead(sato, family_name="成田")
    theirs = make_lead(
        sato, family_name="成田", email="narita@minato.example", state="contacted", first_contacted_at=now
    )
    call = log.log_activity("memo", by=sato, lead=theirs)
    before = everything()

    made = merging.merge(ours, theirs, by=sato)
    ours.refresh_from_db()
    call.refresh_from_db()
    assert (ours.email, ours.state, ours.first_contacted_at) == ("narita@minato.example", "contacted", now)
    assert call.lead == ours
    assert list(Lead.objects.kept()) == [ours]
    merging.unmerge(made, by=sato)
    assert everything() == before


def test_a_lead_that_became_a_deal_is_the_one_that_stays(sato, aomine):
    deal = make_deal(sato, "New lead", aomine)
    done = make_lead(sato, state="converted", deal=deal)
    new = make_lead(sato)

    with pytest.raises(merging.Refused):
        merging.merge(new, done, by=sato)
    merging.merge(done, new, by=sato)
    assert list(Lead.objects.kept()) == [done]


# A branch -----------------------------------------------------------------------------------------------


def test_a_branch_becomes_a_site_and_a_company_again(world, sato):
    aomine, factory = world
    before = everything()

    made = merging.make_site(factory, aomine, by=sato)

    site = Site.objects.get(company=aomine, name="松本工場")
    assert (site.city, site.street) == ("松本市", "中央0-0-0")
    aomine.refresh_from_db()
    assert (aomine.employees, aomine.industry) == (None, "精密部品の製造")
    assert made.kind == "placing"

    merging.unmerge(made, by=sato)
    assert everything() == before


def test_people_and_deals_of_a_branch_are_at_the_site(aomine, factory, sato):
    person, deal = make_contact(factory, "森"), make_deal(sato, "New lead", factory)

    merging.make_site(factory, aomine, by=sato, name="松本")

    site = Site.objects.get(company=aomine)
    person.refresh_from_db()
    deal.refresh_from_db()
    assert site.name == "松本"
    assert (person.company, person.site) == (aomine, site)
    assert (deal.company, deal.site) == (aomine, site)


def test_a_person_added_to_the_site_since_is_asked_about(aomine, factory, sato):
    made = merging.make_site(factory, aomine, by=sato)
    site = Site.objects.get(company=aomine)
    person = make_contact(aomine, "森", site=site)

    with pytest.raises(merging.NeedsAnswers) as asked:
        merging.unmerge(made, by=sato)
    [question] = asked.value.questions
    merging.unmerge(made, by=sato, answers={question.key: "winner"})

    person.refresh_from_db()
    assert (person.company, person.site) == (aomine, site)
    factory.refresh_from_db()
    assert factory.merged_into is None


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
