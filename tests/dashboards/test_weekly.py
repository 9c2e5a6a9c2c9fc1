"""The three KPIs of each week: counted as known then, written once, filled in for the weeks before us."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import mean, median

import pytest
from django.db import InternalError, ProgrammingError, transaction
from django.urls import reverse
from django.utils import timezone

from dashboards.figures.kpis import rounded
from dashboards.models import WeeklyKpis
from dashboards.weekly import freezing
from dashboards.weekly.counting import span_of
from leads.models import Lead
from pipeline import moves
from pipeline.models import Deal, Stage
from staff.models import User
from tests.dashboards.world import World, day_of, make_world
from tests.factories import make_company, make_deal, make_lead, stage
from tests.integrations.lists import checked, run

MONDAY = date(2026, 7, 13)


def at(day: date, hour: int = 6) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


@pytest.fixture
def world(sato, takahashi, tanaka, watanabe, kobayashi, ito) -> World:
    return make_world([sato, takahashi, tanaka, watanabe], seed=3, deals=40, leads=40)


def expected(week: date, team: str | None) -> dict:
    """The same in plain Python: what had happened by the end of the week, of a team's subtree without restricted companies."""
    span = span_of(week)

    def ours(record) -> bool:
        if team is None:
            return True
        closed = record.company is not None and record.company.is_restricted
        return record.team.path.startswith(team) and not closed

    def monday(when) -> date:
        return day_of(when) - timedelta(days=day_of(when).weekday())

    leads = [
        lead
        for lead in Lead.objects.filter(deleted_at=None).select_related("team", "company")
        if ours(lead) and day_of(lead.received_at) in span
        and (lead.state in ("nurture", "disqualified") or lead.state == "converted" and _by(lead.converted_at, week))
    ]  # fmt: skip
    deals = [
        d for d in Deal.objects.filter(deleted_at=None).select_related("team", "company", "stage") if ours(d)
    ]
    days = [
        (day_of(d.closed_at) - day_of(d.first_contacted_at)).days
        for d in deals
        if d.stage.kind == "won" and d.first_contacted_at and day_of(d.closed_at) in span
    ]
    stages = []
    for reached in Stage.objects.filter(kind="open").order_by("position"):
        passed, left, won, closed = 0, 0, 0, 0
        for deal in deals:
            walk = [
                (m.at, m.to_stage) for m in deal.moves.select_related("to_stage") if m.to_stage.kind != "lost"
            ]
            came = [when for when, to in walk if to.position >= reached.position]
            if not came or day_of(min(came)) not in span:
                continue
            beyond = [when for when, to in walk if to.position > reached.position and _by(when, week)]
            is_closed = deal.closed_at is not None and _by(deal.closed_at, week)
            passed += bool(beyond)
            left += bool(beyond) or (is_closed and deal.stage.kind == "lost")
            won += is_closed and deal.stage.kind == "won"
            closed += is_closed
        stages.append({"stage": reached.pk, "passed": [passed, left], "won": [won, closed]})
    return {
        "leads_converted": sum(lead.state == "converted" for lead in leads),
        "leads_decided": len(leads),
        "orders": len(days),
        "days_average": rounded(Decimal(str(mean(days)))) if days else None,
        "days_median": rounded(Decimal(str(median(days)))) if days else None,
        "stages": stages,
    }


def _by(when, week: date) -> bool:
    return when is None or day_of(when) <= week + timedelta(days=6)


def figures(row: WeeklyKpis) -> dict:
    names = "leads_converted", "leads_decided", "orders", "days_average", "days_median", "stages"
    return {name: getattr(row, name) for name in names}


def test_weeks_are_what_was_known_at_their_end(world, sales, team_one):
    freezing.freeze(at(MONDAY))

    for team in (None, sales, team_one):
        rows = list(WeeklyKpis.objects.of_team(team.pk if team else None))
        assert len(rows) > 30
        for row in rows[::4]:  # counting one by hand takes a third of a second
            assert figures(row) == expected(row.week, team.path if team else None), row


def test_the_week_that_has_just_ended_is_frozen_and_those_before_are_counted_later(world):
    freezing.freeze(at(MONDAY))

    newest, *before = WeeklyKpis.objects.of_team(None)
    assert (newest.week, newest.is_frozen) == (MONDAY - timedelta(days=7), True)
    assert {row.is_frozen for row in before} == {False}


def test_what_happens_later_changes_no_week_and_the_next_one_is_added(world, sato):
    freezing.freeze(at(MONDAY))
    before = {row.pk: figures(row) for row in WeeklyKpis.objects.all()}

    make_deal(
        sato,
        "Won",
        amount=1,
        at=at(MONDAY - timedelta(days=20)),
        first_contacted_at=at(MONDAY - timedelta(days=60)),
    )
    assert freezing.freeze(at(MONDAY, 7)) == 0
    assert {row.pk: figures(row) for row in WeeklyKpis.objects.all()} == before

    freezing.freeze(at(MONDAY + timedelta(days=7)))
    assert {row.pk: figures(row) for row in WeeklyKpis.objects.filter(pk__in=before)} == before
    assert WeeklyKpis.objects.of_team(None)[0].week == MONDAY


def test_the_database_refuses_to_change_a_week(world):
    freezing.freeze(at(MONDAY))

    for change in (lambda rows: rows.update(orders=9), lambda rows: rows.delete()):
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            change(WeeklyKpis.objects.all())


def test_nothing_is_written_before_there_is_a_lead_or_a_deal(db):
    assert freezing.freeze(at(MONDAY)) == 0
    assert not WeeklyKpis.objects.exists()


def test_an_import_of_old_deals_fills_in_the_weeks_before_and_leaves_the_frozen_one(ito, sato):
    now = timezone.now()
    make_lead(sato, "新しい会社", received_at=now - timedelta(days=30), state="nurture")
    freezing.freeze(now)
    frozen = figures(WeeklyKpis.objects.of_team(None).get(is_frozen=True))
    header = "案件ID,案件名,会社名,フェーズ,金額(千円),作成日,受注日,結果\n"
    won = timezone.localdate(now) - timedelta(days=200)
    row = f"D-1,倉庫,みなと物流,見積,300,{won - timedelta(days=50):%Y/%m/%d},{won:%Y/%m/%d},受注\n"

    run(checked(header + row, ito, kind="deals", options={"enter_at_stage": True}), ito)

    rows = {row.week: row for row in WeeklyKpis.objects.of_team(None)}
    week = won - timedelta(days=won.weekday())
    assert [s["won"] for s in rows[week].stages][0] == [1, 1]
    assert not rows[week].is_frozen
    assert figures(next(row for row in rows.values() if row.is_frozen)) == frozen
    count = WeeklyKpis.objects.count()
    assert freezing.fill(now) == 0
    assert WeeklyKpis.objects.count() == count


def test_the_last_week_is_frozen_also_when_an_import_has_counted_it_first(world):
    freezing.fill(at(MONDAY))
    assert not WeeklyKpis.objects.filter(is_frozen=True).exists()
    counted = WeeklyKpis.objects.count()

    added = freezing.freeze(at(MONDAY))

    newest, *before = WeeklyKpis.objects.of_team(None)
    assert (newest.week, newest.is_frozen) == (MONDAY - timedelta(days=7), True)
    assert newest.criteria_asked is not None
    assert {row.is_frozen for row in before} == {False}
    assert added == WeeklyKpis.objects.filter(is_frozen=True).count() == WeeklyKpis.objects.count() - counted
    assert freezing.freeze(at(MONDAY, 7)) == 0


def test_the_page_shows_the_weeks_of_ones_teams_with_their_records(client, sato, watanabe, kobayashi):
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday() + 7)
    deal = make_deal(
        sato,
        "Discovery",
        make_company("公開"),
        amount=1,
        at=at(monday, 9),
        first_contacted_at=at(monday - timedelta(days=9)),
    )
    make_deal(
        sato,
        "Won",
        make_company("秘密", is_restricted=True),
        amount=1,
        at=at(monday, 10),
        first_contacted_at=at(monday - timedelta(days=39)),
    )
    moves.move_deal(
        deal,
        stage("Won"),
        by=User.objects.system(),
        seen=deal.version,
        waiver="x",
        at=at(monday + timedelta(days=1)),
    )
    freezing.freeze(timezone.now())

    def shown(user):
        client.force_login(user)
        return client.get(reverse("dashboards:weeks")).context["weeks"][0]

    assert (shown(watanabe).row.orders, shown(watanabe).row.days_average) == (1, 10)
    assert (shown(kobayashi).row.orders, shown(kobayashi).row.days_average) == (2, 25)
    reached = next(found for found in shown(watanabe).stages if found.won.whole)
    assert reached.won.part == reached.won.whole == 1
    assert "公開" in client.get(reached.url).content.decode()
    client.force_login(sato)
    assert client.get(reverse("dashboards:weeks")).status_code == 403


def test_the_list_of_a_cohort_holds_who_reached_the_stage_then_for_the_first_time(client, sato):
    there = make_deal(sato, "Proposal", name="到達", at=at(MONDAY))
    make_deal(sato, "New lead", name="手前", at=at(MONDAY))
    early = make_deal(sato, "Proposal", name="以前", at=at(MONDAY - timedelta(days=30)))
    moves.move_deal(
        early, stage("Discovery"), by=User.objects.system(), seen=early.version, reason="x", at=at(MONDAY)
    )
    moves.lose_deal(
        there,
        by=User.objects.system(),
        seen=there.version,
        reason=stage_loss_reason(),
        at=at(MONDAY + timedelta(days=1)),
    )
    client.force_login(sato)

    page = client.get(
        reverse("pipeline:list"), {"cohort": f"{stage('Discovery').pk}:{MONDAY}:{MONDAY}"}
    ).content.decode()

    assert "到達" in page
    assert "手前" not in page
    assert "以前" not in page


def stage_loss_reason():
    from pipeline.models import LossReason

    return LossReason.objects.all()[0]
