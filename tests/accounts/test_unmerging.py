from __future__ import annotations

import pytest
from django.utils import timezone

from accounts import companies, contacts, merging
from accounts.models import (
    Company,
    Contact,
    Division,
    DuplicatePair,
    Site,
)
from activities import log
from activities.models import Activity
from leads.models import Lead
from pipeline import deals
from pipeline.models import Deal
from staff.models import Event
from tests.accounts.merged import everything, settled
from tests.factories import make_company, make_contact, make_deal, make_lead

A, B = "7000012050002", "9000012050000"


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
