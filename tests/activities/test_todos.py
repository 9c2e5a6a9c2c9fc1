from datetime import date, time

import pytest

from activities import todos
from activities.models import Todo
from pipeline import deals
from pipeline.models import Deal
from staff import relay, versions
from staff.models import Event
from tests.factories import make_deal

FRIDAY, MONDAY = date(2026, 7, 10), date(2026, 7, 13)


@pytest.fixture
def deal(sato):
    return make_deal(sato, "First contact")


def add(deal, by, title="予算の決裁ルートを聞く", due_on=MONDAY, **fields):
    return todos.add_todo(title, owner=by, by=by, due_on=due_on, deal=deal, **fields)


def next_action(deal):
    deal.refresh_from_db()
    return deal.next_action_on, deal.next_action_kind


def test_a_deal_knows_its_nearest_next_action(deal, sato):
    add(deal, sato)
    first = add(deal, sato, "寸法を測る", FRIDAY, kind="visit")
    assert next_action(deal) == (FRIDAY, "visit")

    todos.complete_todo(first, by=sato)
    assert next_action(deal) == (MONDAY, "call")


def test_a_deal_without_todos_has_no_next_action_and_meets_one_criterion_less(deal, sato):
    todo = add(deal, sato)
    deal.refresh_from_db()
    assert deal.criteria_met == 1

    todos.complete_todo(todo, by=sato)

    assert next_action(deal) == (None, "")
    assert deal.criteria_met == 0


def test_completing_twice_keeps_the_first(deal, sato, watanabe):
    todo = add(deal, sato)
    done = todos.complete_todo(todo, by=sato)

    again = todos.complete_todo(todo, by=watanabe)

    assert (again.done_by, again.done_at) == (sato, done.done_at)
    assert Event.objects.filter(kind="todo.completed").count() == 1


def test_a_completion_can_be_taken_back(deal, sato):
    todo = todos.complete_todo(add(deal, sato), by=sato)

    todo = todos.reopen_todo(todo, by=sato)

    assert (todo.done_at, todo.done_by) == (None, None)
    assert next_action(deal) == (MONDAY, "call")
    assert Event.objects.filter(kind="todo.reopened").count() == 1


def test_a_todo_can_be_put_off(deal, sato):
    todo = add(deal, sato, due_time=time(10))

    todo = todos.reschedule_todo(todo, date(2026, 7, 16), by=sato, seen=todo.version)

    assert (todo.due_on, todo.due_time, todo.version) == (date(2026, 7, 16), None, 2)
    assert next_action(deal) == (date(2026, 7, 16), "call")
    event = Event.objects.get(kind="todo.rescheduled")
    assert (event.before, event.after) == ({"due_on": "2026-07-13"}, {"due_on": "2026-07-16"})


def test_who_saw_another_day_is_shown_the_new_one_and_changes_nothing(deal, sato, watanabe):
    todo = add(deal, sato)
    todos.reschedule_todo(todo, date(2026, 7, 16), by=sato, seen=1)

    with pytest.raises(versions.Stale) as refusal:
        todos.reschedule_todo(todo, date(2026, 7, 20), by=watanabe, seen=1)
    assert refusal.value.record.due_on == date(2026, 7, 16)
    assert todos.reschedule_todo(todo, date(2026, 7, 16), by=watanabe, seen=1).version == 2

    todos.complete_todo(todo, by=sato)
    with pytest.raises(versions.Stale):
        todos.reschedule_todo(todo, date(2026, 7, 20), by=watanabe, seen=2)
    assert Event.objects.filter(kind="todo.rescheduled").count() == 1
    assert next_action(deal) == (None, "")


def test_the_same_origin_issues_one_todo(deal, sato):
    first = add(deal, sato, origin="stage 4 deal 7")

    assert add(deal, sato, "another", origin="stage 4 deal 7") == first
    assert Todo.objects.count() == 1
    assert Event.objects.filter(kind="todo.added").count() == 1


def test_a_todo_may_be_about_nothing_but_oneself(sato):
    todo = todos.add_todo("名刺を頼む", owner=sato, by=sato, due_on=MONDAY)

    assert (todo.deal, todo.lead, todo.company, todo.team) == (None, None, None, sato.team)


def test_the_open_todos_of_a_deal_go_along_with_it(deal, sato, tanaka, watanabe):
    open_one, done = add(deal, sato), todos.complete_todo(add(deal, sato, "済んだ"), by=sato)
    deals.hand_over(deal, tanaka, by=watanabe, seen=Deal.objects.get(pk=deal.pk).version)
    relay.drain()
    relay.drain()

    open_one.refresh_from_db()
    done.refresh_from_db()
    assert (open_one.owner, open_one.team, done.owner) == (tanaka, tanaka.team, sato)


def test_a_todo_about_a_deal_of_another_team_is_not_seen(deal, sato, tanaka):
    todo = todos.add_todo("図面を送る", owner=tanaka, by=sato, due_on=MONDAY, deal=deal)

    assert not Todo.objects.visible_to(tanaka).exists()
    assert Todo.objects.visible_to(sato).filter(pk=todo.pk).exists() is False
