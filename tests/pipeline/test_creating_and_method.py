"""A new deal in five fields; what administrators change and what follows from it; who hears of a stall."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from pipeline import exit_criteria, method, stalls
from pipeline.models import Deal, ExitCriterion, Stage
from staff import relay, versions
from staff.models import Event
from tests.factories import criterion, make_company, make_contact, make_deal, stage

# A new deal --------------------------------------------------------------------------------------


def test_a_deal_is_made_from_five_fields(client, sato):
    company = make_company()
    contact = make_contact(company)
    client.force_login(sato)
    close = timezone.localdate() + timedelta(days=90)

    response = client.post(
        reverse("pipeline:deal-new"),
        {"company": company.pk, "name": " 検査ライン更新 ", "contact": contact.pk, "amount": "1,280万", "close_on": close.isoformat()},
    )  # fmt: skip

    deal = Deal.objects.get()
    assert response.url == deal.get_absolute_url()
    assert (deal.name, deal.owner, deal.team, deal.stage) == (
        "検査ライン更新",
        sato,
        sato.team,
        stage("New lead"),
    )
    assert (deal.amount, deal.close_on, deal.contact) == (12_800_000, close, contact)


def test_the_same_form_sent_twice_makes_one_deal(client, sato):
    client.force_login(sato)
    data = {"company": make_company().pk, "name": "一度だけ", "once": "3f0e6d9a-0b1c-4f7e-9f1d-0d1b2c3d4e5f"}

    first = client.post(reverse("pipeline:deal-new"), data)
    second = client.post(reverse("pipeline:deal-new"), data)

    assert Deal.objects.count() == 1
    assert second.url == first.url


def test_a_form_without_its_fields_says_what_to_do_and_keeps_what_was_typed(client, sato):
    client.force_login(sato)

    refused = client.post(
        reverse("pipeline:deal-new"), {"name": "充填機", "amount": "いくらか"}, headers={"HX-Request": "true"}
    )

    page = refused.content.decode()
    assert refused.status_code == 422
    assert "会社を選んでください" in page
    assert 'value="充填機"' in page
    assert not Deal.objects.exists()


def test_a_company_that_one_may_not_see_cannot_be_chosen(client, sato, tanaka):
    company = make_company(is_restricted=True, owner=tanaka)
    company.prepare_search()
    client.force_login(sato)

    assert client.post(reverse("pipeline:deal-new"), {"company": company.pk, "name": "x"}).status_code == 422
    found = client.get(
        reverse("pipeline:company-options"), {"q": "青嶺"}, headers={"Accept": "application/json"}
    )
    assert found.json() == {"options": []}


def test_companies_are_found_by_two_characters(client, sato):
    company = make_company("青嶺精工株式会社")
    client.force_login(sato)

    found = client.get(
        reverse("pipeline:company-options"), {"q": "青嶺"}, headers={"Accept": "application/json"}
    )

    assert [option["id"] for option in found.json()["options"]] == [company.pk]


def test_an_executive_makes_no_deals(client, kobayashi):
    client.force_login(kobayashi)

    assert client.get(reverse("pipeline:deal-new")).status_code == 403


# The method --------------------------------------------------------------------------------------


def save_stage(client, row, **changes):
    names = ("name_ja", "name_en", "probability", "patience_days")
    base = {f"base-{name}": getattr(row, name) for name in names}
    return client.post(
        reverse("pipeline:stage", args=[row.pk]), {**{n: getattr(row, n) for n in names}, **base, **changes}
    )


@pytest.mark.parametrize("person", ["sato", "watanabe", "kobayashi"])
def test_only_administrators_see_and_change_the_method(client, person, request):
    client.force_login(request.getfixturevalue(person))

    assert client.get(reverse("pipeline:stage", args=[stage("Quote").pk])).status_code == 403
    assert save_stage(client, stage("Quote"), probability=1).status_code == 403
    assert stage("Quote").probability == 60


def test_a_changed_stage_reaches_its_open_deals_through_a_worker(client, ito, sato):
    deal = make_deal(
        sato,
        "Quote",
        amount=1_000_000,
        stalls_on=timezone.localdate(),
        probability=60,
        weighted_amount=600_000,
    )
    other = make_deal(sato, "Proposal", amount=1_000_000, probability=40, weighted_amount=400_000)
    client.force_login(ito)

    assert save_stage(client, stage("Quote"), probability=70, patience_days=30).status_code == 302
    relay.drain()

    deal.refresh_from_db()
    assert (deal.probability, deal.weighted_amount, deal.stalls_on) == (70, 700_000, stalls.due_on(deal))
    other.refresh_from_db()
    assert other.weighted_amount == 400_000
    event = Event.objects.get(kind="stage.edited")
    assert (event.before, event.after) == ({"probability": 60, "patience_days": 10}, {"probability": 70, "patience_days": 30})  # fmt: skip
    assert relay.drain() == 0


def test_a_second_run_of_the_worker_changes_nothing(ito, sato):
    make_deal(sato, "Quote", amount=1_000_000)
    method.edit_stage(stage("Quote"), {"probability": 70}, {}, by=ito)
    relay.drain()
    versions_before = list(Deal.objects.values_list("weighted_amount", "version"))

    method.recompute(Event.objects.get(kind="stage.edited"))

    assert list(Deal.objects.values_list("weighted_amount", "version")) == versions_before == [(700_000, 1)]


def test_two_administrators_who_change_the_same_number_are_shown_both(client, ito):
    row = stage("Quote")
    method.edit_stage(row, {"probability": 65}, {"probability": 60}, by=ito)
    client.force_login(ito)

    refused = save_stage(client, row, probability=70)

    assert refused.status_code == 409
    assert "65" in refused.content.decode()
    assert Stage.objects.get(pk=row.pk).probability == 65


def test_nonsense_numbers_are_refused(client, ito):
    client.force_login(ito)

    assert save_stage(client, stage("Quote"), probability=101).status_code == 422
    assert stage("Quote").probability == 60


def test_a_criterion_that_is_only_recommended_lets_deals_pass(client, ito, sato):
    deal = make_deal(sato, "New lead")
    exit_criteria.answer(deal, criterion("topic"), "検査", by=sato)
    contact = criterion("contact")
    client.force_login(ito)
    names = ("name_ja", "name_en", "question_ja", "question_en")
    same = {name: getattr(contact, name) for name in names}

    url = reverse("pipeline:criterion", args=[contact.pk])
    client.post(url, {**same, **{f"base-{n}": v for n, v in same.items()}, "base-is_required": "True"})

    assert not ExitCriterion.objects.get(pk=contact.pk).is_required
    assert exit_criteria.unmet_on_the_way(Deal.objects.get(pk=deal.pk), stage("First contact")) == []
    assert Event.objects.get(kind="criterion.edited").after == {"is_required": False}


def test_the_page_of_a_stage_shows_how_often_each_criterion_is_met(client, ito, sato):
    for n in range(4):
        deal = make_deal(sato, "Discovery", budget=1 if n else None)
    exit_criteria.answer(deal, criterion("issue"), "見逃し", by=sato)
    client.force_login(ito)

    response = client.get(reverse("pipeline:stage", args=[stage("Discovery").pk]))

    shares = {c.code: share for c, share in response.context["criteria"]}
    assert shares == {"decision_maker": 0, "issue": 25, "budget": 75, "timing": 0, "competitor": 0}


def test_conflicts_of_the_method_change_nothing(ito):
    with pytest.raises(versions.Conflict):
        method.edit_stage(stage("Quote"), {"probability": 70}, {"probability": 50}, by=ito)

    assert stage("Quote").probability == 60
