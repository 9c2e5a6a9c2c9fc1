from django.urls import reverse
from django.utils import timezone

from activities import todos
from activities.models import PlaybookStep, Todo
from activities.playbooks import issuing
from crm.lib import workdays
from pipeline import deals, moves
from pipeline.models import LossReason, Pipeline, Stage
from staff import relay, working_time
from staff.models import Event
from tests.factories import make_company, make_deal, stage


def move(deal, to, by, **words):
    deal.refresh_from_db()
    return moves.move_deal(deal, stage(to), by=by, seen=deal.version, waiver="入札のため", **words)


def test_a_stage_brings_its_todos_once_however_often_the_deal_comes_by(sato, watanabe, ito):
    tomorrow = workdays.add(timezone.localdate(), 1)
    working_time.add_absence(sato, tomorrow, tomorrow, "day", by=sato)
    issuing.save_step(stage("Proposal"), "提案書の骨子を見せる", "meeting", 2, by=ito)
    rest = issuing.save_step(stage("Proposal"), "休み", "call", 1, by=ito)
    issuing.switch(rest, False, by=ito)
    deal = make_deal(sato, "Discovery")

    move(deal, "Proposal", watanabe)
    relay.drain()
    move(deal, "Discovery", watanabe, reason="聞き直し")
    move(deal, "Proposal", watanabe)
    relay.drain()

    todo = Todo.objects.get()
    assert (todo.title, todo.kind, todo.owner, todo.deal) == ("提案書の骨子を見せる", "meeting", sato, deal)
    assert todo.due_on == workdays.add(timezone.localdate(), 2, working_time.of_person(sato))


def test_a_move_that_is_taken_back_takes_its_open_todos_along_and_brings_none(sato, watanabe, ito):
    for name in ("Discovery", "Proposal"):
        issuing.save_step(stage(name), name, "call", 1, by=ito)
    done = issuing.save_step(stage("Proposal"), "done", "call", 1, by=ito)
    deal = make_deal(sato, "Discovery")
    moved = move(deal, "Proposal", watanabe)
    relay.drain()
    todos.complete_todo(Todo.objects.get(origin__startswith=f"playbook {done.pk} "), by=sato)

    moves.take_back(moved, by=watanabe, seen=moved.version)
    relay.drain()

    assert [t.title for t in Todo.objects.all()] == ["done"]
    deal.refresh_from_db()
    assert (deal.stage, deal.next_action_on) == (stage("Discovery"), None)


def test_a_deal_that_is_opened_again_loses_the_todos_of_its_end(sato, watanabe, ito):
    for name in ("Lost", "Discovery"):
        issuing.save_step(stage(name), name, "call", 1, by=ito)
    deal = make_deal(sato, "Proposal")
    lost = moves.lose_deal(deal, by=sato, seen=deal.version, reason=LossReason.objects.get(code="price"))
    relay.drain()

    move(lost, "Discovery", watanabe, reason="再開の連絡")
    relay.drain()

    assert [t.title for t in Todo.objects.all()] == ["Discovery"]


def test_making_winning_and_losing_bring_theirs(sato, watanabe, ito):
    for name, title in (("New lead", "会社を調べる"), ("Won", "請求の手配"), ("Lost", "お礼")):
        issuing.save_step(stage(name), title, "call", 1, by=ito)
    deals.create_deal(name="検査", company=make_company("みなと物流"), owner=sato, by=sato)
    move(make_deal(sato, "Negotiation"), "Won", watanabe)

    relay.drain()

    assert sorted(Todo.objects.values_list("title", flat=True)) == ["会社を調べる", "請求の手配"]


def test_a_deal_that_has_moved_on_gets_only_the_todos_of_where_it_stands(sato, watanabe, ito):
    for name in ("Discovery", "Proposal"):
        issuing.save_step(stage(name), name, "call", 1, by=ito)
    deal = make_deal(sato, "First contact")
    move(deal, "Discovery", watanabe)
    move(deal, "Proposal", watanabe)

    relay.drain()

    assert [t.title for t in Todo.objects.all()] == ["Proposal"]


def test_the_page_takes_steps_and_switches_them(client, ito):
    client.force_login(ito)
    typed = {"stage": stage("Quote").pk, "title": "見積の説明", "kind": "call", "due_days": 1}

    assert client.post(reverse("activities:playbook"), typed).status_code == 302
    assert client.post(reverse("activities:playbook"), typed | {"title": " "}).status_code == 422
    step = PlaybookStep.objects.get()
    url = reverse("activities:playbook-step", args=[step.pk])
    assert client.post(url, typed | {"due_days": 3, "seen": 1}).status_code == 302
    assert client.post(url, {"on": "0"}).status_code == 302
    step.refresh_from_db()
    assert (step.due_days, step.is_active, step.version) == (3, False, 2)
    assert "見積の説明" in client.get(reverse("activities:playbook")).content.decode()
    assert Event.objects.filter(kind="playbook.changed").count() == 3


def test_todos_of_further_pipelines_are_in_sight_too(client, ito):
    further = Pipeline.objects.create(name_ja="保守", name_en="Service")
    kinds = {"name_ja": "点検", "name_en": "Check", "kind": "open", "probability": 10, "position": 1}
    there = Stage.objects.create(pipeline=further, **kinds)
    client.force_login(ito)
    typed = {"stage": there.pk, "title": "部品の手配", "kind": "call", "due_days": "2"}

    assert client.post(reverse("activities:playbook"), typed).status_code == 302

    page = client.get(reverse("activities:playbook")).content.decode()
    assert "部品の手配" in page
    assert "保守・点検" in page


def test_of_two_who_change_a_todo_of_the_playbook_the_second_sees_what_is_there(client, ito):
    step = issuing.save_step(stage("Quote"), "見積の説明", "call", 1, by=ito)
    issuing.save_step(step.stage, "見積の訪問説明", "visit", 2, by=ito, step=step, seen=1)
    client.force_login(ito)
    url = reverse("activities:playbook-step", args=[step.pk])
    typed = {"stage": step.stage_id, "title": "見積を送る", "kind": "mail", "due_days": 0}

    refused = client.post(url, typed | {"seen": 1})

    page = refused.content.decode()
    assert refused.status_code == 409
    assert "見積の訪問説明" in page
    assert "見積を送る" in page
    assert client.post(url, typed | {"seen": refused.context["form"]["seen"].value()}).status_code == 302
    step.refresh_from_db()
    assert (step.title, step.version) == ("見積を送る", 3)
