"""The latest forecast, where pages read it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from benchmarks.forecast.funnel import Funnel
from integrations import exports
from pipeline import deals
from pipeline.forecasting import storing, whatif
from pipeline.models import Deal, QuarterForecast, WinChance
from tests.factories import make_deal
from tests.pipeline.test_forecast_of_rows import noon, store

pytestmark = pytest.mark.django_db
NOW = noon(date(2022, 8, 14))


def test_it_is_computed_once_until_a_deal_changes(sato):
    deal = make_deal(
        sato,
        "Proposal",
        at=NOW,
        created_at=NOW - timedelta(days=9),
        amount=Decimal(1_000_000),
        close_on=date(2022, 9, 1),
    )

    assert storing.refresh(NOW) == 2 * 2  # two quarters, the company and a team
    assert storing.refresh(NOW) == 0
    deals.edit_deal(deal, {"amount": Decimal(2_000_000)}, {"amount": Decimal(1_000_000)}, by=sato, at=NOW)
    assert storing.refresh(NOW) == 4
    assert storing.refresh(NOW + timedelta(days=1)) == 4

    company = QuarterForecast.objects.get(first_on=date(2022, 7, 1), team=None)
    assert company.point == 2_000_000 * deal.stage.probability // 100
    assert not company.is_learned
    assert [part["amount"] for part in company.by_stage if part["stage"] == deal.stage_id] == [company.point]
    assert QuarterForecast.objects.count() == 4


def test_what_an_older_version_stored_is_computed_anew(sato):
    make_deal(sato, "Proposal", at=NOW, created_at=NOW - timedelta(days=9), amount=Decimal(1_000_000))
    storing.refresh(NOW)
    company = QuarterForecast.objects.get(first_on=date(2022, 7, 1), team=None)
    company.by_stage = [{k: v for k, v in stage.items() if k != "gains"} for stage in company.by_stage]
    company.save()

    assert storing.refresh(NOW) == 4
    assert storing.refresh(NOW) == 0


def test_it_carries_its_way_and_how_good_it_was(sato, takahashi, tanaka):
    ledger = Funnel(7, first=date(2021, 4, 1), years=1.5, deals=150).ledger()
    store(ledger.cut(NOW.date().toordinal() + 1), [sato, takahashi, tanaka])

    storing.refresh(NOW)

    company = QuarterForecast.objects.get(first_on=date(2022, 7, 1), team=None)
    assert company.is_learned
    assert company.point == company.won + company.unborn + sum(part["amount"] for part in company.by_stage)
    parts = whatif.from_rows(company.parts["deals"])
    for place, stage in enumerate(company.by_stage):
        own = [part for part in parts if part.place == place]
        gains = sorted((part.amount - part.expected for part in own), reverse=True)[: storing.MOST_GAINS]
        assert stage["count"] == len(own)
        assert stage["gains"] == pytest.approx(gains, rel=1e-3)  # chances are stored with four digits
    days = [day for day, *_amounts in company.course]
    assert days == sorted(days)
    assert days[-1] == "2022-09-30"
    assert company.course[-1][1:] == [company.point, company.low80, company.high80]
    assert [step[1] for step in company.course] == sorted(step[1] for step in company.course)
    assert 1 <= len(company.checks) <= 6
    assert 0 <= company.held <= len(company.checks)
    assert company.error_percent is not None
    teams = QuarterForecast.objects.filter(first_on=date(2022, 7, 1)).exclude(team=None)
    assert sum(team.point for team in teams) == company.point


def test_each_open_deal_has_its_chance_as_the_command_tells_it(sato, takahashi, tanaka):
    ledger = Funnel(7, first=date(2021, 4, 1), years=1.5, deals=150).ledger()
    store(ledger.cut(NOW.date().toordinal() + 1), [sato, takahashi, tanaka])

    storing.refresh(NOW)
    storing.refresh(NOW + timedelta(days=1))

    told = StringIO()
    call_command("forecast", "--as-of", "2022-08-16", "--deals", "--json", stdout=told)
    said = {
        row["id"]: (row["won_by_2022Q2"], row["won_by_2022Q3"])
        for row in json.loads(told.getvalue())["deals"]
    }
    kept = {one.pk: (one.this_quarter, one.next_quarter) for one in WinChance.objects.all()}
    assert kept.keys() == said.keys() == set(Deal.objects.filter(closed_at=None).values_list("pk", flat=True))
    assert all(kept[pk] == pytest.approx(said[pk], abs=0.0001) for pk in kept)
    # In the file that a person takes out: of the rows that they see, of open deals.
    header, *rows = exports.table("deals", sato, QueryDict())
    column = header.index(_("chance to be won this quarter, %"))
    own = {row[0]: row[column] for row in rows}
    assert own
    assert own.keys() <= set(Deal.objects.visible_to(sato).values_list("pk", flat=True))
    assert own == {pk: round(100 * kept[pk][0], 1) if pk in kept else None for pk in own}


def test_without_deals_it_is_nothing(db):
    storing.refresh(timezone.now())

    assert set(QuarterForecast.objects.values_list("point", flat=True)) == {0}


@pytest.mark.parametrize(
    "wrong",
    [
        ["--quarters", "0"],
        ["--quarters", "400"],
        ["--as-of", "tomorrow"],
        ["--as-of", "1800-01-01"],
        ["--by", "person"],
    ],
)
def test_the_command_refuses_what_it_cannot_forecast(wrong):
    with pytest.raises(CommandError):
        call_command("forecast", *wrong)
