"""Criteria that ask for fields of the company's own: of the deal, of its company, of its main contact."""

from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.merging import joining
from pipeline import deals, exit_criteria, gate, moves, own_values
from pipeline.exit_criteria import NotMet
from pipeline.models import Deal, ExitCriterion
from pipeline.reach import met_shares
from staff import relay
from staff.custom import definitions, values
from tests.factories import make_company, make_contact, make_deal, stage

SUBJECTS = ("deal", "company", "contact")


@pytest.fixture
def credit(ito):
    """subject → a field of the kind number that is asked for there."""

    def add(subject, kind="number"):
        given = {"name_ja": "与信", "name_en": "Credit", "purpose": "売れるかを決めるため", "owner": ito}
        return definitions.add(subject, kind, given, by=ito)

    return add


@pytest.fixture
def deal(sato):
    company = make_company(owner=sato)
    return make_deal(sato, company=company, contact=make_contact(company))


def ask(field, **rule):
    where = stage("New lead")
    ExitCriterion.objects.filter(stage=where).delete()
    rule = {"kind": "field", "name_ja": "与信の確認", "name_en": "Credit checked", **rule}
    return ExitCriterion.objects.create(stage=where, code="asked", field=field.key, **rule)


def go(deal, person):
    deal = Deal.objects.get(pk=deal.pk)
    return moves.move_deal(deal, stage("First contact"), by=person, seen=deal.version)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_gate_looks_where_the_field_is(subject, credit, deal, sato):
    field = credit(subject)
    ask(field, condition="at_least", threshold=Decimal(3))
    holder = own_values.holder(deal, field)

    values.change(subject, holder, {field: 2}, {}, by=sato)
    with pytest.raises(NotMet):
        go(deal, sato)
    values.change(subject, holder, {field: 3}, {}, by=sato)

    assert go(deal, sato).stage == stage("First contact")


@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_is_typed_at_the_gate_is_kept_where_it_belongs(subject, credit, deal, sato, client):
    field = credit(subject)
    asked = ask(field)
    client.force_login(sato)
    url = reverse("pipeline:deal-stage", args=[deal.pk])

    shown = client.get(url, {"to": stage("First contact").pk}).content.decode()
    assert f'name="c{asked.pk}"' in shown or f"name=c{asked.pk}" in shown
    sent = {"to": stage("First contact").pk, "seen": deal.version, f"c{asked.pk}": "7"}
    assert client.post(url, sent).status_code == 302

    holder = own_values.holder(deal, field)
    assert values.read(subject, [holder.pk])[holder.pk] == {field.pk: 7}
    assert Deal.objects.get().stage == stage("First contact")


def test_the_same_from_the_page_of_the_deal(credit, deal, sato, client):
    field = credit("company")
    asked = ask(field)
    client.force_login(sato)
    url = reverse("pipeline:deal-criterion", args=[deal.pk, asked.pk])

    assert client.post(url, {f"c{asked.pk}": "7"}).status_code == 302

    assert values.read("company", [deal.company_id])[deal.company_id] == {field.pk: 7}
    assert Deal.objects.get().met_ids == [asked.pk]


def test_whoever_may_not_change_the_company_is_led_to_it(credit, sato, tanaka, client):
    asked = ask(credit("company"))
    deal = make_deal(sato, company=make_company(owner=tanaka))
    client.force_login(sato)
    url = reverse("pipeline:deal-stage", args=[deal.pk])

    shown = client.get(url, {"to": stage("First contact").pk}).content.decode()
    assert f"c{asked.pk}" not in shown
    assert deal.company.get_absolute_url() in shown
    assert client.get(reverse("pipeline:deal-criterion", args=[deal.pk, asked.pk])).status_code == 404

    sent = {"to": stage("First contact").pk, "seen": deal.version, f"c{asked.pk}": "7"}
    assert client.post(url, sent).status_code == 422
    assert values.read("company", [deal.company_id]) == {}


def test_without_a_main_contact_nothing_of_theirs_is_known(credit, sato):
    ask(credit("contact"))
    deal = make_deal(sato)

    with pytest.raises(NotMet):
        go(deal, sato)


def test_who_names_the_contact_at_the_gate_may_say_the_rest_of_them_there(credit, deal, sato):
    field = credit("contact")
    asked = ask(field)
    who = ExitCriterion.objects.create(
        stage=stage("New lead"), code="who", kind="field", field="contact", name_ja="窓口", name_en="Who"
    )
    other = make_contact(deal.company, "杉田", "玄")

    gate.fill(deal, {who: other, asked: 7}, by=sato)

    assert values.read("contact", [other.pk])[other.pk] == {field.pk: 7}
    assert set(Deal.objects.get().met_ids) == {asked.pk, who.pk}


@pytest.mark.parametrize("subject", ["company", "contact"])
def test_a_change_elsewhere_counts_for_all_open_deals(subject, credit, deal, sato):
    field = credit(subject)
    asked = ask(field)
    second = make_deal(sato, company=deal.company, contact=deal.contact)
    stranger = make_deal(sato, company=make_company("乙社"))

    values.change(subject, own_values.holder(deal, field), {field: 7}, {}, by=sato)
    relay.drain()

    assert [Deal.objects.get(pk=d.pk).met_ids for d in (deal, second, stranger)] == [
        [asked.pk],
        [asked.pk],
        None,
    ]


def test_another_main_contact_is_asked_for_their_own(credit, deal, sato):
    field = credit("contact")
    asked = ask(field)
    values.change("contact", deal.contact, {field: 7}, {}, by=sato)
    relay.drain()
    assert Deal.objects.get().met_ids == [asked.pk]

    deals.edit_deal(Deal.objects.get(), {"contact": make_contact(deal.company, "杉田", "玄")}, {}, by=sato)

    assert Deal.objects.get().met_ids == []


def test_a_merge_that_brings_the_value_counts_it(credit, deal, sato, ito):
    field = credit("company")
    asked = ask(field)
    twin = make_company("青嶺精工(株)", owner=sato)
    values.change("company", twin, {field: 7}, {}, by=sato)

    joining.merge(deal.company, twin, by=ito)
    relay.drain()

    assert Deal.objects.get().met_ids == [asked.pk]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_share_that_is_met_agrees_with_the_gate(subject, credit, sato):
    field = credit(subject)
    asked = ask(field, condition="at_least", threshold=Decimal(3))
    made = [
        make_deal(sato, company=company, contact=make_contact(company))
        for company in (make_company(f"{n}社", owner=sato) for n in range(4))
    ]
    for deal, number in zip(made, (1, 3, 4), strict=False):
        values.change(subject, own_values.holder(deal, field), {field: number}, {}, by=sato)

    found = exit_criteria.statuses_of_many(list(Deal.objects.all()))

    assert sum(s.is_met for of_deal in found.values() for s in of_deal) == 2
    assert met_shares([asked]) == {asked.pk: 50}


def test_many_deals_take_one_statement(credit, sato, django_assert_num_queries):
    fields = [credit(subject) for subject in SUBJECTS]
    company = make_company(owner=sato)
    made = [make_deal(sato, company=company, contact=make_contact(company)) for _ in range(5)]

    with django_assert_num_queries(1):
        own_values.read(made, [field.pk for field in fields])


def test_the_form_of_a_criterion_offers_them_and_says_whose_they_are(credit):
    field = credit("company")

    assert own_values.labels()[field.key] in ("取引先：与信", "Company: Credit")
    assert exit_criteria.has_condition(field.key, is_length=False)
    assert not exit_criteria.has_condition(field.key, is_length=True)
