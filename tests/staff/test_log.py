import re
from datetime import date, time

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from activities.automation import editing
from pipeline.models import Stage
from staff import events, log, people, seals, working_time
from staff.models import Event, Seal, User
from tests.factories import make_company, make_deal


@pytest.fixture
def admin(client, ito):
    client.force_login(ito)
    return client


@pytest.fixture
def change(sato):
    """sato gave the deal a competitor on screen: one request, one event, one changed row."""
    deal = make_deal(sato, name="巻取機の更新", amount=1_000_000)
    browser = Client()
    browser.force_login(sato)
    url = reverse("pipeline:deal-fact", args=[deal.pk, "competitor"])
    assert browser.post(url, {"competitor": "東都設備"}, REMOTE_ADDR="203.0.113.77").status_code == 302
    return Event.objects.get(kind="deal.edited")


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_the_log_says_when_who_what_and_from_where(change, admin):
    page = admin.get(reverse("staff:log"))

    text = text_of(page)
    for word in ("佐藤 美咲", "変更", "巻取機の更新", "東都設備", "203.0.113.77"):
        assert word in text
    assert re.search(r"\d{4}/\d+/\d+ \d\d:\d\d:\d\d", text)
    assert f'href="/deals/{change.deal_id}/"' in page.content.decode()


def test_a_line_opens_the_exact_rows_of_its_request(change, admin):
    url = reverse("staff:event", args=[change.pk])

    fragment = admin.get(url, headers={"HX-Request": "true"})

    assert fragment.content.decode().strip().startswith("<dialog")
    rows = {(row.table, row.label): row for row in fragment.context["rows"]}
    deal = next(row for (table, _label), row in rows.items() if row.pk == change.deal_id and row.fields)
    assert ("", "東都設備") in {(field.before, field.after) for field in deal.fields}
    assert deal.label == "update"
    assert not any("search" in field.label for field in deal.fields)
    assert "<h1" in admin.get(url).content.decode()


def test_a_new_row_shows_what_it_was_filled_with(admin, team_one):
    admin.post(
        reverse("staff:team-new"),
        {"name": "西日本課", "parent": team_one.parent_id},
    )
    event = Event.objects.get(kind="team.created")

    rows = admin.get(reverse("staff:event", args=[event.pk])).context["rows"]

    assert [(row.label, row.pk) for row in rows] == [("insert", event.subject_id)]
    shown = {field.after for field in rows[0].fields}
    assert "西日本課" in shown
    assert all(field.before == "" for field in rows[0].fields)


def test_what_a_job_did_is_told_as_automatic_and_has_no_rows(admin, system, db):
    with transaction.atomic():
        event = events.record("company.created", make_company(), by=system)

    assert "(自動)" in text_of(admin.get(reverse("staff:log")))
    assert admin.get(reverse("staff:event", args=[event.pk])).context["rows"] == []


@pytest.fixture
def several(sato, ito, system, team_one, change):
    """A changed deal by sato, a changed person by ito, a failed sign-in by nobody."""
    people.edit_person(sato, {"title": "主任"}, by=ito)
    Client().post(reverse("account_login"), {"login": sato.email, "password": "wrong"})


@pytest.mark.parametrize(
    ("narrowed", "kinds"),
    [
        ({}, {"deal.edited", "user.edited", "user.sign_in_failed"}),
        ({"attention": "1"}, {"user.edited", "user.sign_in_failed"}),
        ({"action": "change"}, {"deal.edited"}),
        ({"action": "failed"}, {"user.sign_in_failed"}),
        ({"person": "auto"}, {"user.sign_in_failed"}),
        ({"from": "2099/1/1"}, set()),
        ({"from": "令和2年1月1日", "to": "2099-01-01"}, {"deal.edited", "user.edited", "user.sign_in_failed"}),
        ({"to": "2020/1/1"}, set()),
        ({"action": "kind__startswith", "person": "x", "from": "soon"}, {"deal.edited", "user.edited", "user.sign_in_failed"}),
    ],
)  # fmt: skip
def test_the_log_is_narrowed_by_declared_filters_alone(several, admin, narrowed, kinds):
    page = admin.get(reverse("staff:log"), narrowed)

    assert {entry.event.kind for entry in page.context["entries"]} == kinds


def test_the_log_of_one_person(several, admin, sato):
    entries = admin.get(reverse("staff:log"), {"person": sato.pk}).context["entries"]

    assert {entry.event.actor_id for entry in entries} == {sato.pk}


def test_every_kind_of_event_has_an_action():
    assert log.action_of("user.sign_in_failed").key == "failed"
    assert log.action_of("user.deactivated").key == "settings"
    assert log.action_of("import.reported").key == "export"
    assert log.action_of("lead.received").key == "new"
    assert log.action_of("something.unheard_of").key == "change"


def test_a_click_checks_the_seals(admin, change, monkeypatch):
    monkeypatch.setattr(seals, "SETTLE_SECONDS", -60)
    seals.seal_new()

    assert "まで封印済み" in text_of(admin.get(reverse("staff:log")))
    whole = admin.post(reverse("staff:log-check"), headers={"HX-Request": "true"})
    assert "改ざんなし" in text_of(whole)
    last = Seal.objects.last()
    Seal.objects.create(
        first_id=last.last_id + 1, last_id=last.last_id + 2, count=2, digest="1" * 64, signature="0" * 64
    )
    broken = admin.post(reverse("staff:log-check"), headers={"HX-Request": "true"})
    assert "ログが封印と一致しません" in text_of(broken)


def test_the_newest_seals_are_checked_from_the_seal_before_them(sato, monkeypatch):
    monkeypatch.setattr(seals, "SETTLE_SECONDS", -60)
    for _n in range(3):
        with transaction.atomic():
            events.record("company.created", make_company(), by=sato)
        seals.seal_new()

    assert seals.verify(newest=1) == []
    assert seals.verify(newest=1000) == []


def test_nobody_but_administrators_reads_the_log(client, change, sato, watanabe, kobayashi):
    for person in (sato, watanabe, kobayashi):
        client.force_login(person)
        for url in (reverse("staff:log"), reverse("staff:event", args=[change.pk])):
            answer = client.get(url)
            assert answer.status_code == 403
            assert "東都設備" not in answer.content.decode()


def test_the_log_costs_the_same_for_more_lines(admin, sato, django_assert_max_num_queries):
    for n in range(20):
        deal = make_deal(sato, name=f"案件{n}")
        people.edit_person(User.objects.get(pk=sato.pk), {"title": f"{n}"}, by=sato)
        with transaction.atomic():
            events.record("deal.edited", deal, by=sato)
    with django_assert_max_num_queries(11):
        assert len(admin.get(reverse("staff:log")).context["entries"]) == 40


def test_what_is_kept_as_ids_and_pieces_is_shown_in_words(ito, watanabe, sato):
    stage = Stage.objects.get(name_ja="提案")
    rule = {
        "trigger": "stage_entered", "stage": stage, "field": "", "offset_days": 0,
        "conditions": [{"field": "amount", "op": "gte", "value": "5000000"}],
        "actions": [{"kind": "assign", "whom": str(sato.pk)}],
    }  # fmt: skip
    editing.save(rule, by=ito)
    working_time.add_day(date(2027, 12, 28), "half", by=ito, name="仕事納め", closes=time(12))
    deal = make_deal(sato)
    with transaction.atomic():
        events.record("deal.won", deal, by=sato, before={"stage": "1"}, after={"stage": "7"})

    lines = log.entries(ito, Event.objects.order_by("pk").exclude(kind="deal.created"))

    shown = {line.event.kind: [(label, after) for label, _before, after in line.changes] for line in lines}
    assert shown["automation.changed"] == [
        ("いつ", "案件がステージに入った"), ("ステージ", "提案"), ("条件", "金額が¥5,000,000以上"),
        ("そのとき", "佐藤 美咲を担当にする"),
    ]  # fmt: skip
    assert shown["calendar.changed"] == [("日付", "2027/12/28 半日 09:00–12:00 仕事納め")]
    assert shown["deal.won"] == []


def test_a_value_older_than_the_words_of_today_is_shown_as_it_was_written(ito):
    with transaction.atomic():
        event = events.record(
            "matching.rules_published", ito, by=ito, after={"name + gone": "surely"}, version=1
        )

    [line] = log.entries(ito, [event])

    assert line.changes == [("同じ社名 + gone", "", "surely")]
