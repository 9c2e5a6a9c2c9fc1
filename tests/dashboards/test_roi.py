"""ROI: computed by hand, from rows that come out as a file, and silent when chance explains it."""

from __future__ import annotations

import csv
import io
import math
import random
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from dashboards.figures.periods import Period
from dashboards.models import CrmCost
from dashboards.roi import costs, gathering
from dashboards.roi.gathering import Question
from dashboards.roi.statement import Group, Row, Verdict, state
from staff.models import Event
from tests.factories import make_company, make_deal


def rows(group: Group, decided: int, won: int, amount: float, days: int, scatter: float = 0.1) -> list[Row]:
    """So many decided deals, whose orders scatter evenly around an amount and a lead time."""
    found = []
    for n in range(decided):
        is_won = n < won
        off = 1 + scatter * (2 * (n % 2) - 1)
        found.append(
            Row(n, group, is_won, amount * off if is_won else None, round(days * off) if is_won else None)
        )
    return found


def test_three_factors_and_their_product_by_hand():
    found = state([*rows(Group.BEFORE, 100, 20, 1000, 60), *rows(Group.AFTER, 100, 30, 1200, 50)], cost=1000)

    win, amount, lead = found.factors
    assert (win.ratio, amount.ratio, lead.ratio) == pytest.approx((1.5, 1.2, 1.2))
    assert found.total.ratio == pytest.approx(1.5 * 1.2 * 1.2)
    # 100 deals × 20 % × 1,000 = 20,000 as things were; 2.16 times that is 23,200 more.
    assert found.gains[0] == pytest.approx(23_200)
    assert sum(found.part_of(factor) for factor in found.factors) == pytest.approx(23_200)
    assert found.returns == pytest.approx(22.2)
    # ln: 80 ÷ (100 · 20) + 70 ÷ (100 · 30), and t for 20 orders.
    spread = 1.96 + (1.96**3 + 1.96) / (4 * 19)
    assert win.low == pytest.approx(1.5 / math.exp(spread * math.sqrt(0.04 + 0.07 / 3)))


def test_a_margin_makes_the_gain_smaller_not_the_proof():
    sides = [*rows(Group.BEFORE, 400, 80, 1000, 60), *rows(Group.AFTER, 400, 160, 1000, 60)]

    whole, third = state(sides), state(sides, margin=0.3)

    assert third.gains[0] == pytest.approx(0.3 * whole.gains[0])
    assert (whole.verdict, third.verdict) == (Verdict.BETTER, Verdict.BETTER)


def test_not_proven_when_the_interval_holds_zero():
    found = state([*rows(Group.BEFORE, 40, 10, 1000, 60), *rows(Group.AFTER, 40, 12, 1050, 58)], cost=10)

    assert found.verdict == Verdict.NOT_PROVEN
    point, low, high = found.gains
    assert low < 0 < point < high
    assert not found.pays


def test_worse_is_said_too():
    found = state([*rows(Group.BEFORE, 200, 100, 1000, 30), *rows(Group.AFTER, 200, 40, 700, 60)])

    assert found.verdict == Verdict.WORSE


@pytest.mark.parametrize(("decided", "won"), [(9, 5), (30, 4)])
def test_too_few_deals_say_nothing(decided, won):
    found = state([*rows(Group.BEFORE, 100, 50, 1000, 60), *rows(Group.AFTER, decided, won, 9000, 6)])

    assert (found.verdict, found.factors, found.total) == (Verdict.TOO_LITTLE, [], None)


def test_the_interval_of_two_like_groups_holds_one_about_as_often_as_it_says():
    """Two groups out of the same hat: the interval must not cry wolf more often than 5 % and some luck."""
    dice, wolves = random.Random(11), 0
    for _n in range(300):
        made = [
            Row(
                n,
                group,
                won,
                math.exp(dice.gauss(14, 0.8)) if won else None,
                dice.randint(10, 120) if won else None,
            )
            for group in Group
            for n in range(80)
            for won in [dice.random() < 0.3]
        ]
        wolves += state(made).verdict in (Verdict.BETTER, Verdict.WORSE)

    assert wolves / 300 <= 0.08


@pytest.mark.django_db
def test_rows_are_gathered_with_what_is_left_out_named(sato, kobayashi):
    today = timezone.localdate()
    now = timezone.now()
    before = now - timedelta(days=40)
    made = make_deal(sato, "Won", amount=100, first_contacted_at=now - timedelta(days=30))
    make_deal(sato, "Won", at=before, amount=None, first_contacted_at=before)
    make_deal(sato, "Lost", at=before, amount=5)
    make_deal(sato, "Proposal", amount=9)
    make_deal(sato, "Won", amount=7, deleted_at=now)
    make_deal(sato, "Won", at=now - timedelta(days=400), amount=7)
    odd = make_deal(sato, "Won", amount=50, first_contacted_at=now + timedelta(days=2))
    question = Question(
        Period(today - timedelta(days=9), today),
        Period(today - timedelta(days=60), today - timedelta(days=10)),
    )

    found = gathering.gather(kobayashi, question)

    assert [(row.group, row.is_won, row.amount, row.days) for row in found.rows] == [
        ("before", True, None, 0), ("before", False, None, None), ("after", True, 100.0, 30),
        ("after", True, 50.0, None),
    ]  # fmt: skip
    assert {row.deal for row in found.rows} >= {made.pk, odd.pk}
    assert found.left_out == {"no amount": 1, "ends before it begins": 1}


@pytest.mark.django_db
def test_a_pilot_team_is_compared_with_all_others(sato, tanaka, kobayashi):
    today = timezone.localdate()
    for owner in (sato, tanaka):
        make_deal(owner, "Won", amount=1)

    found = gathering.gather(kobayashi, Question(Period(today, today), pilot=sato.team))

    assert sorted(row.group for row in found.rows) == ["after", "before"]


@pytest.mark.django_db
def test_the_statement_comes_out_of_the_exported_rows_again(sato, kobayashi, client):
    dice, now = random.Random(5), timezone.now()
    company = make_company()
    for _n in range(60):
        days = dice.randint(1, 120)
        won = dice.random() < (0.6 if days < 60 else 0.4)
        make_deal(
            sato, "Won" if won else "Lost", company, at=now - timedelta(days=days),
            amount=dice.choice([None, dice.randint(1, 90) * 10_000]),
            first_contacted_at=now - timedelta(days=days + dice.randint(0, 50)),
        )  # fmt: skip
    client.force_login(kobayashi)
    day = timezone.localdate()
    asked = {
        "mode": "period", "first": f"{day - timedelta(days=59):%Y/%m/%d}", "last": f"{day:%Y/%m/%d}",
        "base_first": f"{day - timedelta(days=120):%Y/%m/%d}", "base_last": f"{day - timedelta(days=60):%Y/%m/%d}",
        "margin": "40",
    }  # fmt: skip

    costs.set_cost(day - timedelta(days=200), Decimal(100_000), by=kobayashi)

    page = client.get(reverse("dashboards:roi"), asked)
    answer = client.get(reverse("dashboards:roi-rows"), asked)

    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    again = state(
        gathering.from_table(csv.reader(io.StringIO(text))), page.context["question"].cost, margin=0.4
    )
    assert again == page.context["shown"].statement
    assert again.total is not None
    assert again.cost == pytest.approx(100_000 * 60 / 30.4375, abs=1)
    kobayashi.language = "en"
    kobayashi.save()
    assert not re.search(r"¥[\d.,]+万", client.get(reverse("dashboards:roi"), asked).content.decode())
    assert Event.objects.get(kind="roi.rows_exported").data == {"rows": 60}


@pytest.mark.django_db
def test_what_the_crm_costs_is_kept_by_whom_and_from_when(kobayashi, watanabe, client):
    client.force_login(kobayashi)
    april, july = date(2026, 4, 1), date(2026, 7, 1)

    client.post(reverse("dashboards:roi-costs"), {"month": "2026/4/1", "amount": "15万"})
    client.post(reverse("dashboards:roi-costs"), {"month": "2026/7/20", "amount": "180000"})

    rows = list(CrmCost.objects.visible_to(kobayashi))
    assert [(row.from_month, row.amount, row.set_by) for row in rows] == [
        (april, 150_000, kobayashi), (july, 180_000, kobayashi),
    ]  # fmt: skip
    # Nothing before the first row; two months of the first amount, then half a month of the second.
    assert costs.cost_of(Period(date(2026, 1, 1), date(2026, 3, 31)), rows) == 0
    assert costs.cost_of(Period(date(2026, 5, 1), date(2026, 7, 15)), rows) == round(
        Decimal(61 * 150_000 + 15 * 180_000) / costs.DAYS_OF_MONTH
    )
    told = Event.objects.filter(kind="crm.cost_set").order_by("pk")
    assert [(event.actor_id, event.data["month"]) for event in told] == [
        (kobayashi.pk, "2026-04-01"), (kobayashi.pk, "2026-07-01"),
    ]  # fmt: skip
    # Who did not see what another has written meanwhile does not overwrite it; who saw it may take it away.
    client.post(reverse("dashboards:roi-costs"), {"month": "2026/4/1", "amount": "1万"})
    assert CrmCost.objects.get(from_month=april).amount == 150_000
    client.post(reverse("dashboards:roi-costs"), {"month": "2026/4/1", "amount": "", "base-202604": "150000"})
    assert not CrmCost.objects.filter(from_month=april).exists()
    with pytest.raises(PermissionDenied):
        costs.set_cost(april, Decimal(1), by=watanabe)
    assert not CrmCost.objects.visible_to(watanabe).exists()
    assert client.post(reverse("dashboards:roi-costs"), {"month": "never", "amount": "1"}).status_code == 422


@pytest.mark.django_db
def test_the_page_stands_without_any_deal_and_refuses_a_baseline_that_is_later(kobayashi, client):
    client.force_login(kobayashi)

    empty = client.get(reverse("dashboards:roi"))
    assert (empty.status_code, empty.context["shown"].verdict) == (200, "too little")
    later = client.get(reverse("dashboards:roi"), {"base_first": "2030/1/1", "base_last": "2030/3/1"})
    assert later.status_code == 422
