from datetime import timedelta

import pytest
from django import forms
from django.core import mail
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Channel
from activities.automation import conditions, editing, engine
from activities.models import Automation, AutomationRun, Todo
from activities.substitution import fill, unknown
from crm.lib import workdays
from leads import first_contact, intake
from pipeline import deals, moves, stall_alerts
from pipeline.models import Deal, Stage
from staff import deliveries, mails, notices, relay, working_time
from staff.custom import definitions
from staff.custom import values as own_values
from staff.models import Delivery, Event, Mail, Notification
from tests.factories import make_company, make_deal, make_lead, stage


def automate(by, trigger, *actions, conditions=(), **fields):
    values = {
        "trigger": trigger, "stage": None, "field": "", "offset_days": 0, "conditions": list(conditions),
        "actions": list(actions), **fields,
    }  # fmt: skip
    return editing.save(values, by=by)


TODO = {"kind": "todo", "whom": "owner", "text": "{{ company }}に提案書を送る", "days": 2, "activity": "mail"}
TELL = {"kind": "notify", "whom": "managers", "text": "見てください", "by_mail": True}


def move(deal, to, by):
    deal.refresh_from_db()
    return moves.move_deal(deal, stage(to), by=by, seen=deal.version, waiver="入札のため")


def test_entering_a_stage_makes_its_todo_once_on_the_owners_days(sato, watanabe, ito):
    tomorrow = workdays.add(timezone.localdate(), 1)
    working_time.add_absence(sato, tomorrow, tomorrow, "day", by=sato)
    automation = automate(ito, "stage_entered", TODO, stage=stage("Proposal"))
    deal = make_deal(sato, "Discovery")

    move(deal, "Proposal", watanabe)
    relay.drain()
    event = Event.objects.get(kind="deal.moved")
    engine.react(event)

    todo = Todo.objects.get()
    assert (todo.title, todo.owner, todo.kind) == ("青嶺精工に提案書を送る", sato, "mail")
    assert todo.due_on == workdays.add(timezone.localdate(), 2, working_time.of_person(sato))
    assert [(r.automation, r.state, r.deal) for r in AutomationRun.objects.all()] == [
        (automation, "done", deal)
    ]
    move(deal, "Quote", watanabe)
    relay.drain()
    assert Todo.objects.count() == 1


def test_conditions_are_asked_of_the_deal_as_it_stands(sato, watanabe, ito):
    rich = conditions.read("amount", "gte", "100万", "deal")
    automate(ito, "deal_created", TODO, conditions=[rich])

    for amount in (None, 999_999, 1_000_000):
        deals.create_deal(
            name=f"{amount}", company=make_company(f"会社{amount}"), owner=sato, by=sato, amount=amount
        )
    relay.drain()

    assert [t.deal.name for t in Todo.objects.all()] == ["1000000"]


def test_a_stall_tells_the_managers_in_the_app_and_by_mail_once(sato, watanabe, ito, system):
    automate(ito, "stalled", TELL, stage=stage("Discovery"))
    today = timezone.localdate()
    make_deal(sato, "Discovery", stalls_on=today)
    make_deal(sato, "Proposal", make_company("別会社"), stalls_on=today)

    stall_alerts.raise_alerts(today, by=system)
    relay.drain()
    engine.react(Event.objects.filter(kind="deal.stalled").order_by("pk")[0])

    told = Notification.objects.filter(user=watanabe, kind="automation.told")
    assert [notices.wording(n) for n in told] == ["第二工場 検査ライン更新: 見てください"]
    assert Mail.objects.get().to == watanabe.email
    assert (mails.send_queued(), mails.send_queued()) == (1, 0)
    [sent] = mail.outbox
    assert sent.to == [watanabe.email]
    assert sent.extra_headers["Message-ID"] == f"<enishi-{Mail.objects.get().pk}@localhost>"


def test_nobody_hears_by_mail_of_a_deal_that_they_may_not_see(sato, watanabe, ito, system):
    automate(ito, "stalled", TELL)
    today = timezone.localdate()
    make_deal(sato, "Discovery", make_company("極秘電機", is_restricted=True), stalls_on=today)

    stall_alerts.raise_alerts(today, by=system)
    relay.drain()

    assert AutomationRun.objects.get().state == "done"
    assert not Mail.objects.exists()


def test_one_stall_that_fails_does_not_hold_the_others_up(sato, ito, system, monkeypatch):
    automate(ito, "stalled", TODO)
    today = timezone.localdate()
    deals_ = [make_deal(sato, "Discovery", make_company(f"会社{n}"), stalls_on=today) for n in range(3)]
    stall_alerts.raise_alerts(today, by=system)
    run = engine.run

    def broken(automation, occurrence):
        if occurrence.record == deals_[1]:
            raise RuntimeError("out of order")
        return run(automation, occurrence)

    monkeypatch.setattr(engine, "run", broken)
    relay.drain()
    assert set(Todo.objects.values_list("deal", flat=True)) == {deals_[0].pk, deals_[2].pk}

    # It waits by itself, and comes to what the others came to.
    monkeypatch.setattr(engine, "run", run)
    [left] = Delivery.objects.filter(done_at=None)
    deliveries.deliver(left.pk)
    assert Todo.objects.count() == 3


def test_a_mail_that_does_not_go_out_is_tried_again(sato, settings):
    settings.EMAIL_BACKEND = "nowhere.at.All"
    mails.queue(to=sato.email, topic="a", subject="x\ny", body="z")
    mails.queue(to=sato.email, topic="a", subject="again", body="z")

    assert mails.send_queued() == 0
    waiting = Mail.objects.get()
    assert (waiting.subject, waiting.attempts, waiting.sent_at) == ("x y", 1, None)
    Mail.objects.update(leased_until=None)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert mails.send_queued() == 1


def test_an_automation_does_not_pass_the_gate(sato, ito):
    automate(ito, "field_changed", {"kind": "move", "stage": str(stage("Proposal").pk)}, field="amount")
    deal = make_deal(sato, "Discovery")

    deals.edit_deal(deal, {"amount": 5_000_000}, {}, by=sato)
    relay.drain()

    run = AutomationRun.objects.get()
    assert run.state == "refused"
    assert "意思決定者" in run.note
    deal.refresh_from_db()
    assert deal.stage == stage("Discovery")


def test_all_of_its_actions_or_none(sato, ito):
    automate(ito, "field_changed", TODO, {"kind": "move", "stage": str(stage("Proposal").pk)}, field="amount")

    deals.edit_deal(make_deal(sato, "Discovery"), {"amount": 5_000_000}, {}, by=sato)
    relay.drain()

    assert AutomationRun.objects.get().state == "refused"
    assert not Todo.objects.exists()


def test_what_an_automation_sets_sets_off_no_other(sato, ito):
    automate(ito, "field_changed", {"kind": "set", "field": "competitor", "text": "内製"}, field="amount")
    automate(ito, "field_changed", {"kind": "set", "field": "amount", "text": "1万"}, field="competitor")
    deal = make_deal(sato, "Discovery")

    deals.edit_deal(deal, {"amount": 5_000_000}, {}, by=sato)
    relay.drain()

    deal.refresh_from_db()
    assert (deal.competitor, deal.amount) == ("内製", 5_000_000)
    assert AutomationRun.objects.count() == 1


def own_field(by, subject, kind, name, **values):
    wanted = {"name_ja": name, "name_en": name, "purpose": "判断に使う", "owner": by, "choices": [], **values}
    return definitions.add(subject, kind, wanted, by=by)


def test_it_sets_any_field_that_people_edit_in_their_way(client, ito, sato, system):
    grade = own_field(ito, "deal", "choice", "格付", choices=["A", "B"])
    client.force_login(ito)
    wanted = [("own_probability", "80"), ("call_again_on", "+2"), (grade.key, "A")]
    typed = {"trigger": "deal_created"}
    for n, (field, value) in enumerate(wanted):
        typed |= {f"do{n}_kind": "set", f"do{n}_field": field, f"do{n}_value": value}
    assert client.post(reverse("activities:automation-new"), typed).status_code == 302
    automation = Automation.objects.get()
    shown = client.get(reverse("activities:automation", args=[automation.pk])).content.decode()
    assert '<option value="A" selected>' in shown
    assert 'value="+2"' in shown

    deal = deals.create_deal(name="x", company=make_company(), owner=sato, by=sato)
    relay.drain()

    deal.refresh_from_db()
    assert [(run.state, run.note) for run in AutomationRun.objects.all()] == [("done", "")]
    assert (deal.probability, deal.own_probability_reason) == (80, "自動化で設定")
    assert deal.call_again_on == workdays.add(timezone.localdate(), 2, working_time.of_company())
    assert own_values.read("deal", [deal.pk])[deal.pk] == {grade.pk: "A"}
    with translation.override("ja"):
        assert editing.sentence(automation).endswith(
            "自分で付けた確度を「80%」にする、もう一度声をかける日を「2営業日後」にする、格付を「A」にする"
        )

    # A field that is given up meanwhile is not set, and nothing else of that run is.
    definitions.set_retired(grade, True, by=ito)
    other = deals.create_deal(name="y", company=make_company("東雲フーズ"), owner=sato, by=sato)
    relay.drain()
    other.refresh_from_db()
    assert other.own_probability is None
    assert AutomationRun.objects.get(deal=other).state == "refused"


def test_it_waits_for_a_field_of_the_companys_own_as_for_any_other(client, ito, sato, system):
    grade = own_field(ito, "deal", "choice", "格付", choices=["A", "B"])
    checked = own_field(ito, "deal", "date", "検収日")
    also = own_field(ito, "company", "text", "得意先区分")
    client.force_login(ito)
    page = client.get(reverse("activities:automation-new"))
    offered = [key for key, _label in page.context["form"].fields["field"].choices]
    assert offered[-2:] == [grade.key, checked.key]
    typed = {"trigger": "field_changed", "field": grade.key, "do0_kind": "todo", "do0_text": "確認"}
    assert client.post(reverse("activities:automation-new"), typed).status_code == 302
    automation = Automation.objects.get()
    automate(ito, "field_changed", {"kind": "set", "field": grade.key, "text": "B"}, field="amount")
    deal, other = make_deal(sato), make_deal(sato)

    own_values.change("deal", deal, {grade: "A", checked: timezone.localdate()}, {}, by=sato)
    own_values.change("deal", deal, {grade: "A"}, {}, by=sato)
    own_values.change("company", deal.company, {also: "A"}, {}, by=ito)
    # What another automation puts there sets off no further one.
    deals.edit_deal(other, {"amount": 1}, {}, by=sato)
    relay.drain()

    assert [run.deal for run in automation.runs.all()] == [deal]
    assert own_values.read("deal", [other.pk])[other.pk] == {grade.pk: "B"}
    rehearsed, _looked_at = engine.rehearse(automation, timezone.now())
    assert [row.record for row in rehearsed] == [deal]
    with translation.override("ja"):
        assert editing.sentence(automation).startswith("案件の格付が変わったとき")
    shown = client.get(reverse("staff:log")).content.decode()
    assert "格付" in shown


def test_a_day_of_the_companys_own_is_reached_once(client, ito, sato):
    checked, other = own_field(ito, "deal", "date", "検収日"), own_field(ito, "deal", "text", "メモ")
    today = timezone.localdate()
    deal, later, won = make_deal(sato), make_deal(sato), make_deal(sato, "Won")
    for record, day in ((deal, today), (later, today + timedelta(days=1)), (won, today)):
        own_values.change("deal", record, {checked: day}, {}, by=sato)
    automation = automate(ito, "date_reached", TODO, field=checked.key)

    assert (engine.run_dates(today), engine.run_dates(today)) == (1, 0)
    assert [row.record for row in engine.rehearse(automation, timezone.now())[0]] == [deal]
    with translation.override("ja"):
        assert editing.sentence(automation).startswith("検収日")
    definitions.set_retired(checked, True, by=ito)
    assert engine.run_dates(today + timedelta(days=1)) == 0
    client.force_login(ito)
    typed = {"trigger": "date_reached", "field": other.key, "do0_kind": "todo", "do0_text": "確認"}
    assert client.post(reverse("activities:automation-new"), typed).status_code == 422


def test_conditions_ask_for_fields_of_the_companys_own_of_the_deal_and_of_its_company(
    client, ito, sato, django_assert_max_num_queries
):
    grade = own_field(ito, "deal", "choice", "格付", choices=["A", "B"])
    lines = own_field(ito, "deal", "number", "ライン数")
    checked = own_field(ito, "deal", "date", "検収日")
    key = own_field(ito, "company", "yes_no", "重点先")
    client.force_login(ito)
    typed = {"trigger": "deal_created", "do0_kind": "todo", "do0_text": "確認"}
    for n, (field, op, value) in enumerate([(grade, "is", "A"), (lines, "gte", "３"), (key, "is", "1")]):
        typed |= {f"if{n}_field": field.key, f"if{n}_op": op, f"if{n}_value": value}
    assert client.post(reverse("activities:automation-new"), typed).status_code == 302
    automation = Automation.objects.get()
    late = automate(
        ito, "deal_created", TODO, conditions=[conditions.read(checked.key, "from", "+5", "deal")]
    )

    firms = [make_company(name) for name in ("甲社", "乙社", "丙社")]
    held, poor, plain = (deals.create_deal(name="x", company=firm, owner=sato, by=sato) for firm in firms)
    for deal, count in ((held, 3), (poor, 2), (plain, 3)):
        own_values.change(
            "deal", deal, {grade: "A", lines: count, checked: timezone.localdate()}, {}, by=sato
        )
    for deal in (held, poor):
        own_values.change("company", deal.company, {key: True}, {}, by=ito)
    with django_assert_max_num_queries(9):
        rehearsed, looked_at = engine.rehearse(automation, timezone.now())
    relay.drain()

    assert ([row.record for row in rehearsed], looked_at) == ([held], 3)
    assert [run.deal for run in automation.runs.all()] == [held]
    assert not late.runs.exists()
    with translation.override("ja"):
        assert editing.sentence(automation).startswith(
            "案件ができたとき、格付が「A」である、かつライン数が3以上、かつ会社の重点先が「あり」であるなら"
        )
        assert "検収日が5営業日後以降なら" in editing.sentence(late)
    shown = client.get(reverse("activities:automation", args=[automation.pk])).content.decode()
    assert '<option value="A" selected>' in shown
    assert '<option value="1" selected>' in shown

    # Out of use it holds of nothing, and the editor does not drop it unseen.
    definitions.set_retired(grade, True, by=ito)
    assert engine.rehearse(automation, timezone.now())[0] == []
    assert (
        client.post(reverse("activities:automation", args=[automation.pk]), {**typed, "seen": 1}).status_code
        == 422
    )
    automation.refresh_from_db()
    assert len(automation.conditions) == 3


def test_a_lead_is_asked_for_its_own_fields_and_for_those_of_a_company_that_it_may_not_have(ito, sato):
    size, area = own_field(ito, "lead", "number", "台数"), own_field(ito, "company", "text", "地区")
    big = conditions.read(size.key, "gte", "10", "lead")
    nowhere = conditions.read(area.key, "empty", "", "lead")
    known, stranger = make_lead(sato, company=make_company()), make_lead(sato)
    own_values.change("company", known.company, {area: "東"}, {}, by=ito)
    for lead in (known, stranger):
        own_values.change("lead", lead, {size: 12}, {}, by=sato)

    assert [conditions.hold([big], lead) for lead in (known, stranger)] == [True, True]
    assert [conditions.hold([nowhere], lead) for lead in (known, stranger)] == [False, True]
    with pytest.raises(conditions.Unreadable):
        conditions.read(size.key, "gte", "10", "deal")


def test_it_sets_what_people_edit_on_a_lead(ito, sato, system):
    seat = own_field(ito, "lead", "person", "担当技術")
    automate(
        ito, "lead_received",
        {"kind": "set", "field": "lead:industry", "text": "製造業"},
        {"kind": "set", "field": seat.key, "text": str(sato.pk)},
    )  # fmt: skip
    channel = Channel.objects.get(code="referral")

    lead = intake.receive_lead(
        {"company_name": "みなと物流株式会社", "email": "a@minato.example"}, channel=channel, by=sato
    )
    relay.drain()

    lead.refresh_from_db()
    assert lead.industry == "製造業"
    assert own_values.read("lead", [lead.pk])[lead.pk] == {seat.pk: sato}
    assert Event.objects.get(kind="lead.edited").actor_id == system.pk


def test_the_editor_fetches_the_way_of_taking_a_value(client, ito):
    client.force_login(ito)
    page = client.get(reverse("activities:automation-new"), {"do1_field": "forecast_category"})

    assert 'id="id_do1_value-part"' in page.content.decode()
    assert isinstance(page.context["form"].fields["do1_value"], forms.ChoiceField)
    asked = client.get(reverse("activities:automation-new"), {"if0_field": "channel"})
    assert 'id="id_if0-part"' in asked.content.decode()
    assert [op for op, _label in asked.context["form"].fields["if0_op"].choices] == ["is"]
    assert isinstance(asked.context["form"].fields["if0_value"], forms.ModelChoiceField)
    assert client.get(reverse("activities:automation-new"), {"do1_field": "cf999999"}).status_code == 200


def test_a_won_deal_can_go_to_somebody_else(sato, takahashi, watanabe, ito):
    automate(ito, "won", {"kind": "assign", "whom": str(takahashi.pk)})
    deal = make_deal(sato, "Negotiation")

    move(deal, "Won", watanabe)
    relay.drain()

    deal.refresh_from_db()
    assert deal.owner == takahashi


def test_what_is_gone_meanwhile_is_told_in_the_words_of_the_reader(sato, takahashi, ito):
    give = automate(ito, "won", {"kind": "assign", "whom": str(takahashi.pk)})
    go = automate(ito, "deal_created", {"kind": "move", "stage": str(stage("Proposal").pk)})
    type(takahashi).objects.filter(pk=takahashi.pk).update(is_active=False)
    Stage.objects.filter(pk=stage("Proposal").pk).update(kind=Stage.Kind.GONE)

    deal = make_deal(sato, "Negotiation")
    moves.move_deal(deal, stage("Won"), by=ito, seen=deal.version, waiver="口頭で受注")
    deals.create_deal(name="x", company=make_company("東雲フーズ"), owner=sato, by=sato)
    with translation.override("ja"):
        relay.drain()

    assert [(run.state, run.note) for run in (give.runs.get(), go.runs.get())] == [
        ("refused", "この同僚はもう在籍していません。"), ("refused", "このステージは使われていません。"),
    ]  # fmt: skip


def test_nobody_gets_a_todo_about_a_deal_that_they_may_not_see(sato, tanaka, ito):
    automation = automate(ito, "won", {**TODO, "whom": str(tanaka.pk)})
    deal = make_deal(sato, "Negotiation")

    moves.move_deal(deal, stage("Won"), by=ito, seen=deal.version, waiver="口頭で受注")
    with translation.override("ja"):
        relay.drain()

    assert [(run.state, run.note) for run in automation.runs.all()] == [
        ("refused", f"{tanaka.full_name}さんはこの記録を見られません。")
    ]
    assert not Todo.objects.filter(owner=tanaka).exists()


def test_a_date_is_reached_once_and_late_if_need_be(sato, ito):
    today = timezone.localdate()
    automation = automate(ito, "date_reached", TODO, field="close_on", offset_days=-3)
    make_deal(sato, "Quote", close_on=today + timedelta(days=3))
    make_deal(sato, "Quote", close_on=today + timedelta(days=4))
    make_deal(sato, "Quote", close_on=today)  # its day lies before the automation was made

    assert (engine.run_dates(today), engine.run_dates(today)) == (1, 0)
    assert engine.run_dates(today + timedelta(days=3)) == 1
    assert automation.runs.count() == 2


def test_the_clock_of_a_lead_warns_once_before_it_runs_out(sato, ito, system):
    automate(ito, "clock_near", {**TODO, "text": "急いで{{ company }}に電話"})
    automate(ito, "clock_over", TELL)
    now = timezone.now()
    received = intake.receive_lead(
        {"company_name": "みなと物流株式会社"},
        channel=make_lead(sato, "港南工業").channel,
        by=sato,
        owner=sato,
    )
    due = received.first_contact_due_at

    assert first_contact.warn(now, by=system) == 0
    soon = due - timedelta(hours=1)
    assert (first_contact.warn(soon, by=system), first_contact.warn(soon, by=system)) == (1, 0)
    first_contact.raise_alerts(due + timedelta(minutes=1), by=system)
    relay.drain()

    assert Todo.objects.filter(lead=received, title="急いでみなと物流株式会社に電話").count() == 1
    assert AutomationRun.objects.filter(lead=received).count() == 2


def test_the_rehearsal_shows_what_it_would_have_done_and_writes_nothing(sato, watanabe, ito):
    deal = make_deal(sato, "Discovery", amount=2_000_000)
    move(deal, "Proposal", watanabe)
    move(make_deal(sato, "Discovery", make_company("小さな会社"), amount=10), "Proposal", watanabe)
    rich = conditions.read("amount", "gte", "100万", "deal")
    automation = automate(ito, "stage_entered", TODO, stage=stage("Proposal"), conditions=[rich])

    rehearsed, looked_at = engine.rehearse(automation, timezone.now())

    assert ([row.record for row in rehearsed], looked_at) == ([deal], 2)
    assert not Todo.objects.exists()
    assert not AutomationRun.objects.exists()


def test_it_reads_as_a_sentence(ito):
    rich = conditions.read("amount", "gte", "100万", "deal")
    automation = automate(ito, "stage_entered", TODO, TELL, stage=stage("Proposal"), conditions=[rich])

    with translation.override("en"):
        assert editing.sentence(automation) == (
            "When a deal enters Proposal, if Amount is at least ¥1,000,000: give the owner the todo "
            "“[company]に提案書を送る”, due in 2 business days, tell the managers “見てください”, by mail too"
        )


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ deal }}の件", "{{ company }}の件"),
        ("{{deal}} {{ nothing }} {% load x %}", "{{ company }} {{ nothing }} {% load x %}"),
    ],
)
def test_what_is_filled_in_is_not_looked_at_again(text, filled):
    assert fill(text, {"deal": "{{ company }}", "company": "青嶺"}) == filled
    assert unknown("{{ deal }} {{ password }}", ["deal"]) == ["password"]


# Screens ----------------------------------------------------------------------------------------------


def test_an_administrator_writes_one_looks_at_it_and_puts_it_to_rest(client, ito, sato):
    client.force_login(ito)
    typed = {
        "trigger": "stage_entered", "stage": stage("Proposal").pk, "if0_field": "amount", "if0_op": "gte",
        "if0_value": "100万", "do0_kind": "todo", "do0_whom": "owner", "do0_text": "提案書を送る", "do0_days": 2,
        "do0_activity": "mail",
    }  # fmt: skip

    assert client.post(reverse("activities:automation-new"), typed).status_code == 302
    automation = Automation.objects.get()
    url = reverse("activities:automation", args=[automation.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {**typed, "seen": 1, "do0_text": "見積書を送る"}).status_code == 302
    assert client.post(url, {**typed, "seen": 1}).status_code == 409
    automation.refresh_from_db()
    assert (automation.actions[0]["text"], automation.version) == ("見積書を送る", 2)
    assert "見積書を送る" in client.get(reverse("activities:automations")).content.decode()
    client.post(reverse("activities:automation-switch", args=[automation.pk]), {"on": "0"})
    assert not Automation.objects.get().is_active
    assert Event.objects.filter(kind="automation.changed").count() == 3


@pytest.mark.parametrize(
    "typed",
    [
        {"trigger": "won"},
        {"trigger": "won", "do0_kind": "todo"},
        {"trigger": "won", "do0_kind": "todo", "do0_text": "{{ secret }}"},
        {"trigger": "date_reached", "field": "amount", "do0_kind": "todo", "do0_text": "x"},
        {"trigger": "lead_received", "do0_kind": "move", "do0_stage": "1"},
        {"trigger": "won", "do0_kind": "set", "do0_field": "close_on", "do0_value": "いつか"},
        {"trigger": "won", "do0_kind": "set", "do0_field": "name", "do0_value": ""},
        {"trigger": "won", "do0_kind": "set", "do0_field": "forecast_category", "do0_value": "surely"},
        {"trigger": "won", "do0_kind": "set", "do0_field": "lead:title", "do0_value": "部長"},
        {"trigger": "won", "do0_kind": "set", "do0_field": "contact", "do0_value": "1"},
        {"trigger": "lead_received", "do0_kind": "set", "do0_field": "amount", "do0_value": "1"},
        {"trigger": "lead_received", "do0_kind": "set", "do0_field": "lead:phone", "do0_value": "いちにさん"},
        {"trigger": "won", "do0_kind": "assign", "do0_whom": "owner"},
        {
            "trigger": "won",
            "if0_field": "amount",
            "if0_op": "gte",
            "if0_value": "x",
            "do0_kind": "todo",
            "do0_text": "y",
        },
        {"trigger": "won", "if0_field": "cf999999", "if0_op": "filled", "do0_kind": "todo", "do0_text": "y"},
        {
            "trigger": "won",
            "if0_field": "close_on",
            "if0_op": "is",
            "if0_value": "1",
            "do0_kind": "todo",
            "do0_text": "y",
        },
        {
            "trigger": "won",
            "if0_field": "score",
            "if0_op": "gte",
            "if0_value": "1",
            "do0_kind": "todo",
            "do0_text": "y",
        },
    ],
)
def test_what_would_make_no_sense_is_refused_with_words(client, ito, typed):
    client.force_login(ito)

    assert client.post(reverse("activities:automation-new"), typed).status_code == 422
    assert not Automation.objects.exists()


def test_a_deleted_deal_sets_nothing_off(sato, ito):
    automate(ito, "deal_created", TODO)
    deal = deals.create_deal(name="x", company=make_company(), owner=sato, by=sato)
    Deal.objects.filter(pk=deal.pk).update(deleted_at=timezone.now())

    relay.drain()

    assert not Todo.objects.exists()
