"""A new deal in five fields; what administrators change and what follows from it; who hears of a stall."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from pipeline.models import Deal
from tests.factories import make_company, make_contact, stage

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
