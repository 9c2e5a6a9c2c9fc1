"""What is added up ahead is what the rows say, in plain Python, whoever reads it and through whichever door they changed."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts import bin, companies, merging
from accounts.models import Company
from activities import log, todos
from dashboards.figures import asking, periods, rolled
from integrations.imports import undoing
from leads import conversion, editing
from leads.models import Lead
from pipeline import board, bulk_edit, deals, drafts, moves, publishing, rollup_watch, rollups, stalls
from pipeline.models import Deal, Figure, InFlight, LossReason, Pipeline, RollupDelta, Stage
from pipeline.rollups import UNDATED, Want
from staff import people, relay
from staff.models import Notification, User
from tests.dashboards.world import World, day_of, make_world, sees
from tests.factories import make_company, make_deal, make_lead, stage
from tests.integrations.lists import checked, run

Counted = dict[tuple[int, date, int], list[int]]


@pytest.fixture
def world(sato, takahashi, tanaka, watanabe, kobayashi, ito) -> World:
    """Some of it is folded, some is not."""
    made = make_world(
        [sato, takahashi, tanaka, watanabe], seed=5, deals=12, leads=12, today=timezone.localdate()
    )
    rollups.fold()
    make_world([sato, tanaka], seed=6, deals=5, leads=5, today=timezone.localdate())
    return made


# The slow twin ------------------------------------------------------------------------------------


def counted(reader: User) -> Counted:
    """Every row that the person may see, one after the other."""
    found: Counted = defaultdict(lambda: [0, 0, 0, 0])

    def add(figure: Figure, day: date, key: int, *numbers: int) -> None:
        for place, number in enumerate(numbers):
            found[figure, day, key][place] += int(number)

    wanted = Deal.objects.filter(deleted_at=None).select_related("stage", "company", "team")
    for deal in wanted:
        if sees(reader, deal):
            _count_deal(deal, add)
    for lead in Lead.objects.filter(deleted_at=None).select_related("company", "team"):
        if sees(reader, lead):
            day = day_of(lead.received_at)
            numbers = 1, lead.state == "converted", lead.state in ("converted", "disqualified", "nurture")
            add(Figure.LEADS, day, lead.channel_id, *numbers)
            add(Figure.LEADS_BY_MONTH, day.replace(day=1), 0, *numbers)
            due, spoken = lead.first_contact_due_at, lead.first_contacted_at
            if due and (spoken or lead.state in ("new", "contacted")):
                add(Figure.CLOCKS, day_of(due), 0, 1, bool(spoken and spoken <= due))
    return {place: numbers for place, numbers in found.items() if any(numbers)}


def _count_deal(deal: Deal, add: Callable[..., None]) -> None:
    amount, weighted, kind = deal.amount or 0, deal.weighted_amount, deal.stage.kind
    if deal.closed_at is None:
        month = deal.close_on.replace(day=1) if deal.close_on else UNDATED
        add(Figure.DUE, month, deal.stage_id, 1, amount, weighted, amount > 0)
        if deal.stalls_on:
            add(Figure.STALLS, deal.stalls_on, deal.stage_id, 1, amount)
        if deal.next_action_on is None:
            add(Figure.IDLE, rollups.ALWAYS, deal.stage_id, 1, amount)
        add(Figure.IN_HAND, rollups.ALWAYS, deal.owner_id, 1, deal.criteria_met, deal.criteria_total)
    else:
        day = day_of(deal.closed_at)
        month = day.replace(day=1)
        add(Figure.CLOSED, month, deal.stage_id, 1, amount, weighted)
        if deal.channel_id:
            add(Figure.CHANNEL, day, deal.channel_id, kind == "won", 1)
        if kind == "won":
            add(Figure.WON, day, 0, 1, amount)
            if deal.first_contacted_at:
                add(Figure.LEAD_TIME, month, (day - day_of(deal.first_contacted_at)).days, 1)
        elif deal.loss_reason_id:
            add(Figure.LOST, month, deal.loss_reason_id, 1)
    walked = [
        (m.at, m.to_stage)
        for m in deal.moves.select_related("to_stage")
        if m.to_stage.kind in ("open", "won")
    ]
    for reached in Stage.objects.filter(kind="open", pipeline=deal.stage.pipeline_id):
        days = [at for at, to in walked if to.position >= reached.position]
        if days:
            passed = any(to.position > reached.position for _at, to in walked)
            month = day_of(min(days)).replace(day=1)
            add(
                Figure.COHORT,
                month,
                reached.pk,
                passed,
                passed or kind == "lost",
                kind == "won",
                kind != "open",
            )


def read(reader: User) -> Counted:
    wants = {figure.name: Want(figure, date.min, date.max, by_day=True) for figure in Figure if figure}
    return {
        (Figure[name], tally.day, tally.key): [tally.n1, tally.n2, tally.n3, tally.n4]
        for name, tallies in rollups.read(reader, wants).items()
        for tally in tallies
    }


def assert_all_is_right() -> None:
    for reader in User.objects.people():
        assert read(reader) == counted(reader), reader
    assert rollups.differences() == []
    assert not rollups.totals_differ()


# Doors --------------------------------------------------------------------------------------------

DOORS: dict[str, Callable[[World, User], None]] = {}


def door(function: Callable[[World, User], None]) -> Callable[[World, User], None]:
    DOORS[function.__name__] = function
    return function


def an_open_deal(**fields) -> Deal:
    return Deal.objects.open().filter(stage__pipeline__is_default=True, **fields).order_by("pk")[0]


def person(name: str) -> User:
    return User.objects.get(email=f"{name}@sakura.example")


@door
def a_new_deal(world, ito):
    deals.create_deal(name="新", company=make_company(), owner=person("sato"), by=ito, amount=7_000_000)


@door
def an_edit(world, ito):
    deal = an_open_deal()
    changes = {"amount": 12_345_678, "close_on": timezone.localdate() + timedelta(days=40), "own_probability": 55,
               "own_probability_reason": "内示", "channel": None}  # fmt: skip
    deals.edit_deal(deal, changes, {}, by=ito)


@door
def a_way_to_the_order_and_back(world, ito):
    deal = make_deal(
        person("sato"), "Discovery", amount=3_000_000, first_contacted_at=timezone.now() - timedelta(days=9)
    )
    for to in ("Proposal", "Negotiation", "Won"):
        deal = moves.move_deal(deal, stage(to), by=ito, seen=deal.version, waiver="入札のため")
    assert_all_is_right()
    deal = moves.move_deal(deal, stage("Quote"), by=ito, seen=deal.version, reason="取り消し")
    moves.move_deal(deal, stage("First contact"), by=ito, seen=deal.version, reason="戻す")


@door
def a_step_taken_back(world, ito):
    deal = make_deal(person("sato"), "New lead", amount=3_000_000)
    deal = moves.move_deal(deal, stage("Discovery"), by=ito, seen=deal.version, waiver="入札のため")
    moves.take_back(deal, by=ito, seen=deal.version)


@door
def a_loss_and_opening_again(world, ito):
    deal = make_deal(person("tanaka"), "Discovery", amount=3_000_000)
    deal = moves.lose_deal(deal, by=ito, seen=deal.version, reason=LossReason.objects.all()[0])
    assert_all_is_right()
    moves.move_deal(deal, stage("Discovery"), by=ito, seen=deal.version, reason="再開")


@door
def handing_over(world, ito):
    deal = an_open_deal(owner=person("sato"), company__is_restricted=False)
    deals.hand_over(deal, person("tanaka"), by=ito, seen=deal.version)


@door
def a_person_in_another_team(world, ito):
    people.edit_person(person("sato"), {"team": person("tanaka").team}, by=ito)


@door
def a_team_below_another(world, ito):
    from staff import teams

    teams.move_team(person("sato").team, person("tanaka").team, by=ito)


@door
def a_company_closed_and_opened(world, ito):
    company = Company.objects.filter(deals__isnull=False, is_restricted=False)[0]
    companies.restrict(company, [], [], by=ito)
    for reader in User.objects.people():
        assert read(reader) == counted(reader)
    companies.open_to_all(company, by=ito)


@door
def a_company_closed_to_others(world, ito):
    companies.restrict(Company.objects.filter(deals__isnull=False, is_restricted=False)[0], [], [], by=ito)


@door
def the_bin_and_back(world, ito):
    company = make_company("捨てる会社")
    for kind in ("Won", "Lost"):
        make_deal(person("sato"), kind, company, amount=1_000_000)
    removal = bin.remove(company, by=ito)
    assert_all_is_right()
    bin.restore(removal, by=ito)


@door
def a_deal_in_the_bin(world, ito):
    bin.remove(an_open_deal(), by=ito)


@door
def companies_merged_and_parted(world, ito):
    hidden = Company.objects.filter(is_restricted=True, deals__isnull=False)[0]
    other = Company.objects.filter(is_restricted=False, deals__isnull=False)[0]
    merge = merging.merge_companies(other, hidden, by=ito)
    assert_all_is_right()
    merging.unmerge(merge, by=ito)


@door
def leads_on_all_their_ways(world, ito):
    sato = person("sato")
    became, lost, later, reopened = (make_lead(sato, f"会社{n}", email=f"{n}@x.example") for n in range(4))
    conversion.convert_lead(became, by=ito, seen=became.version, deal_name="新", amount=500_000)
    editing.disqualify(lost, "予算なし", by=ito)
    editing.nurture(later, by=ito)
    editing.disqualify(reopened, "予算なし", by=ito)
    editing.reopen(Lead.objects.get(pk=reopened.pk), by=ito)
    editing.assign(Lead.objects.get(pk=later.pk), person("tanaka"), by=ito)


@door
def leads_merged_and_parted(world, ito):
    two = [make_lead(person("sato"), "同じ会社", email=f"{n}@x.example") for n in range(2)]
    merge = merging.merge(*two, by=ito)
    assert_all_is_right()
    merging.unmerge(merge, by=ito)


@door
def many_at_once_and_undone(world, ito):
    picked = [(d.pk, d.version) for d in Deal.objects.open().filter(company__is_restricted=False)[:5]]
    for key, values in (
        ("owner", {"owner": person("takahashi")}),
        ("close", {"close_on": timezone.localdate() + timedelta(days=99)}),
    ):
        fresh = [(pk, Deal.objects.get(pk=pk).version) for pk, _seen in picked]
        edit = bulk_edit.apply(bulk_edit.ACTIONS[key], fresh, values, by=ito)
        assert edit.done
        assert_all_is_right()
        bulk_edit.take_back(edit, by=ito)


@door
def an_import_with_its_past_and_undone(world, ito):
    header = "案件ID,案件名,会社名,フェーズ,金額(千円),受注予定日,作成日,受注日,結果,失注理由,営業担当\n"
    rows = "D-1,検査ライン,東雲フーズ,提案,12800,2026/12/30,2026/4/1,,,,\nD-2,倉庫,みなと物流,見積,300,2026/6/30,2025/10/1,2026/6/30,受注,,\n"
    batch = run(checked(header + rows, ito, kind="deals", options={"enter_at_stage": True}), ito)
    assert Deal.objects.filter(name="検査ライン").exists()
    past = "案件ID,変更日,ステージ,金額,受注予定日\nD-1,2026/4/1,新規リード,800万,2026/9/30\nD-1,2026/5/7,要件確認,800万,2026/9/30\n"
    run(checked(past, ito, kind="history"), ito)
    assert_all_is_right()
    undoing.begin(batch, by=ito, seen=batch.version)
    relay.drain()


@door
def what_is_logged_and_planned(world, ito):
    deal = make_deal(person("sato"), "Discovery", amount=900_000)
    todos.add_todo("電話", owner=person("sato"), by=ito, due_on=timezone.localdate(), deal=deal)
    log.log_activity("call", by=person("sato"), deal=deal, body="話した")
    todo = deal.todos.get()
    todos.complete_todo(todo, by=ito)


@door
def the_rules_of_a_stage(world, ito):
    Stage.objects.filter(name_en="Discovery").update(probability=77, patience_days=2)
    from pipeline import weights

    weights.recompute(stage("Discovery"))
    stalls.recompute_all()


@door
def a_stage_between_two_others(world, ito):
    method = Pipeline.objects.get(is_default=True)
    draft, key = drafts.add_stage(
        method,
        {
            "name_ja": "試用",
            "name_en": "Trial",
            "probability": 50,
            "patience_days": 10,
        },
        by=ito,
    )
    drafts.place_stage(method, key, -3, by=ito)
    today = timezone.localdate()
    publishing.publish(
        method,
        by=ito,
        seen=drafts.read(method).version,
        today=today,
        starts_on=today,
        in_flight=InFlight.AT_ONCE,
    )
    assert Stage.objects.get(name_en="Trial").position < stage("Negotiation").position
    # Until a worker has come by, rates are counted row by row.
    quarter = periods.with_previous(_quarter())
    found = asking.ask(person("watanabe"), rolled.stage_rates(person("watanabe"), *quarter))
    rollups.fold()
    assert asking.ask(person("watanabe"), rolled.stage_rates(person("watanabe"), *quarter)) == found
    assert not RollupDelta.objects.filter(figure=Figure.STALE).exists()


@door
def rows_written_past_every_function(world, ito):
    Deal.objects.open().update(amount=1, weighted_amount=1, team=person("tanaka").team)
    Lead.objects.update(state="nurture")


def _quarter():
    from crm.lib import fiscal

    return fiscal.quarter_of(timezone.localdate())


# They end as they began; what is between is looked at in each.
UNDONE = {
    "a_company_closed_and_opened",
    "companies_merged_and_parted",
    "an_import_with_its_past_and_undone",
}


@pytest.mark.parametrize("name", DOORS)
def test_a_change_through_every_door_shows_in_every_figure_at_once(world, ito, name):
    assert_all_is_right()
    before = {reader: read(reader) for reader in User.objects.people()}

    DOORS[name](world, ito)

    assert_all_is_right()
    assert name in UNDONE or before != {reader: read(reader) for reader in User.objects.people()}
    rollups.fold()
    assert not RollupDelta.objects.exists()
    assert_all_is_right()


def test_many_changes_by_chance_with_folding_between(world, ito):
    dice = random.Random(11)
    gentle = [
        name
        for name in DOORS
        if name not in ("a_stage_between_two_others", "an_import_with_its_past_and_undone")
    ]
    for name in dice.sample(gentle, 9):
        DOORS[name](world, ito)
        if dice.random() < 0.4:
            rollups.fold()

    assert_all_is_right()


# Who sees what ------------------------------------------------------------------------------------


def test_what_a_restricted_company_brings_is_in_no_sum_of_those_who_may_not_see_it(
    sato, takahashi, watanabe, kobayashi
):
    secret = make_company("秘密", owner=sato, is_restricted=True)
    make_deal(sato, "Won", secret, amount=9_000_000)
    make_deal(sato, "Won", make_company("公開"), amount=1_000_000)
    today = timezone.localdate()

    def won(reader):
        [tally] = rollups.read(reader, {"won": Want(Figure.WON, today, today)})["won"]
        return tally.n1, tally.n2

    assert [won(r) for r in (sato, kobayashi)] == [(2, 10_000_000)] * 2
    assert [won(r) for r in (takahashi, watanabe)] == [(1, 1_000_000)] * 2
    companies.restrict(secret, [watanabe], [], by=kobayashi)
    assert won(watanabe) == (2, 10_000_000)
    rollups.fold()
    assert [won(r) for r in (sato, kobayashi, watanabe, takahashi)] == [(2, 10_000_000)] * 3 + [
        (1, 1_000_000)
    ]


def test_who_is_not_here_any_more_reads_nothing(sato, ito):
    make_deal(sato, "Won", amount=1)
    people.deactivate_person(sato, by=ito)
    sato.refresh_from_db()

    assert read(sato) == {}


# Writing ------------------------------------------------------------------------------------------


def test_a_save_that_changes_no_figure_writes_no_delta(sato):
    deal = make_deal(sato, "Discovery", amount=1)
    rollups.fold()

    Deal.objects.filter(pk=deal.pk).update(last_activity_at=timezone.now(), competitor="A社")

    assert not RollupDelta.objects.exists()


def test_a_change_of_many_deals_writes_a_few_sums(sato, tanaka):
    for n in range(30):
        make_deal(sato, "Discovery", amount=n)
    rollups.fold()

    Deal.objects.filter(owner=sato).update(team=tanaka.team)

    written = RollupDelta.objects.values_list("figure", "n1", "n2")
    assert sorted(n1 for _figure, n1, _n2 in written.filter(figure=Figure.DUE)) == [-30, 30]
    assert len(written) == 10  # two sums of what is due, idle and in hand, four of the stages reached


@pytest.mark.django_db(transaction=True)
def test_writers_and_folders_at_once_lose_nothing(sato, watanabe, kobayashi):
    made = [make_deal(sato, "Discovery", amount=1_000) for _n in range(4)]
    stop = threading.Event()

    def write(deal):
        for amount in range(20):
            with transaction.atomic():
                Deal.objects.filter(pk=deal.pk).update(amount=amount, weighted_amount=amount)
        connection.close()

    def keep_folding():
        while not stop.is_set():
            rollups.fold()
        connection.close()

    writers = [threading.Thread(target=write, args=[deal]) for deal in made]
    folders = [threading.Thread(target=keep_folding) for _n in range(2)]
    for thread in writers + folders:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in folders:
        thread.join()

    assert_all_is_right()
    assert read(kobayashi)[Figure.DUE, UNDATED, stage("Discovery").pk][:2] == [4, 4 * 19]


# Comparing ----------------------------------------------------------------------------------------


def spoil(sato: User) -> None:
    make_deal(sato, "Won", amount=5)
    rollups.fold()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pipeline_rollup SET n2 = n2 + 1 WHERE figure = %s", [Figure.WON])


def test_sums_that_are_wrong_are_found_and_mended(sato):
    spoil(sato)

    with pytest.raises(CommandError, match="1 sums are not what the rows say"):
        call_command("rollups")
    call_command("rollups", "--repair", stdout=StringIO())

    out = StringIO()
    call_command("rollups", stdout=out)
    assert out.getvalue() == "The sums are what the rows say.\n"


def test_the_nightly_comparison_tells_administrators_and_mends(sato, ito):
    assert rollup_watch.compare(timezone.localdate()) == 0
    assert not Notification.objects.exists()
    spoil(sato)

    assert rollup_watch.compare(timezone.localdate()) == 1

    assert Notification.objects.get().user == ito
    assert rollups.differences() == []


def test_the_board_without_filters_reads_sums_and_shows_the_same(world):
    today = timezone.localdate()
    for reader in User.objects.people():
        visible = Deal.objects.visible_to(reader)
        start = periods.of_quarter(_quarter()).begins
        rows = board.totals_of(visible.open(), visible.filter(closed_at__gte=start), today)

        found = board.totals_of_all(reader, today, _quarter())

        assert sorted(found) == sorted((s, n, total or 0, *rest) for s, n, total, *rest in rows)
