import uuid
from datetime import timedelta

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from activities import todos
from activities.models import Activity, Todo
from pipeline.models import Deal
from staff.models import Event
from tests.factories import make_company, make_deal, make_lead

HX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def deal(sato):
    return make_deal(sato, "First contact")


@pytest.fixture
def todo(deal, sato):
    return todos.add_todo("予算の決裁ルートを聞く", owner=sato, by=sato, due_on=in_days(3), deal=deal)


def in_days(days):
    return timezone.localdate() + timedelta(days=days)


def url(name, *args):
    return reverse(f"activities:{name}", args=args)


def as_user(client, user):
    client.force_login(user)
    return client


# The quick log -----------------------------------------------------------------------------------


def test_two_taps_keep_a_call_with_its_next_action(client, deal, sato):
    as_user(client, sato)
    form = client.get(url("log"), {"deal": deal.pk}).context["form"]
    as_it_opens = {name: form[name].value() or "" for name in form.fields}

    response = client.post(url("log"), as_it_opens | {"deal": deal.pk})

    activity = Activity.objects.get()
    assert response.url == deal.get_absolute_url()
    assert (activity.kind, activity.reached, activity.deal) == ("call", True, deal)
    assert (Todo.objects.get().kind, Todo.objects.get().deal) == ("call", deal)


def test_a_call_that_reached_nobody_says_so_in_the_memo(client, deal, sato):
    as_user(client, sato).post(url("log"), {"deal": deal.pk, "result": "absent", "body": "午後にもう一度"})

    activity = Activity.objects.get()
    assert (activity.reached, activity.body) == (False, "不在\n午後にもう一度")
    assert not Todo.objects.exists()


def test_the_log_stops_the_clock_of_a_lead(client, sato):
    lead = make_lead(sato, first_contact_due_at=timezone.now() + timedelta(hours=5))

    as_user(client, sato).post(url("log"), {"lead": lead.pk, "result": "reached"})

    lead.refresh_from_db()
    assert lead.first_contacted_at is not None


def test_something_planned_is_not_planned_twice(client, deal, todo, sato):
    form = as_user(client, sato).get(url("log"), {"deal": deal.pk}).context["form"]

    assert form["next_kind"].value() == ""


def test_on_the_desk_the_log_is_a_dialog_that_stays_on_its_page(client, deal, sato):
    as_user(client, sato)
    here = {"headers": {"HX-Request": "true", "HX-Current-URL": "http://testserver/deals/?view=mine"}}

    assert client.get(url("log"), {"deal": deal.pk}, **here).content.decode().startswith("<dialog")
    assert client.post(url("log"), {"deal": deal.pk}, **here)["HX-Redirect"] == "/deals/?view=mine"


def test_on_the_phone_the_log_goes_to_the_record_and_says_that_it_is_kept(client, deal, sato):
    as_user(client, sato)
    here = {"headers": {"HX-Request": "true", "HX-Current-URL": f"http://testserver{url('log')}?kind=call"}}

    sent = client.post(url("log"), {"deal": deal.pk}, **here)

    assert sent["HX-Redirect"] == deal.get_absolute_url()
    assert "data-toast" in client.get(sent["HX-Redirect"]).content.decode()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"next_kind": "call"}, "next_on"),
        ({"next_kind": "call", "next_on": "31/31"}, "next_on"),
        ({"next_kind": "call", "next_on": "2020/1/1"}, "next_on"),
        ({"next_kind": "party"}, "next_kind"),
        ({"result": "maybe"}, "result"),
        ({"body": "あ" * 20_001}, "body"),
    ],
)
def test_a_log_that_makes_no_sense_is_refused(client, deal, sato, typed, field):
    response = as_user(client, sato).post(url("log"), {"deal": deal.pk, **typed}, **HX)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Activity.objects.exists()


@pytest.mark.parametrize("about", [{"deal": "x"}, {"deal": "9" * 30}, {"lead": "0"}, {"company": "-1"}])
def test_a_log_about_nothing_that_exists_is_not_found(client, sato, about):
    assert as_user(client, sato).post(url("log"), about).status_code == 404


def test_without_a_subject_the_likeliest_is_proposed(client, deal, todo, sato, takahashi):
    response = as_user(client, sato).get(url("log"))

    assert response.context["subject"].record == deal
    assert [s.record for s in client.get(url("log"), {"pick": "1"}).context["subjects"]] == [deal]
    assert as_user(client, takahashi).get(url("log")).context["subjects"] == []


def test_nothing_is_logged_on_a_guess(client, deal, todo, sato):
    response = as_user(client, sato).post(url("log"), {"body": "電話しました"})

    assert response.status_code == 422
    assert [s.record for s in response.context["subjects"]] == [deal]
    assert not Activity.objects.exists()


def test_the_same_log_sent_twice_is_kept_once(client, deal, sato):
    data = {
        "deal": deal.pk,
        "once": str(uuid.uuid4()),
        "next_kind": "call",
        "next_on": in_days(3).isoformat(),
    }
    as_user(client, sato)

    client.post(url("log"), data)
    client.post(url("log"), data)

    assert (Activity.objects.count(), Todo.objects.count()) == (1, 1)


def test_who_logs(client, deal, sato, takahashi, tanaka, watanabe, kobayashi, ito):
    answers = {
        user.family_name: as_user(client, user).post(url("log"), {"deal": deal.pk}).status_code
        for user in (takahashi, tanaka, watanabe, kobayashi, ito)
    }

    assert answers == {"高橋": 302, "田中": 404, "渡辺": 302, "小林": 403, "伊藤": 302}
    assert {a.by for a in Activity.objects.all()} == {takahashi, watanabe, ito}


def test_the_composer_keeps_a_memo_and_refuses_an_empty_one(client, deal, sato):
    as_user(client, sato)

    assert (
        client.post(url("compose"), {"deal": deal.pk, "kind": "memo", "body": " "}, **HX).status_code == 422
    )
    assert not Activity.objects.exists()
    client.post(url("compose"), {"deal": deal.pk, "kind": "meeting", "body": "検査の見逃しが月12件"}, **HX)
    deal.refresh_from_db()
    assert (Activity.objects.get().body, deal.activity_kinds) == ("検査の見逃しが月12件", ["meeting"])


# Todos -------------------------------------------------------------------------------------------


def test_a_completed_todo_can_be_undone_from_its_toast(client, deal, todo, sato):
    as_user(client, sato)

    done = client.post(url("todo-done", todo.pk), **HX).content.decode()
    todo.refresh_from_db()
    assert todo.done_by == sato
    assert url("todo-open", todo.pk) in done
    undone = client.post(url("todo-open", todo.pk), **HX).content.decode()
    todo.refresh_from_db()
    deal.refresh_from_db()
    assert todo.done_at is None
    assert deal.next_action_on == todo.due_on
    assert f'id="todo-{todo.pk}" hx-swap-oob="true"' in undone


def test_the_last_todo_of_a_deal_asks_what_comes_next(client, deal, todo, sato):
    as_user(client, sato)

    assert url("todo-next", todo.pk) in client.post(url("todo-done", todo.pk), **HX).content.decode()
    client.post(url("todo-next", todo.pk), {"title": "見積を送る", "due_on": in_days(5).isoformat()}, **HX)
    deal.refresh_from_db()
    assert deal.next_action_on == in_days(5)


def test_a_todo_beside_others_asks_nothing(client, deal, todo, sato):
    todos.add_todo("寸法を測る", owner=sato, by=sato, due_on=in_days(4), deal=deal)

    answer = as_user(client, sato).post(url("todo-done", todo.pk), **HX).content.decode()

    assert url("todo-next", todo.pk) not in answer


def test_a_todo_is_put_off_and_never_into_the_past(client, todo, sato):
    as_user(client, sato)

    assert client.post(url("todo-due", todo.pk), {"due_on": "2020/1/1"}, **HX).status_code == 422
    assert client.post(url("todo-due", todo.pk), {}, **HX).status_code == 422
    todo.refresh_from_db()
    assert todo.due_on == in_days(3)
    assert client.post(url("todo-due", todo.pk), {"day": in_days(7).isoformat()}, **HX).status_code == 200
    todo.refresh_from_db()
    assert todo.due_on == in_days(7)


def test_without_htmx_every_action_leads_back_to_the_record(client, deal, todo, sato):
    as_user(client, sato)

    for name, data in (("todo-done", {}), ("todo-open", {}), ("todo-due", {"day": in_days(7).isoformat()})):
        assert client.post(url(name, todo.pk), data).url == deal.get_absolute_url()


def test_only_owner_managers_and_administrators_tick_a_todo(
    client, todo, takahashi, tanaka, watanabe, kobayashi, ito
):
    before = Event.objects.count()
    for name, data in (("todo-done", {}), ("todo-open", {}), ("todo-due", {"day": in_days(7).isoformat()})):
        answers = [
            as_user(client, u).post(url(name, todo.pk), data).status_code
            for u in (takahashi, tanaka, kobayashi)
        ]
        assert answers == [403, 404, 403]
    assert Event.objects.count() == before

    for user in (watanabe, ito):
        assert as_user(client, user).post(url("todo-done", todo.pk), **HX).status_code == 200


def test_a_todo_is_added_to_a_deal_and_to_oneself(client, deal, sato):
    as_user(client, sato)
    values = {"title": "名刺を頼む", "due_on": in_days(1).isoformat()}

    assert "名刺を頼む" in client.post(url("todo-new"), values | {"deal": deal.pk}, **HX).content.decode()
    client.post(url("todo-new"), values)
    assert client.post(url("todo-new"), {"title": "", "due_on": "x"}).status_code == 422
    assert [t.deal for t in Todo.objects.order_by("pk")] == [deal, None]


def test_a_closed_company_hides_what_was_done_there(sato, tanaka, takahashi):
    company = make_company(is_restricted=True, owner=sato)
    Activity.objects.create(kind="memo", company=company, by=sato, team=sato.team)

    assert Activity.objects.visible_to(sato).count() == 1
    assert Activity.objects.visible_to(takahashi).count() == 0


# On other apps' pages ----------------------------------------------------------------------------


def render(user, text, **context):
    request = RequestFactory().get("/")
    request.user = user
    return Template("{% load activities todo_rows %}" + text).render(Context({"request": request, **context}))


def test_the_tags_show_rows_and_a_composer(deal, todo, sato, kobayashi):
    rows = render(sato, "{% todo_rows todos %}", todos=Todo.objects.for_rows())
    panel = render(sato, "{% next_actions deal=deal %}", deal=deal)
    composer = render(sato, "{% composer deal=deal %}", deal=deal)

    assert f'id="todo-{todo.pk}"' in rows
    assert "予算の決裁ルートを聞く" in panel
    assert f'name="deal" value="{deal.pk}"' in composer
    assert url("todo-new") not in render(kobayashi, "{% next_actions deal=deal %}", deal=deal)


def test_what_people_typed_is_escaped_in_the_row_of_a_todo(deal, todo, sato):
    Deal.objects.filter(pk=deal.pk).update(name="<i>集塵機</i>")
    Todo.objects.filter(pk=todo.pk).update(title='"><b>電話</b>')

    for done_at in (None, timezone.now()):
        Todo.objects.filter(pk=todo.pk).update(done_at=done_at, done_by=sato if done_at else None)
        rows = render(sato, "{% todo_rows todos %}", todos=Todo.objects.for_rows())

        assert rows.count("&quot;&gt;&lt;b&gt;電話&lt;/b&gt;") == 2  # the title, and the name of its button
        assert "&lt;i&gt;集塵機&lt;/i&gt;" in rows
        assert "<i>集塵機" not in rows
        assert "<b>電話" not in rows


def test_more_todos_cost_no_more_queries(deal, sato, django_assert_max_num_queries):
    counts = []
    render(sato, "{% next_actions deal=deal %}", deal=deal)
    for total in (3, 20):
        while Todo.objects.count() < total:
            todos.add_todo("電話", owner=sato, by=sato, due_on=in_days(1), deal=deal)
        with django_assert_max_num_queries(20) as queries:
            render(sato, "{% next_actions deal=deal %}", deal=deal)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_change_of_todos_tells_the_rest_of_the_page(client, deal, todo, sato):
    as_user(client, sato)

    for changed in (
        client.post(url("todo-done", todo.pk), **HX),
        client.post(url("todo-open", todo.pk), **HX),
        client.post(url("todo-new"), {"deal": deal.pk, "title": "見積", "kind": "call", "due_on": in_days(1), "once": uuid.uuid4()}, **HX),
    ):  # fmt: skip
        assert changed.headers["HX-Trigger"] == '{"todos-changed": {"target": "body"}}'
    refused = client.post(url("todo-new"), {"deal": deal.pk, "title": ""}, **HX)
    assert refused.status_code == 422
    assert "HX-Trigger" not in refused.headers
    assert 'hx-trigger="todos-changed from:body"' in client.get(deal.get_absolute_url()).content.decode()


def test_a_lost_deal_that_is_to_be_called_again_is_proposed_as_a_lost_one(client, sato):
    lost = make_deal(sato, "Lost", make_company("東雲フーズ"))
    live = make_deal(sato, "Proposal", make_company("みなと物流"))
    todos.add_todo("もう一度声をかける", owner=sato, by=sato, due_on=timezone.localdate(), deal=lost)
    as_user(client, sato)

    guessed = client.get(url("log")).content.decode()
    choice = client.get(url("log"), {"pick": "1"}).content.decode()
    named = client.get(url("log"), {"deal": live.pk}).content.decode()

    badge = '<span class="badge badge--warn">失注</span>'
    assert f"<b>東雲フーズ</b> {badge}" in guessed
    assert "決着した案件です" in guessed
    assert choice.count(badge) == 1
    assert badge not in named
