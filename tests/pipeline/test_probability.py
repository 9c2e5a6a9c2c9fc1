"""One number everywhere: the stage's probability, one's own with a reason, and what the company's history measured."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from pipeline import board, bulk_edit, deals, measuring
from pipeline.deal_filters import Narrowing
from pipeline.models import Deal, Stage, StageMove
from staff.models import Event
from tests.factories import make_company, make_deal, stage

pytestmark = pytest.mark.django_db
HX = {"headers": {"HX-Request": "true"}}


def post(client, deal, **sent):
    return client.post(reverse("pipeline:deal-probability", args=[deal.pk]), sent, **HX)


def test_ones_own_probability_needs_its_reason(client, sato):
    deal = make_deal(sato, "Discovery", amount=1_000_000)
    client.force_login(sato)

    refused = post(client, deal, own_probability="70")
    kept = post(client, deal, own_probability="70", own_probability_reason="社長の内諾")

    deal.refresh_from_db()
    assert (refused.status_code, kept.status_code) == (422, 200)
    assert (deal.probability, deal.weighted_amount, deal.own_probability_reason) == (
        70,
        700_000,
        "社長の内諾",
    )


def test_empty_goes_back_to_the_stage(client, sato):
    deal = make_deal(sato, "Discovery", amount=1_000_000)
    deal = deals.edit_deal(deal, {"own_probability": 70, "own_probability_reason": "内諾"}, {}, by=sato)
    client.force_login(sato)

    post(client, deal, own_probability="", own_probability_reason="内諾", base="70", base_reason="内諾")

    deal.refresh_from_db()
    assert (deal.own_probability, deal.own_probability_reason, deal.probability) == (None, "", 25)


@pytest.mark.parametrize("typed", ["101", "-1", "x", "9" * 400])
def test_a_crooked_probability_changes_nothing(client, sato, typed):
    deal = make_deal(sato, "Discovery")
    client.force_login(sato)

    assert post(client, deal, own_probability=typed, own_probability_reason="x").status_code == 422
    assert Deal.objects.get(pk=deal.pk).version == deal.version


def test_what_a_colleague_said_meanwhile_is_shown_and_kept(client, sato, watanabe):
    deal = make_deal(sato, "Discovery")
    deals.edit_deal(deal, {"own_probability": 60, "own_probability_reason": "会食で"}, {}, by=watanabe)
    client.force_login(sato)

    response = post(
        client, deal, own_probability="10", own_probability_reason="弱い", base="", base_reason=""
    )

    assert response.status_code == 409
    assert "会食で" in response.content.decode()
    assert Deal.objects.get(pk=deal.pk).own_probability == 60


def test_a_colleague_of_another_team_does_not_see_it(client, sato, tanaka):
    deal = make_deal(sato, "Discovery")
    client.force_login(tanaka)

    assert post(client, deal, own_probability="10", own_probability_reason="x").status_code == 404


def test_the_rate_of_a_stage_is_measured_from_the_deals_that_came_there(sato, client):
    for n in range(12):
        deal = make_deal(sato, "Discovery")
        closed = stage("Won" if n < 3 else "Lost")
        walk(deal, closed, sato)

    assert measuring.measure_stages() == 1
    assert measuring.measure_stages() == 0

    found = measuring.of(Stage.objects.get(pk=stage("Discovery").pk))
    assert (found.won, found.closed, found.percent, found.range) == (3, 12, 25, (9, 53))
    client.force_login(sato)
    page = client.get(make_deal(sato, "Discovery").get_absolute_url()).content.decode()
    assert "実績 25%（12件）" in page


def test_deals_of_restricted_companies_are_in_no_rate_that_everybody_sees(sato):
    for n in range(12):
        walk(make_deal(sato, "Discovery", make_company(f"極秘{n}", is_restricted=True)), stage("Won"), sato)

    assert measuring.measure_stages() == 0


def walk(deal, to, sato):
    with transaction.atomic():
        StageMove.objects.create(deal=deal, from_stage=deal.stage, to_stage=to, by=sato, at=timezone.now())
        Deal.objects.filter(pk=deal.pk).update(stage=to, closed_at=timezone.now())


def test_few_deals_measure_nothing(sato):
    walk(make_deal(sato, "Discovery"), stage("Won"), sato)
    measuring.measure_stages()

    assert not measuring.of(Stage.objects.get(pk=stage("Discovery").pk)).is_enough


def test_board_list_deal_and_export_say_the_same_number(client, watanabe, sato):
    deal = make_deal(sato, "Discovery", amount=3_000_000)
    deal = deals.edit_deal(deal, {"own_probability": 33, "own_probability_reason": "見立て"}, {}, by=sato)
    client.force_login(watanabe)

    shown = board.read(Narrowing(watanabe, timezone.localdate()))
    listed = client.get(reverse("pipeline:list"))
    exported = client.get(reverse("integrations:export", args=["deals"]), {"format": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(exported.streaming_content).decode("utf-8-sig"))))

    assert deal.weighted_amount == 990_000
    assert shown.weighted == 990_000
    assert listed.context["totals"].weighted == 990_000
    assert "¥990,000" in client.get(deal.get_absolute_url()).content.decode()
    assert {"33", "990000", "見立て", "パイプライン"} <= set(rows[1])


def test_the_category_is_set_in_place_filtered_by_and_changed_for_many(client, sato):
    deal, other = make_deal(sato), make_deal(sato, name="ほかの案件")
    client.force_login(sato)
    client.post(
        reverse("pipeline:deal-fact", args=[deal.pk, "forecast_category"]),
        {"forecast_category": "commit", "base": "pipeline"},
    )

    listed = client.get(reverse("pipeline:list"), {"forecast": "commit"})
    assert [card.deal for card in listed.context["cards"]] == [deal]

    edit = bulk_edit.apply(
        bulk_edit.ACTIONS["category"], [(other.pk, other.version)], {"forecast_category": "best"}, by=sato
    )
    other.refresh_from_db()
    assert other.forecast_category == Deal.ForecastCategory.BEST
    bulk_edit.take_back(edit, by=sato)
    other.refresh_from_db()
    assert other.forecast_category == Deal.ForecastCategory.PIPELINE
    assert Event.objects.filter(deal_id=other.pk, kind="deal.edited").count() == 2


def test_a_category_that_nobody_offers_is_refused(client, sato):
    deal = make_deal(sato)
    client.force_login(sato)

    response = client.post(
        reverse("pipeline:deal-fact", args=[deal.pk, "forecast_category"]), {"forecast_category": "sure"}
    )

    assert response.status_code == 422
    assert Deal.objects.get(pk=deal.pk).forecast_category == Deal.ForecastCategory.PIPELINE
