"""What-if on the page: toggled in the address, kept as a scenario, beside what people say."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.lib import fiscal
from dashboards.models import Scenario
from dashboards.whatif import playing
from dashboards.whatif.playing import Said
from pipeline.models import Deal, QuarterForecast
from tests.dashboards.world import close
from tests.factories import make_deal

pytestmark = pytest.mark.django_db


@pytest.fixture
def quarter() -> fiscal.Quarter:
    return fiscal.quarter_of(timezone.localdate())


@pytest.fixture
def deal(sato) -> Deal:
    return make_deal(
        sato, "Quote", name="検査ライン更新", amount=Decimal(1000), close_on=timezone.localdate()
    )


@pytest.fixture
def forecast(quarter, deal, sato) -> QuarterForecast:
    """One deal of 1,000 that brings 440: its chance is .4, and the model expects a tenth more than is written."""
    close(make_deal(sato, "Quote", name="受注済み", amount=Decimal(300)), "won", by=sato)
    return QuarterForecast.objects.create(
        first_on=quarter.first, as_of=timezone.localdate(), made_at=timezone.now(), seen_event=0, method="history",
        point=1000, low80=600, high80=1500, low50=800, high50=1200, won=300, unborn=60,
        by_stage=[{"stage": deal.stage_id, "position": 5, "name_ja": "見積", "name_en": "Quote", "amount": 640}],
        parts={"deviation": 400, "deals": [[deal.pk, 0.4, 1100, 0.5, 0.1]]},
    )  # fmt: skip


def test_the_page_shows_what_makes_the_forecast_up(forecast, deal, kobayashi, client):
    client.force_login(kobayashi)

    page = client.get(reverse("dashboards:forecast"))

    play = page.context["play"]
    assert [(row.deal, row.percent, row.expected) for row in play.rows] == [(deal, 40, Decimal(440))]
    assert (play.then.point, play.is_changed) == (1000, False)
    # Stage by stage, as the page of the business names them: 440 of the 640 are listed.
    (stage,) = play.stages
    assert (stage.stage.pk, stage.rows, stage.others, stage.brings) == (deal.stage_id, play.rows, 200, 640)
    assert f'id="stage-{deal.stage_id}"' in page.content.decode()


def test_a_stage_that_is_listed_whole_leaves_nothing_to_others(forecast, deal, quarter, kobayashi):
    forecast.by_stage = [forecast.by_stage[0] | {"amount": 441, "count": 1}]
    forecast.save()

    (stage,) = playing.play(playing.ground(kobayashi, quarter), {}).stages
    assert (stage.others, stage.brings) == (0, 441)


def test_toggling_moves_the_point_by_what_the_deal_brings(forecast, deal, quarter, kobayashi):
    def point(said: Said) -> float:
        return playing.ground(kobayashi, quarter).imagined({deal.pk: said}).point

    assert point(Said("won")) == pytest.approx(1000 - 440 + 1100)
    assert point(Said("out")) == pytest.approx(1000 - 440)
    stage = playing.play(playing.ground(kobayashi, quarter), {deal.pk: Said("won")}).stages[0]
    assert stage.brings == 640 - 440 + 1100
    # Twice the written amount is twice what the model expects of it.
    assert point(Said(amount=Decimal(2000))) == pytest.approx(1000 - 440 + 880)
    assert point(Said(close_on=quarter.last)) == pytest.approx(1000 - 440 + 550)
    assert point(Said(close_on=quarter.last + timedelta(days=1))) == pytest.approx(1000 - 440 + 110)


def test_the_address_is_read_and_nonsense_in_it_is_nothing():
    sent = {
        "o-7": "won",
        "a-8": "300万",
        "c-9": "2026-10-15",
        "o-10": "perhaps",
        "a-11": "x",
        "c-12": "soon",
        "o-x": "won",
        "zz": "1",
    }

    found = playing.read(sent)

    assert found == {7: Said("won"), 8: Said(amount=Decimal(3_000_000)), 9: Said(close_on=found[9].close_on)}


def test_an_amount_that_is_none_is_named(forecast, deal, kobayashi, client):
    client.force_login(kobayashi)

    page = client.get(reverse("dashboards:forecast"), {f"a-{deal.pk}": "まる", "a-9": "300万", "a-8": ""})

    assert page.context["unread"] == ["まる"]
    assert "「まる」は金額として読めません" in page.content.decode()


def test_a_scenario_is_kept_opened_replaced_and_thrown_away(forecast, deal, quarter, kobayashi, client):
    client.force_login(kobayashi)
    code = f"{quarter.year}-{quarter.number}"
    sent = {"quarter": code, "name": "大型なし", f"o-{deal.pk}": "out"}

    client.post(reverse("dashboards:scenario-new"), sent)
    client.post(reverse("dashboards:scenario-new"), {**sent, f"o-{deal.pk}": "won", f"a-{deal.pk}": "2000"})

    kept = Scenario.objects.get()
    assert (kept.owner, kept.changes) == (kobayashi, {str(deal.pk): {"outcome": "won", "amount": "2000"}})
    page = client.get(reverse("dashboards:forecast"), {"quarter": code, "scenario": kept.pk})
    assert page.context["play"].then.point == pytest.approx(1000 - 440 + 2200)
    assert page.context["scenarios"][0][1].point == pytest.approx(1000 - 440 + 2200)
    client.post(reverse("dashboards:scenario-removal", args=[kept.pk]))
    assert not Scenario.objects.exists()


def test_a_scenario_without_a_name_or_a_change_is_not_kept(forecast, deal, kobayashi, client):
    client.force_login(kobayashi)

    for sent in ({"name": "", f"o-{deal.pk}": "out"}, {"name": "大型なし"}):
        assert client.post(reverse("dashboards:scenario-new"), sent).status_code == 302
    assert not Scenario.objects.exists()


def test_people_s_words_add_up_each_with_the_one_before(deal, sato, tanaka, kobayashi, quarter):
    today = timezone.localdate()
    make_deal(sato, "Won", amount=Decimal(300))
    for category, amount in (("commit", 50), ("best", 70), ("omitted", 900)):
        made = make_deal(sato, "Quote", amount=Decimal(amount), close_on=today)
        Deal.objects.filter(pk=made.pk).update(forecast_category=category)
    make_deal(tanaka, "Quote", amount=Decimal(11), close_on=quarter.last + timedelta(days=1))

    found = playing.said_by_people(kobayashi, quarter, today)

    [row] = found.rows
    assert (row.user, row.won, row.commit, row.best, row.pipeline) == (sato, 300, 350, 420, 1420)
    assert (found.commit, found.pipeline) == (350, 1420)


def test_without_a_forecast_the_page_says_when_there_will_be_one(kobayashi, client):
    client.force_login(kobayashi)

    page = client.get(reverse("dashboards:forecast"))

    assert (page.status_code, page.context["play"]) == (200, None)


@pytest.mark.parametrize(
    ("chance", "percent"), [(0, 0), (1, 100), (0.996, 99), (0.9999, 99), (0.004, 1), (0.5, 50)]
)
def test_nothing_open_is_shown_as_certain(chance, percent):
    assert playing.in_percent(chance) == percent
