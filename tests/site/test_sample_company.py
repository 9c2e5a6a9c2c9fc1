"""The sample company has walked where people walk: through the gate."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from activities.models import Activity, Todo
from crm.demo.story import Story
from integrations.models import Import
from leads.models import Lead
from pipeline.models import Deal, DealFile, ExitCriterion, Stage, StageMove
from staff.models import Event, User

TODAY = date(2026, 7, 14)
SEED = 2  # a deal of its last month is won
NOW = timezone.make_aware(datetime(2026, 7, 14, 11, 0))


def test_the_sample_company_has_passed_the_gate_and_is_the_same_from_the_same_seed(db, settings, tmp_path):
    """One test for all that is asked of it, and of its last month alone, since telling it takes its time."""
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOW, tick=False):
        with transaction.atomic():
            Story(SEED, TODAY, lambda line: None, months=1).tell()
            every_forward_move_had_what_the_gate_asks_for()
            deals_stand_where_their_moves_led()
            nothing_happens_in_the_future()
            it_is_as_large_as_it_says()
            first = pictured()
            transaction.set_rollback(True)
        Story(SEED, TODAY, lambda line: None, months=1).tell()
        the_database_would_refuse_any_other_way()
        second = pictured()

    assert [rows for rows in zip(first, second, strict=True) if rows[0] != rows[1]] == []


def every_forward_move_had_what_the_gate_asks_for() -> None:
    stages = list(Stage.objects.order_by("position"))
    criteria = list(ExitCriterion.objects.filter(is_required=True).select_related("stage"))
    deals = Deal.objects.prefetch_related("moves__from_stage", "moves__to_stage", "answers").in_bulk()
    done = Counter[tuple[int, int]]()
    for deal in deals.values():
        for move in deal.moves.all():
            if move.from_stage is None or move.to_stage.kind == "lost" or move.waiver:
                continue
            left = [s.pk for s in stages if move.from_stage.position <= s.position < move.to_stage.position]
            for criterion in criteria:
                if criterion.stage_id in left:
                    assert was_met(deal, criterion, timezone.localdate(move.at)), (
                        f"{deal} left {criterion.stage} on {move.at:%Y-%m-%d} without {criterion}"
                    )
                    done[criterion.stage_id, move.to_stage_id] += 1
    assert len({stage for stage, _to in done}) == sum(stage.is_open for stage in stages)


def was_met(deal: Deal, criterion: ExitCriterion, day: date) -> bool:
    """By that day, as far as rows tell the day; a field only tells that it is filled."""

    def by_then(moment: datetime) -> bool:
        return timezone.localdate(moment) <= day

    if criterion.kind == "question":
        return any(a.criterion_id == criterion.pk and by_then(a.answered_at) for a in deal.answers.all())
    if criterion.kind == "activity":
        done = Activity.objects.filter(deal=deal, kind__in=criterion.activity_kinds, reached=True)
        return any(by_then(activity.at) for activity in done)
    if criterion.kind == "file":
        return any(by_then(f.added_at) for f in DealFile.objects.filter(deal=deal, kind=criterion.file_kind))
    if criterion.field == "next_action_on":
        return Todo.objects.filter(deal=deal).exists()
    return getattr(deal, criterion.field) not in (None, "")


def deals_stand_where_their_moves_led() -> None:
    for deal in Deal.objects.prefetch_related("moves"):
        moves = sorted(deal.moves.all(), key=lambda move: move.pk)
        assert moves[0].from_stage_id is None
        assert [m.from_stage_id for m in moves[1:]] == [m.to_stage_id for m in moves[:-1]]
        assert moves[-1].to_stage_id == deal.stage_id
        assert [m.at for m in moves] == sorted(m.at for m in moves), deal


def the_database_would_refuse_any_other_way() -> None:
    deal = Deal.objects.filter(closed_at=None)[0]
    won = Stage.objects.get(kind="won")
    # Its own earlier moves were written by this very transaction: the trigger wants one that leads from here.
    with (
        pytest.raises(Exception, match="without a move"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("UPDATE pipeline_deal SET stage_id = %s WHERE id = %s", [won.pk, deal.pk])


def nothing_happens_in_the_future() -> None:
    now = timezone.now()
    assert not Event.objects.filter(happened_at__gt=now).exists()
    assert not StageMove.objects.filter(at__gt=now).exists()
    assert not Activity.objects.filter(at__gt=now).exists()
    assert not Lead.objects.filter(received_at__gt=now).exists()


def it_is_as_large_as_it_says() -> None:
    assert User.objects.people().count() == 8
    assert 30 <= Deal.objects.open().count() <= 50
    assert Deal.objects.filter(stage__kind="won").exists()
    assert not Deal.objects.filter(stage__kind="lost", loss_reason=None).exists()
    assert Deal.objects.stalled(TODAY).exists()
    assert Deal.objects.without_next_action().exists()
    assert Lead.objects.waiting().exists()
    done, undone, own = Import.objects.order_by("pk")
    assert (done.state, undone.state, own.state) == ("done", "undone", "done")
    assert own.counts["made"] == {"appended": 4}, (
        "values of the company's own fields, of people who are there"
    )
    assert {row.line: row.outcome for row in done.rows.exclude(outcome="created")} == {
        4: "refused", 6: "refused", 7: "refused",
    }  # fmt: skip
    assert undone.undone["removed"] == {"company": 3}


def pictured() -> list[tuple[Any, ...]]:
    """What stands in the rows, without their ids."""
    rows: list[tuple[Any, ...]] = [
        *Deal.objects.values_list(
            "name", "company__name", "owner__email", "stage__name_en", "amount", "close_on", "stalls_on",
            "criteria_met", "next_action_on", "closed_at", "loss_reason__code", "weighted_amount",
        ),
        *Lead.objects.values_list("company_name", "owner__email", "state", "received_at", "score"),
        *StageMove.objects.values_list("deal__name", "to_stage__name_en", "at", "by__email"),
        *Activity.objects.values_list("kind", "at", "body", "by__email", "deal__name"),
        *Todo.objects.values_list("title", "due_on", "owner__email", "done_at"),
        *Event.objects.values_list("kind", "happened_at"),
    ]  # fmt: skip
    return sorted(rows, key=lambda row: [str(value) for value in row])
