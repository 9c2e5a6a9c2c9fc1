"""Two people at one deal at the same time, each in a browser of their own: what both did stays, or both are shown."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from activities import todos
from activities.models import Todo
from pipeline.models import Deal
from tests.factories import make_deal, stage
from tests.journeys.conftest import Visit, Visitor


@pytest.fixture
def deal(sato: Any) -> Deal:
    deal = make_deal(
        sato, "First contact", amount=5_000_000, close_on=date(2027, 3, 31), competitor="南北精機"
    )
    todos.add_todo(
        "見積の返事をもらう", owner=sato, by=sato, due_on=timezone.localdate() + timedelta(days=1), deal=deal
    )
    return deal


def test_two_people_at_one_deal_lose_nothing(visit: Visit, sato: Any, watanabe: Any, deal: Deal) -> None:
    rep, manager = visit(sato), visit(watanabe)
    for visitor in (rep, manager):
        visitor.open(deal.get_absolute_url())

    different_fields_merge(rep, manager, deal)
    the_same_field_shows_both(rep, manager, deal)
    a_next_action_is_not_put_off_twice(rep, manager, deal)
    a_move_that_rests_on_the_old_stage_is_told(rep, manager, deal)
    for visitor in (rep, manager):
        assert [text for text in visitor.complaints if "409" not in text] == []


def different_fields_merge(rep: Visitor, manager: Visitor, deal: Deal) -> None:
    begin(rep, deal, "amount", "800万")
    begin(manager, deal, "close_on", "2027/2/26")
    save(rep)
    save(manager)

    deal.refresh_from_db()
    assert (deal.amount, deal.close_on) == (8_000_000, date(2027, 2, 26))
    assert "¥8,000,000" in manager.text


def the_same_field_shows_both(rep: Visitor, manager: Visitor, deal: Deal) -> None:
    for visitor in (rep, manager):
        visitor.open(deal.get_absolute_url())
    begin(rep, deal, "amount", "900万")
    begin(manager, deal, "amount", "700万")
    save(rep)
    manager.press("form.fact button.btn--primary")
    note = manager.page.inner_text("form.fact .note")
    assert "9,000,000" in note
    assert "7,000,000" in note
    deal.refresh_from_db()
    assert deal.amount == 9_000_000

    begin(rep, deal, "amount", "600万")
    save(manager)  # takes one's own, knowing the other
    deal.refresh_from_db()
    assert deal.amount == 7_000_000

    rep.press("form.fact button.btn--primary")
    rep.press("form.fact a.btn")  # keeps the other's
    deal.refresh_from_db()
    assert deal.amount == 7_000_000
    assert "¥7,000,000" in rep.text


def a_next_action_is_not_put_off_twice(rep: Visitor, manager: Visitor, deal: Deal) -> None:
    [todo] = Todo.objects.filter(deal=deal)
    for visitor in (rep, manager):
        visitor.press(f"#todo-{todo.pk} a.due")
    rep.page.locator("#todo-due button.chip").nth(1).click()
    rep.page.wait_for_selector("#todo-due", state="detached")
    todo.refresh_from_db()
    put_to = todo.due_on

    manager.press("#todo-due button.chip >> nth=2")
    note = manager.page.inner_text("#todo-due .note")
    assert f"{put_to.month}/{put_to.day}" in note
    todo.refresh_from_db()
    assert todo.due_on == put_to
    manager.page.locator("#todo-due button.chip").nth(2).click()
    manager.page.wait_for_selector("#todo-due", state="detached")
    todo.refresh_from_db()
    assert todo.due_on > put_to

    for visitor, title in ((rep, "図面を送る"), (manager, "同行する")):
        visitor.page.keyboard.press("a")
        visitor.page.fill("#next-actions input[name=title]", title)
        visitor.send("#next-actions form.stack button.btn--primary")
    assert set(Todo.objects.filter(deal=deal).values_list("title", flat=True)) == {
        "見積の返事をもらう", "図面を送る", "同行する",
    }  # fmt: skip


def a_move_that_rests_on_the_old_stage_is_told(rep: Visitor, manager: Visitor, deal: Deal) -> None:
    back = stage("New lead")
    for visitor in (rep, manager):
        visitor.open(f"{deal.get_absolute_url()}stage/?to={back.pk}")
        visitor.page.fill("#gate-reason", "担当者が替わった")
    rep.send("#gate-form button.btn--primary")
    manager.send("#gate-form button.btn--primary")

    assert deal.moves.filter(to_stage=back).count() == 1
    deal.refresh_from_db()
    assert deal.stage == back
    assert "先に動かし" in manager.text


def begin(visitor: Visitor, deal: Deal, name: str, value: str) -> None:
    """Opens the field where it stands and types; nothing is sent yet."""
    visitor.press(f".keyfacts a.edit[href$='/{name}/']")
    visitor.page.fill(f"form.fact [name={name}]", value)


def save(visitor: Visitor) -> None:
    visitor.send("form.fact button.btn--primary")
