from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from crm.lib import workdays
from pipeline import deals, exit_criteria, moves
from pipeline.exit_criteria import NotMet
from pipeline.models import Deal, LossReason, StageMove
from staff import versions
from staff.models import Event
from tests.factories import criterion, make_company, make_contact, make_deal, stage


@pytest.fixture
def deal(sato):
    """A deal in Discovery that knows decision maker and issue; budget, timing and competitor are missing."""
    deal = make_deal(sato, "Discovery")
    for code in ("decision_maker", "issue"):
        exit_criteria.answer(deal, criterion(code), "田所部長", by=sato)
    deal.refresh_from_db()
    return deal


def labels(refusal):
    return [c.code for c in refusal.value.criteria]


def test_a_deal_that_misses_criteria_stays(deal, sato):
    events_before = Event.objects.count()

    with pytest.raises(NotMet) as refusal:
        moves.move_deal(deal, stage("Proposal"), by=sato, seen=deal.version)

    assert labels(refusal) == ["budget", "timing", "competitor"]
    deal.refresh_from_db()
    assert deal.stage == stage("Discovery")
    assert deal.moves.count() == 1
    assert Event.objects.count() == events_before


def test_a_deal_that_knows_all_moves_and_keeps_its_history(deal, sato):
    deal = deals.edit_deal(
        deal, {"budget": 13_000_000, "wanted_on": timezone.localdate(), "competitor": "内製"}, {}, by=sato
    )

    moved = moves.move_deal(deal, stage("Proposal"), by=sato, seen=deal.version)

    assert moved.stage == stage("Proposal")
    assert (moved.probability, moved.criteria_met, moved.criteria_total) == (40, 0, 3)
    last = moved.moves.last()
    assert (last.from_stage, last.to_stage, last.by) == (stage("Discovery"), stage("Proposal"), sato)
    assert Event.objects.filter(kind="deal.moved", deal_id=deal.pk).count() == 1


def test_nobody_jumps_over_discovery(sato):
    deal = make_deal(sato, "New lead", contact=None)

    with pytest.raises(NotMet) as refusal:
        moves.move_deal(deal, stage("Quote"), by=sato, seen=deal.version)

    assert len(refusal.value.criteria) == 2 + 3 + 5 + 3


def test_winning_asks_the_criteria_of_every_stage_left(sato):
    deal = make_deal(sato, "Negotiation")

    with pytest.raises(NotMet) as refusal:
        moves.move_deal(deal, stage("Won"), by=sato, seen=deal.version)

    assert labels(refusal) == ["terms", "approval_date", "order", "billing_to"]


def test_a_manager_may_waive_with_a_reason_that_is_kept(deal, watanabe):
    moved = moves.move_deal(deal, stage("Proposal"), by=watanabe, seen=deal.version, waiver="入札のため")

    last = moved.moves.last()
    assert (last.waiver, last.waived_count) == ("入札のため", 3)


def test_a_rep_may_not_waive(deal, sato):
    with pytest.raises(PermissionDenied):
        moves.move_deal(deal, stage("Proposal"), by=sato, seen=deal.version, waiver="急ぎ")

    assert Deal.objects.get(pk=deal.pk).stage == stage("Discovery")


def test_losing_asks_no_criteria_but_a_reason(deal, sato):
    lost = moves.lose_deal(
        deal, by=sato, seen=deal.version, reason=LossReason.objects.get(code="price"), competitor="A社"
    )

    assert lost.stage.kind == "lost"
    assert (lost.loss_reason.code, lost.competitor, lost.probability, lost.stalls_on) == (
        "price",
        "A社",
        0,
        None,
    )
    assert lost.closed_at is not None
    with pytest.raises(moves.ReasonMissing):
        moves.move_deal(lost, stage("Discovery"), by=sato, seen=lost.version)
    again = moves.move_deal(lost, stage("Discovery"), by=sato, seen=lost.version, reason="再開")
    assert (again.closed_at, again.loss_reason) == (None, None)


def test_going_back_is_free_but_says_why(deal, sato):
    with pytest.raises(moves.ReasonMissing):
        moves.move_deal(deal, stage("First contact"), by=sato, seen=deal.version)

    assert moves.move_deal(
        deal, stage("First contact"), by=sato, seen=deal.version, reason="担当が代わった"
    ).stage == stage("First contact")


def test_who_decided_on_an_old_version_is_told(deal, sato, watanabe):
    seen = deal.version
    moves.move_deal(deal, stage("First contact"), by=watanabe, seen=seen, reason="確認")

    with pytest.raises(versions.Stale):
        moves.move_deal(deal, stage("Negotiation"), by=sato, seen=seen)


@pytest.mark.parametrize("person", ["takahashi", "tanaka", "kobayashi"])
def test_others_may_not_move_it(deal, person, request):
    with pytest.raises(PermissionDenied):
        moves.move_deal(deal, stage("Proposal"), by=request.getfixturevalue(person), seen=deal.version)

    assert StageMove.objects.filter(deal=deal).count() == 1


def test_the_database_refuses_a_stage_without_its_move(deal):
    with (
        pytest.raises(DatabaseError, match="without a move"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE pipeline_deal SET stage_id = %s WHERE id = %s", [stage("Won").pk, deal.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_refuses_a_deal_that_begins_without_a_move(sato):
    with pytest.raises(DatabaseError, match="began in a stage"), transaction.atomic():
        Deal.objects.create(
            name="x",
            owner=sato,
            team=sato.team,
            company=make_company(),
            stage=stage("Won"),
            stage_entered_at=timezone.now(),
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_new_deal_enters_the_first_stage(sato):
    company = make_company()

    deal = deals.create_deal(
        name="充填機 2号機",
        company=company,
        owner=sato,
        by=sato,
        amount=10_400_000,
        contact=make_contact(company),
    )

    assert deal.stage == stage("New lead")
    assert (deal.probability, deal.weighted_amount, deal.criteria_met, deal.criteria_total) == (
        5,
        520_000,
        1,
        2,
    )
    assert deal.stalls_on == workdays.add(timezone.localdate(deal.stage_entered_at) + timedelta(days=2), 0)
    assert Event.objects.get(kind="deal.created").company_id == company.pk


def test_a_deal_of_a_restricted_company_goes_to_nobody_who_may_not_see_it(sato, takahashi, watanabe):
    deal = make_deal(sato, company=make_company(is_restricted=True, owner=sato))

    with pytest.raises(PermissionDenied, match="高橋"):
        deals.hand_over(deal, takahashi, by=sato, seen=deal.version)

    assert Deal.objects.get(pk=deal.pk).owner == sato
