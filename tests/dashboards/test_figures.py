"""Every figure against the same figure computed slowly in plain Python, for each person, on worlds made by chance."""

# ruff: noqa: B023 - what a turn of the loop defines, it calls itself

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import mean, median

import pytest
from django.db.models import F
from django.utils import timezone

from activities.models import Activity
from crm.lib import fiscal
from crm.lib.questions import ask
from dashboards.figures import asking, business, kpis, periods, rolled, sales, team
from dashboards.models import Target
from dashboards.weekly import freezing
from leads.models import Lead
from pipeline import rollups
from pipeline.models import Deal, Stage
from staff import roles
from staff.models import User
from tests.dashboards.world import TODAY, World, day_of, make_world, total
from tests.factories import make_deal

QUARTER = fiscal.quarter_of(TODAY)
NOW, BEFORE = periods.of_quarter(QUARTER), periods.of_quarter(QUARTER.previous())
LAST_YEAR = periods.of_quarter(QUARTER.plus(-4))


@pytest.fixture(params=[1, 2])
def world(request, sato, takahashi, tanaka, watanabe, kobayashi, ito) -> World:
    made = make_world([sato, takahashi, tanaka, watanabe], seed=request.param)
    if request.param == 2:  # in one world everything is folded, in the other nothing
        rollups.fold()
    return made


@pytest.fixture
def readers(sato, watanabe, tanaka, kobayashi, ito) -> list[User]:
    return [sato, watanabe, tanaka, kobayashi, ito]


def deals_of(user: User):
    return Deal.objects.visible_to(user)


def is_in(period: periods.Period, when) -> bool:
    return when is not None and day_of(when) in period


def kept(rows):
    return [row for row in rows if row.deleted_at is None]


def closed(deals, kind: str, period: periods.Period):
    return [d for d in kept(deals) if d.closed_at and d.stage.kind == kind and is_in(period, d.closed_at)]


def half_up(number) -> int:
    return int(number + Decimal("0.5"))


def test_the_lead_to_deal_rate_counts_decided_leads_alone(world, readers):
    for reader in readers:

        def rate(period):
            received = [lead for lead in kept(world.leads(reader)) if is_in(period, lead.received_at)]
            decided = [lead for lead in received if lead.state in ("converted", "disqualified", "nurture")]
            return kpis.Rate(sum(lead.state == "converted" for lead in decided), len(decided))

        by_rows = ask(kpis.lead_to_deal_rate(Lead.objects.visible_to(reader), NOW, BEFORE))
        found = asking.ask(reader, rolled.lead_to_deal_rate(NOW, BEFORE))

        assert (found.now, found.before) == (rate(NOW), rate(BEFORE))
        assert found == by_rows


def test_the_lead_time_is_days_from_first_contact_to_order(world, readers):
    for reader in readers:

        def days(period):
            took = [
                (day_of(d.closed_at) - day_of(d.first_contacted_at)).days
                for d in closed(world.deals(reader), "won", period)
                if d.first_contacted_at
            ]
            if not took:
                return kpis.Days()
            return kpis.Days(len(took), _rounded(mean(took)), _rounded(median(took)))

        by_rows = ask(kpis.lead_time(deals_of(reader), NOW, BEFORE))
        found = asking.ask(reader, rolled.lead_time(NOW, BEFORE))

        assert (found.now, found.before) == (days(NOW), days(BEFORE))
        assert found == by_rows


def _rounded(number) -> int:
    return kpis.rounded(Decimal(str(number)))


def test_the_lead_time_of_each_month_is_that_of_the_deals_won_in_it(world, readers):
    for reader in readers:
        year = periods.last_months(TODAY, 12)
        months: dict[date, list[int]] = {}
        for deal in closed(world.deals(reader), "won", year):
            if deal.first_contacted_at:
                took = (day_of(deal.closed_at) - day_of(deal.first_contacted_at)).days
                months.setdefault(day_of(deal.closed_at).replace(day=1), []).append(took)

        found = asking.ask(reader, rolled.lead_times(year))

        assert [(m.month, m.days.count, m.days.median) for m in found.months] == [
            (month, len(took), _rounded(median(took))) for month, took in sorted(months.items())
        ]
        assert [band.count for band in found.bands] == [
            sum(first <= days <= last for took in months.values() for days in took)
            for first, last in [(-9999, 30), (31, 60), (61, 90), (91, 120), (121, 180), (181, 9999)]
        ]


def test_stage_rates_follow_cohorts(world, readers):
    for reader in readers:
        open_stages = list(Stage.objects.filter(kind="open").order_by("position"))
        won_stage = Stage.objects.get(kind="won")

        def reached(deal, stage):
            moves = [m.at for m in deal.moves.select_related("to_stage") if _at_least(m.to_stage, stage)]
            return min(moves, default=None)

        def expect(stage, following, period):
            cohort = [d for d in kept(world.deals(reader)) if is_in(period, reached(d, stage))]
            passed = [d for d in cohort if reached(d, following)]
            lost = [d for d in cohort if d.stage.kind == "lost" and d not in passed]
            won = [d for d in cohort if d.stage.kind == "won"]
            over = [d for d in cohort if d.stage.kind != "open"]
            return kpis.Rate(len(passed), len(passed) + len(lost)), kpis.Rate(len(won), len(over))

        by_rows = ask(kpis.stage_rates(deals_of(reader), NOW, BEFORE))
        found = asking.ask(reader, rolled.stage_rates(reader, NOW, BEFORE))

        assert found == by_rows

        assert [rates.stage for rates in found] == open_stages
        for rates, following in zip(found, [*open_stages[1:], won_stage], strict=True):
            assert (rates.passed.now, rates.won.now) == expect(rates.stage, following, NOW)
            assert (rates.passed.before, rates.won.before) == expect(rates.stage, following, BEFORE)


def _at_least(reached: Stage, stage: Stage) -> bool:
    return reached.kind != "lost" and reached.position >= stage.position


@pytest.mark.parametrize("quarters", [-1, 0, 1])
def test_the_expected_sum_is_what_is_won_and_what_is_due_by_weight(world, readers, quarters):
    for reader in readers:
        period = periods.of_quarter(QUARTER.plus(quarters))
        deals = world.deals(reader)
        open_ = [d for d in kept(deals) if d.closed_at is None]

        def is_due(deal):
            if deal.close_on is None:
                return False
            overdue_counts = quarters == 0 and deal.close_on < period.first
            return overdue_counts or deal.close_on in period

        targets = Target.objects.visible_to(reader)
        by_rows = ask(sales.expected(deals_of(reader), targets, period, TODAY))
        found = asking.ask(reader, rolled.expected(targets, period, TODAY))

        assert found == by_rows
        won = closed(deals, "won", period)
        assert (found.won.count, found.won.amount) == (len(won), total(d.amount for d in won))
        assert {s.stage: (s.count, s.weighted) for s in found.stages} == {
            stage: (len(rows), total(d.weighted_amount for d in rows))
            for stage in {d.stage for d in open_ if is_due(d)}
            if (rows := [d for d in open_ if is_due(d) and d.stage == stage])
        }
        undated = [d for d in open_ if d.close_on is None]
        assert (found.undated.count, found.undated.amount) == (
            len(undated),
            total(d.weighted_amount for d in undated),
        )
        assert found.amount == found.won.amount + total(d.weighted_amount for d in open_ if is_due(d))


def test_stalled_and_without_next_action_are_the_stored_answers(world, readers):
    for reader in readers:
        open_ = [d for d in kept(world.deals(reader)) if d.closed_at is None]
        late = [d for d in open_ if d.stalls_on <= TODAY]

        stalled = asking.ask(reader, team.stalled(TODAY))
        idle = asking.ask(reader, team.without_next_action())

        assert (stalled.count, stalled.amount) == (len(late), total(d.amount for d in late))
        assert stalled.new_count == sum(d.stalls_on > TODAY - timedelta(days=7) for d in late)
        assert idle.count == sum(d.next_action_on is None for d in open_)
        assert idle.amount == total(d.amount for d in open_ if d.next_action_on is None)


def test_first_contacts_in_time_are_counted_by_the_day_of_their_deadline(world, readers):
    yesterday = TODAY - timedelta(days=1)
    now, before = (periods.last_days(yesterday - timedelta(days=n), 28) for n in (0, 28))

    def counted(leads: list[Lead], period: periods.Period) -> tuple[int, int]:
        due = [
            lead
            for lead in kept(leads)
            if is_in(period, lead.first_contact_due_at)
            and (lead.first_contacted_at or lead.state in ("new", "contacted"))
        ]
        in_time = [d for d in due if d.first_contacted_at and d.first_contacted_at <= d.first_contact_due_at]
        return len(in_time), len(due)

    for reader in readers:
        leads = world.leads(reader)
        found = asking.ask(reader, team.clocks(TODAY))
        assert (found.now.part, found.now.whole) == counted(leads, now)
        assert (found.before.part, found.before.whole) == counted(leads, before)


def test_coverage_is_what_the_open_deals_meet_of_what_is_asked_of_them(world, readers):
    for reader in readers:
        deals = [deal for deal in kept(world.deals(reader)) if deal.closed_at is None]
        found = asking.ask(reader, team.load(reader, TODAY))
        assert (found.coverage.now.part, found.coverage.now.whole) == (
            sum(deal.criteria_met for deal in deals),
            sum(deal.criteria_total for deal in deals),
        )
        for member in found.members:
            theirs = [deal for deal in deals if deal.owner_id == member.user.pk]
            assert (member.open_deals, member.coverage.part) == (
                len(theirs),
                sum(deal.criteria_met for deal in theirs),
            )


def test_load_and_coverage_stand_beside_what_they_were(world, watanabe, kobayashi):
    freezing.freeze(timezone.make_aware(datetime.combine(TODAY, time(6))))
    week = periods.week_of(TODAY - timedelta(days=1))
    then = periods.Period(week.first - timedelta(days=7), min(TODAY, week.last) - timedelta(days=7))
    kinds = [str(kind) for kind in team.LOAD_KINDS]
    for reader in (watanabe, kobayashi):
        found = asking.ask(reader, team.load(reader, TODAY))
        seen = [a for a in Activity.objects.visible_to(reader) if a.kind in kinds and is_in(then, a.at)]
        for member in found.members:
            assert member.before == sum(a.by_id == member.user.pk for a in seen)
        everything = roles.can(reader, "read everything")
        below = Deal.objects.open() if everything else Deal.objects.open().filter(
            team__path__startswith=reader.team.path, company__is_restricted=False
        )  # fmt: skip
        assert (found.coverage.before.part, found.coverage.before.whole) == (
            sum(deal.criteria_met for deal in below), sum(deal.criteria_total for deal in below),
        )  # fmt: skip
    # What changes afterwards changes what is now, and not what was.
    Deal.objects.open().update(criteria_met=F("criteria_total"))
    again = asking.ask(reader, team.load(reader, TODAY)).coverage
    assert (again.before, again.now.percent) == (found.coverage.before, 100)


def test_on_a_monday_the_week_before_is_looked_at(sato):
    monday = date(2026, 7, 13)
    assert asking.ask(sato, team.load(sato, monday)).week == periods.Period(
        date(2026, 7, 6), date(2026, 7, 12)
    )
    tuesday = asking.ask(sato, team.load(sato, monday + timedelta(days=1))).week
    assert tuesday == periods.Period(monday, date(2026, 7, 19))


def test_both_lists_of_deals_to_decide_hold_the_most_valuable(world, readers):
    for reader in readers:
        open_ = sorted(
            (d for d in kept(world.deals(reader)) if d.closed_at is None),
            key=lambda d: (d.amount is None, -(d.amount or 0), -d.pk),
        )

        found = team.deals_to_decide(reader, TODAY)

        assert found.stalled == [d for d in open_ if d.stalls_on <= TODAY][: team.MOST_ROWS]
        assert found.without_next_action == [d for d in open_ if d.next_action_on is None][: team.MOST_ROWS]


def test_what_is_won_adds_up_day_by_day(world, readers):
    for reader in readers:
        found = asking.ask(reader, business.won_day_by_day(NOW, LAST_YEAR))

        for course, period in ((found.now, NOW), (found.before, LAST_YEAR)):
            won = closed(world.deals(reader), "won", period)
            assert course.total == total(d.amount for d in won)
            for day, amount in course.days:
                assert amount == total(d.amount for d in won if day_of(d.closed_at) <= day)
        assert found.now.on(TODAY) == found.now.total


def test_cover_is_what_is_due_against_what_is_left_to_the_target(sato, kobayashi):
    today = timezone.localdate()
    make_deal(sato, "Quote", amount=3_000_000, close_on=today)
    make_deal(sato, "Won", amount=1_000_000)
    quarter = periods.of_quarter(fiscal.quarter_of(today))
    for target, cover in [(None, None), (3_000_000, Decimal("1.5")), (1_000_000, None)]:
        Target.objects.all().delete()
        if target:
            Target.objects.create(month=quarter.first, amount=target)
        of_company = Target.objects.visible_to(kobayashi).of_company()
        fast = asking.ask(kobayashi, rolled.expected(of_company, quarter, today))
        slow = ask(sales.expected(deals_of(kobayashi), of_company, quarter, today))
        assert fast.cover == slow.cover == cover


def test_the_way_to_the_target_adds_what_winning_would_add(world, readers):
    for reader in readers:

        def gain(deal):
            due = deal.close_on is not None and deal.close_on <= NOW.last
            return deal.amount - (deal.weighted_amount if due else 0)

        found = asking.ask(reader, business.pullable(deals_of(reader), NOW, TODAY))

        open_ = [d for d in kept(world.deals(reader)) if d.closed_at is None and d.amount]
        for stage in found:
            gains = sorted((gain(d) for d in open_ if d.stage == stage.stage), reverse=True)
            assert (stage.count, stage.gains) == (len(gains), gains[: business.MOST_DEALS_TO_PULL])
        assert {s.stage for s in found} == {d.stage for d in open_}
        assert [s.stage.position for s in found] == sorted((s.stage.position for s in found), reverse=True)


def test_channels_are_followed_from_lead_to_order(world, readers):
    for reader in readers:
        period = periods.last_days(TODAY, business.CHANNEL_DAYS)
        leads = [lead for lead in kept(world.leads(reader)) if is_in(period, lead.received_at)]
        won = closed(world.deals(reader), "won", period)
        lost = closed(world.deals(reader), "lost", period)

        found = asking.ask(reader, business.channels(period))

        for row in found:
            mine = [lead for lead in leads if lead.channel == row.channel]
            decided = [lead for lead in mine if lead.state in ("converted", "disqualified", "nurture")]
            assert row.leads == len(mine)
            assert row.to_deal == kpis.Rate(sum(x.state == "converted" for x in decided), len(decided))
            of_channel = [d for d in won if d.channel == row.channel]
            assert row.to_won == kpis.Rate(
                len(of_channel), len(of_channel) + sum(d.channel == row.channel for d in lost)
            )
        named = {x.channel for x in leads} | {d.channel for d in won + lost if d.channel}
        assert {row.channel for row in found} == named


def test_losses_are_counted_by_reason_beside_the_quarter_before(world, readers):
    for reader in readers:
        lost, lost_before = (closed(world.deals(reader), "lost", p) for p in (NOW, BEFORE))

        found = asking.ask(reader, business.losses(NOW, BEFORE))

        assert found.count == len(lost)
        for row in found.rows:
            assert row.now == sum(d.loss_reason == row.reason for d in lost)
            assert row.before == sum(d.loss_reason == row.reason for d in lost_before)
        assert [row.now for row in found.rows] == sorted((row.now for row in found.rows), reverse=True)
