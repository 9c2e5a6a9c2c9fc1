"""One gate, all doors: every way of moving a deal is driven against every kind of exit criterion.

A door of `pipeline.doors` without a driver fails the suite; a call that no door names fails `bin/check`; what goes past
both is refused by the database (`tests/pipeline/test_moves.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from activities.automation import actions
from pipeline import approvals, bulk_edit, deals, doors, entering, exit_criteria, files, moves
from pipeline.doors import Door
from pipeline.exit_criteria import NotMet
from pipeline.models import BulkEdit, Deal, ExitCriterion, LossReason, Stage, StageMove
from staff.models import Event, User
from tests.factories import make_company, make_deal, stage
from tests.site import rules

pytestmark = pytest.mark.django_db


@dataclass
class At:
    """A deal in front of a door, and who tries it."""

    deal: Deal
    to: Stage
    person: User
    client: Client

    def fresh(self) -> Deal:
        return Deal.objects.get(pk=self.deal.pk)

    def post(self, name: str, *args: Any, htmx_page: str = "", **sent: Any) -> Any:
        headers = (
            {"HX-Request": "true", "HX-Current-URL": f"http://testserver{htmx_page}"} if htmx_page else {}
        )
        return self.client.post(reverse(name, args=args), sent, headers=headers)


Driver = Callable[[At], None]
DRIVERS: dict[Door, Driver] = {}
# Doors that no criterion stops: each has a test of its own below.
WITHOUT_CRITERIA = {Door.LOSS, Door.NEW, Door.IMPORT, Door.SAMPLE}


def drives(door: Door) -> Callable[[Driver], Driver]:
    """Registers how a door is tried: the driver does what a person (or a rule) would do, and lets the gate refuse."""

    def register(driver: Driver) -> Driver:
        DRIVERS[door] = driver
        return driver

    return register


@drives(Door.FORM)
def by_the_form(at: At) -> None:
    at.post("pipeline:deal-stage", at.deal.pk, to=at.to.pk, seen=at.fresh().version)


@drives(Door.BOARD)
def by_dragging_a_card(at: At) -> None:
    at.post("pipeline:deal-stage", at.deal.pk, htmx_page="/deals/", to=at.to.pk, seen=at.fresh().version)


@drives(Door.LIST)
def from_the_list(at: At) -> None:
    at.post("pipeline:deal-stage", at.deal.pk, htmx_page="/deals/list/", to=at.to.pk, seen=at.fresh().version)


@drives(Door.BULK)
def with_many_others(at: At) -> None:
    picked = f"{at.deal.pk}-{at.fresh().version}"
    at.post("pipeline:bulk", action="stage", stage=at.to.pk, deal=picked)


@drives(Door.UNDO)
def by_taking_a_step_back_back(at: At) -> None:
    """It once stood there (`undo_before`), went back, and the step back is undone."""
    at.post("pipeline:deal-stage-undo", at.deal.pk, at.fresh().version)


@drives(Door.AUTOMATION)
def by_a_rule(at: At) -> None:
    occurrence = actions.Occurrence("test", at.fresh(), at.person)
    with suppress(NotMet):
        actions._move({"stage": at.to.pk}, occurrence, "test")


@pytest.fixture
def at(sato: User, client: Client, settings: Any, tmp_path: Any) -> At:
    settings.MEDIA_ROOT = tmp_path
    client.force_login(sato)
    return At(make_deal(sato, "New lead", amount=5), stage("First contact"), sato, client)


def ask(rule: dict[str, Any]) -> ExitCriterion:
    ExitCriterion.objects.filter(stage=stage("New lead")).delete()
    names = {"name_ja": "確認", "name_en": "Asked"}
    return ExitCriterion.objects.create(stage=stage("New lead"), code="asked", **names, **rule)


def went_there_and_back(at: At) -> None:
    """For the undo: the deal has stood in the next stage before."""
    deal = at.fresh()
    with transaction.atomic():
        StageMove.objects.create(
            deal=deal, from_stage=deal.stage, to_stage=at.to, by=at.person, at=timezone.now()
        )
        Deal.objects.filter(pk=deal.pk).update(stage=at.to)
    deal = at.fresh()
    moves.move_deal(deal, stage("New lead"), by=at.person, seen=deal.version, reason="確認")


Meet = Callable[[Deal, ExitCriterion, User, User], Any]
# kind → the rule, what stands in its way at first, and what meets it
KINDS: dict[str, tuple[dict[str, Any], Meet, Meet]] = {
    "field": (
        {"kind": "field", "field": "competitor"},
        lambda deal, c, sato, boss: None,
        lambda deal, c, sato, boss: deals.edit_deal(deal, {"competitor": "A社"}, {}, by=sato),
    ),
    "field with a condition": (
        {"kind": "field", "field": "amount", "condition": "at_least", "threshold": Decimal(10)},
        lambda deal, c, sato, boss: None,
        lambda deal, c, sato, boss: deals.edit_deal(deal, {"amount": Decimal(10)}, {}, by=sato),
    ),
    "question": (
        {"kind": "question"},
        lambda deal, c, sato, boss: None,
        lambda deal, c, sato, boss: exit_criteria.answer(deal, c, "聞いた", by=sato),
    ),
    "question with evidence": (
        {"kind": "question", "needs_evidence": True},
        lambda deal, c, sato, boss: exit_criteria.answer(deal, c, "聞いた", by=sato),
        lambda deal, c, sato, boss: exit_criteria.answer(deal, c, "聞いた", evidence="本人から", by=sato),
    ),
    "activity": (
        {"kind": "activity", "activity_kinds": ["call"]},
        lambda deal, c, sato, boss: None,
        lambda deal, c, sato, boss: Deal.objects.filter(pk=deal.pk).update(activity_kinds=["call"]),
    ),
    "file": (
        {"kind": "file", "file_kind": "quote"},
        lambda deal, c, sato, boss: None,
        lambda deal, c, sato, boss: files.attach(deal, ContentFile(b"x", name="x.txt"), "quote", by=sato),
    ),
    "approval": (
        {"kind": "approval"},
        lambda deal, c, sato, boss: None,
        lambda deal, c, sato, boss: approvals.approve(deal, c, by=boss, seen=deal.version),
    ),
    "absence": (
        {"kind": "absence", "activity_kinds": ["memo"]},
        lambda deal, c, sato, boss: Deal.objects.filter(pk=deal.pk).update(activity_kinds=["memo"]),
        lambda deal, c, sato, boss: Deal.objects.filter(pk=deal.pk).update(activity_kinds=[]),
    ),
}


def test_every_door_has_its_driver() -> None:
    assert set(Door) - WITHOUT_CRITERIA == set(DRIVERS)


def test_every_kind_of_criterion_is_asked() -> None:
    assert {rule["kind"] for rule, _before, _meet in KINDS.values()} == set(ExitCriterion.Kind.values)


def test_every_call_that_moves_a_deal_is_a_door() -> None:
    found = [line for line in rules.all_findings() if "door" in line or "pipeline.moves alone" in line]

    assert found == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("door", sorted(DRIVERS))
def test_no_door_lets_a_deal_pass_that_misses_a_criterion(
    at: At, door: Door, kind: str, watanabe: User
) -> None:
    rule, before, meet = KINDS[kind]
    asked = ask(rule)
    if door == Door.UNDO:
        went_there_and_back(at)
    before(at.fresh(), asked, at.person, watanabe)
    moved, told = StageMove.objects.count(), Event.objects.filter(kind="deal.moved").count()

    DRIVERS[door](at)

    assert at.fresh().stage == stage("New lead")
    assert StageMove.objects.count() == moved
    assert Event.objects.filter(kind="deal.moved").count() == told

    meet(at.fresh(), asked, at.person, watanabe)
    DRIVERS[door](at)

    assert at.fresh().stage == at.to
    assert StageMove.objects.count() == moved + 1


@pytest.mark.parametrize("door", sorted(set(DRIVERS) - {Door.UNDO}))
def test_no_door_jumps_over_a_stage(at: At, door: Door) -> None:
    ask({"kind": "field", "field": "amount"})
    at.to = stage("Discovery")

    DRIVERS[door](at)

    assert at.fresh().stage == stage("New lead")


def test_a_change_of_many_is_undone_through_the_gate(at: At) -> None:
    ask({"kind": "field", "field": "competitor"})
    went_there_and_back(at)
    edit = BulkEdit.objects.create(
        action="stage", by=at.person, at=timezone.now(),
        done=[{"deal": at.deal.pk, "name": at.deal.name, "undo": {"version": at.fresh().version}}],
    )  # fmt: skip

    assert bulk_edit.take_back(edit, by=at.person) == [at.deal.name]
    assert at.fresh().stage == stage("New lead")


def test_what_a_manager_waived_is_not_asked_again_by_an_undo(at: At, watanabe: User) -> None:
    ask({"kind": "field", "field": "competitor"})
    deal = moves.move_deal(at.deal, at.to, by=watanabe, seen=at.deal.version, waiver="入札のため")
    deal = moves.move_deal(deal, stage("New lead"), by=at.person, seen=deal.version, reason="手違い")

    assert moves.take_back(deal, by=at.person, seen=deal.version).stage == at.to
    assert deal.moves.exclude(waived=[]).get().waived == [ExitCriterion.objects.get(code="asked").pk]


# Doors that no criterion stops -------------------------------------------------------------------------


def test_losing_asks_for_its_reason_alone(at: At) -> None:
    ask({"kind": "field", "field": "competitor"})
    at.post("pipeline:deal-loss", at.deal.pk, seen=at.deal.version)
    assert at.fresh().is_open

    reason = LossReason.objects.get(code="price").pk
    at.post("pipeline:deal-loss", at.deal.pk, seen=at.deal.version, reason=reason)

    assert at.fresh().stage == stage("Lost")


def test_a_new_deal_enters_the_first_stage(at: At) -> None:
    made = deals.create_deal(name="新", company=make_company("乙社"), owner=at.person, by=at.person)

    assert made.stage == stage("New lead")


def test_old_deals_come_in_by_a_list_and_every_move_says_so(at: At, ito: User) -> None:
    now = timezone.now()
    entry = entering.Entry("旧", make_company("乙社"), at.person, stage("Proposal"), now, now)

    [deal] = entering.enter_many([entry], by=ito, because="旧システムから")

    assert deal.stage == stage("Proposal")
    assert {move.reason for move in StageMove.objects.filter(deal=deal)} == {"旧システムから"}


def test_the_names_of_the_doors_are_those_of_the_calls() -> None:
    assert {door for of_call in doors.CALLS.values() for door in of_call} == set(Door)
