"""What channels cost an order, and what became of the figures after a rule had changed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from accounts.models import Channel
from crm.lib import stats
from crm.lib.questions import ask
from dashboards.channels import costs
from dashboards.figures.kpis import Rate
from dashboards.figures.periods import Period
from dashboards.models import ChannelCost
from dashboards.review import changes
from leads.models import Lead
from staff import events
from staff.models import Event
from tests.factories import make_deal, make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def exhibition() -> Channel:
    return Channel.objects.get(code="exhibition")


def test_a_cost_is_kept_by_month_and_counted_by_days(exhibition, kobayashi):
    costs.set_cost(exhibition, date(2026, 6, 1), Decimal(300), by=kobayashi)
    costs.set_cost(exhibition, date(2026, 7, 1), Decimal(310), by=kobayashi)

    found = ask(costs.spent(kobayashi, Period(date(2026, 6, 21), date(2026, 7, 1))))

    assert found == {exhibition.pk: Decimal(110)}
    assert Event.objects.filter(kind="channel.cost_set").count() == 2


def test_what_somebody_else_wrote_meanwhile_stays(exhibition, kobayashi, ito):
    month = date(2026, 6, 1)
    costs.set_cost(exhibition, month, Decimal(300), by=ito)

    assert not costs.set_cost(exhibition, month, Decimal(5), by=kobayashi, base=None)
    assert costs.set_cost(exhibition, month, None, by=kobayashi, base=Decimal(300))
    assert not ChannelCost.objects.exists()


def test_managers_neither_write_costs_nor_see_them(exhibition, watanabe, kobayashi):
    with pytest.raises(PermissionDenied):
        costs.set_cost(exhibition, date(2026, 6, 1), Decimal(1), by=watanabe)
    costs.set_cost(exhibition, date(2026, 6, 1), Decimal(1), by=kobayashi)
    assert not ChannelCost.objects.visible_to(watanabe).exists()


def test_the_business_page_divides_the_cost_by_orders(exhibition, sato, kobayashi, client):
    today = timezone.localdate()
    for stage in ("Won", "Won", "Lost"):
        make_deal(sato, stage, channel=exhibition, amount=100)
    for back in range(5):
        month = (today.replace(day=1) - timedelta(days=28 * back)).replace(day=1)
        if not ChannelCost.objects.filter(channel=exhibition, month=month).exists():
            costs.set_cost(exhibition, month, Decimal(300_000), by=kobayashi)
    client.force_login(kobayashi)

    page = client.get(reverse("dashboards:business"))

    [row] = page.context["channel_rows"]
    assert (row.row.to_won, row.to_won_interval) == (Rate(2, 3), (21, 94))
    assert row.cost_of_order == (row.cost / 2).quantize(Decimal(1))
    assert 850_000 < row.cost < 950_000


def test_the_page_of_costs_takes_what_people_type(exhibition, kobayashi, client):
    client.force_login(kobayashi)
    month = timezone.localdate().replace(day=1)
    name = f"c{exhibition.pk}-{month:%Y%m}"

    assert client.post(reverse("dashboards:channel-costs"), {name: "80万"}).status_code == 302
    assert ChannelCost.objects.get().amount == 800_000
    assert client.post(reverse("dashboards:channel-costs"), {name: "x"}).status_code == 422
    assert ChannelCost.objects.get().amount == 800_000


def test_the_difference_of_two_shares_by_newcombe():
    """The example of Newcombe (1998), method 10: 56/70 against 48/80."""
    low, high = stats.difference((56, 70), (48, 80))

    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)
    assert stats.difference((1, 2), (0, 0)) is None


def test_a_change_of_rules_stands_between_the_weeks_before_and_after_it(sato, ito, kobayashi):
    now, today = timezone.now(), timezone.localdate()
    changed = now - timedelta(days=20)
    lead = make_lead(sato)
    for _twice in range(2):
        events_recorded(lead, ito, changed)
    for days, state in (
        (30, "disqualified"),
        (30, "converted"),
        (10, "converted"),
        (5, "new"),
        (90, "converted"),
    ):
        made = make_lead(sato, state=state, deal=make_deal(sato) if state == "converted" else None)
        Lead.objects.filter(pk=made.pk).update(received_at=now - timedelta(days=days))
    make_deal(sato, "Lost", at=now - timedelta(days=40))
    make_deal(sato, "Won", at=now - timedelta(days=3))

    found, _figures, not_shown = changes.of_quarter(
        kobayashi, Period(today - timedelta(days=60), today), today
    )

    [change] = found
    assert (change.day, change.count, change.actor, change.after_days) == (
        today - timedelta(days=20),
        2,
        "伊藤",
        21,
    )
    assert (change.figures.rate.before, change.figures.rate.now) == (Rate(1, 2), Rate(1, 1))
    assert (change.figures.won.before, change.figures.won.now) == (Rate(0, 1), Rate(1, 1))
    assert not change.figures.won_moved
    assert not_shown == 0


def events_recorded(subject, by, at) -> None:
    from django.db import transaction

    with transaction.atomic():
        events.record("clock_rule.changed", subject, by=by, at=at)
