"""The stored forecast on the executive page."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.lib.fiscal import quarter_of
from dashboards.models import Target
from pipeline import deals
from pipeline.models import QuarterForecast
from staff.models import Event
from tests.dashboards.test_pages import open_page
from tests.dashboards.world import close
from tests.factories import make_deal, stage

MAN = 10_000


@pytest.fixture
def stored(sato) -> QuarterForecast:
    now = timezone.now()
    close(make_deal(sato, "Negotiation", amount=2_340 * MAN), "won", by=sato)
    quarter = quarter_of(timezone.localdate(now))
    proposal = stage("Proposal")
    return QuarterForecast.objects.create(
        first_on=quarter.first, as_of=timezone.localdate(now) + timedelta(days=1), made_at=now, seen_event=0, method="history",
        point=14_200 * MAN, low80=11_800 * MAN, high80=16_700 * MAN, low50=13_000 * MAN, high50=15_300 * MAN,
        won=2_340 * MAN, unborn=5_303 * MAN,
        by_stage=[{"stage": proposal.pk, "position": proposal.position, "name_ja": proposal.name_ja, "name_en": proposal.name_en, "amount": 6_557 * MAN, "count": 7, "gains": [500 * MAN, 400 * MAN, 100 * MAN]}],
        course=[[quarter.last.isoformat(), 14_200 * MAN, 11_800 * MAN, 16_700 * MAN]],
        checks=[{"quarter": "2025Q4", "point": 94, "low80": 80, "high80": 120, "actual": 100}],
    )  # fmt: skip


def test_it_is_one_number_with_its_range_and_what_makes_it_up(client, kobayashi, stored):
    Target.objects.create(month=stored.first_on, amount=Decimal(15_000 * MAN))
    client.force_login(kobayashi)
    open_page(client, kobayashi, "business")

    with CaptureQueriesContext(connection) as queries:
        page = open_page(client, kobayashi, "business").content.decode()

    for text in (
        "1億1,800万",
        "1億6,700万",
        "2,340万",
        "6,557万",
        "5,303万",
        "これから生まれる分",
        "800万",
        "6%",
    ):
        assert text in page, text
    assert 'class="f-soft"' in page
    mine = [q for q in queries.captured_queries if "pipeline_quarterforecast" in q["sql"]]
    assert len(mine) == 1
    assert "pipeline_deal" in mine[0]["sql"]  # asked with the other figures, by one statement


def test_what_happened_since_the_forecast_is_in_it_at_once(client, kobayashi, sato, stored):
    """Won, lost, another amount, another day: the next load shows it, though no worker has computed anything anew."""
    won, lost, dearer, later, same = (
        make_deal(sato, "Proposal", name=name, amount=Decimal(1_000 * MAN), close_on=stored.first_on)
        for name in ("受注", "失注", "増額", "延期", "そのまま")
    )
    stored.parts = {
        "deviation": 1_000 * MAN,
        "deals": [[d.pk, 0.5, 1_100 * MAN, 0.6, 0.1, 0] for d in (won, lost, dearer, later, same)],
    }
    stored.seen_event = Event.objects.latest("pk").pk
    stored.save()
    before = open_page(client, kobayashi, "business").context["outlook"]
    assert before.point == before.won + 6_557 * MAN + 5_303 * MAN

    after_quarter = quarter_of(stored.first_on).last + timedelta(days=9)
    close(won, "won", by=sato)
    close(lost, "lost", by=sato)
    deals.edit_deal(dearer, {"amount": Decimal(2_000 * MAN)}, {"amount": dearer.amount}, by=sato)
    deals.edit_deal(later, {"close_on": after_quarter}, {"close_on": later.close_on}, by=sato)

    after = open_page(client, kobayashi, "business").context["outlook"]
    assert after.won == before.won + 1_000 * MAN
    # 550 of each of the five was in the stage: two have left, one is twice as dear, one has the chance of a later close.
    [of_stage] = after.stages
    assert of_stage.amount == 6_557 * MAN - 2 * 550 * MAN + 550 * MAN - 440 * MAN
    assert of_stage.count == 7 - 2
    assert after.point == after.won + of_stage.amount + after.unborn
    assert after.low80 < after.point < after.high80
    assert after.course[-1][1:] == pytest.approx((after.point, after.low80, after.high80), abs=2)
    play = open_page(client, kobayashi, "forecast").context["play"]
    assert play.forecast.point == after.point
    assert {row.deal.pk for row in play.rows} == {dearer.pk, later.pk, same.pk}


def test_the_way_to_the_target_is_that_of_the_forecast(client, kobayashi, sato, stored):
    """A deal that the forecast is nearly sure of adds little when it is won, whatever its stage's probability says."""
    Target.objects.create(month=stored.first_on, amount=Decimal(15_000 * MAN))
    make_deal(sato, "Negotiation", amount=2_000 * MAN, weighted_amount=0, close_on=stored.first_on)

    page = open_page(client, kobayashi, "business")

    way = page.context["way"]
    assert (way.stage.pk, way.deals, way.count) == (stage("Proposal").pk, 2, 7)
    assert way.url.endswith(f"#stage-{way.stage.pk}")


def test_too_little_to_learn_from_shows_the_weighted_sum(client, kobayashi, stored):
    QuarterForecast.objects.update(method="weighted")

    page = open_page(client, kobayashi, "business").content.decode()

    assert "</span>これから生まれる分</dt>" not in page
    assert "1億6,700万" not in page
