from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Company
from activities import log, todos
from crm.lib import workdays
from crm.lib.workdays import JAPAN, TOKYO
from pipeline import deals, moves, own_history, stall_alerts, stall_words, stalls
from pipeline.models import Deal, StageMove, StallRule
from staff import notices, relay, working_time
from staff.models import Event, Notification
from tests.factories import make_company, make_deal, stage

MONDAY = date(2026, 7, 6)
ENTERED = datetime(2026, 7, 6, 10, tzinfo=TOKYO)


def on(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def rule(kind: str, days: int, what: str = "", after: str = "") -> StallRule:
    return StallRule(stage=stage("Proposal"), kind=kind, days=days, activity_kind=what, after=after)


@pytest.fixture
def deal(sato):
    """It came into Proposal on Monday, July 6; the stage has patience for a year here, so that only the rule counts."""
    deal = make_deal(sato, "Proposal", at=ENTERED, created_at=ENTERED - timedelta(days=30))
    deal.stage.patience_days = 365
    return deal


def verdict(deal, *rules):
    found = stalls.verdict(deal, rules, JAPAN)
    return found.on, found.why


def done(**kinds):
    return {kind: datetime.combine(on(day), time(3), tzinfo=UTC).isoformat() for kind, day in kinds.items()}


def test_silence_counts_from_the_last_contact_and_a_memo_is_none(deal):
    deal.last_done = done(call="07-08", memo="07-15")

    assert verdict(deal, rule("silence", 14)) == (on("07-22"), "silence:14")


def test_a_deal_nobody_spoke_with_is_silent_since_it_was_made(deal):
    assert verdict(deal, rule("silence", 45))[0] == on("07-21")  # 7/21 is 45 days after 6/6


def test_a_next_action_that_lies_ahead_pauses_and_one_that_is_over_does_not(deal):
    deal.last_done = done(call="07-08")
    deal.next_action_on = on("07-28")
    assert verdict(deal, rule("silence", 14)) == (on("07-29"), "silence:14")

    deal.next_action_on = on("07-10")
    assert verdict(deal, rule("silence", 14)) == (on("07-22"), "silence:14")


def test_a_planned_action_pauses_the_days_in_the_stage_too(deal):
    deal.stage.patience_days = 10
    assert verdict(deal) == (on("07-16"), "age:10")
    deal.next_action_on = on("07-17")
    assert verdict(deal) == (on("07-21"), "age:10")  # Saturday, Sunday and 海の日 are no days to stall


def test_no_next_action_counts_from_the_day_the_last_one_was_done(deal):
    assert verdict(deal, rule("no_action", 7))[0] == on("07-13")
    deal.no_action_since = on("07-08")
    assert verdict(deal, rule("no_action", 7)) == (on("07-15"), "no_action:7")
    deal.next_action_on = on("07-30")
    assert verdict(deal, rule("no_action", 7))[1] == "age:365"


def test_an_overdue_next_action_and_a_close_date_that_has_passed(deal):
    deal.next_action_on, deal.close_on = on("07-08"), on("07-14")

    assert verdict(deal, rule("overdue", 2), rule("close", 1)) == (on("07-10"), "overdue:2")
    deal.next_action_on = on("08-30")
    assert verdict(deal, rule("overdue", 2), rule("close", 1)) == (on("07-15"), "close:1")


def test_the_customer_is_silent_since_our_mail_until_they_are_heard(deal):
    deal.last_done = done(mail="07-08")
    assert verdict(deal, rule("unanswered", 7)) == (on("07-15"), "unanswered:7")
    deal.last_done = done(mail="07-08", call="07-09")
    assert verdict(deal, rule("unanswered", 7))[1] == "age:365"
    deal.last_done = done(mail="07-10", call="07-09")
    assert verdict(deal, rule("unanswered", 7))[0] == on("07-17")


@pytest.mark.parametrize(
    ("facts", "after", "expected"),
    [
        ({}, "stage", "07-21"),  # 7/20 is 海の日
        ({"proposal": "07-07"}, "stage", None),
        ({"proposal": "07-03"}, "stage", "07-21"),  # a proposal of the stage before does not count
        ({"visit": "07-08"}, "visit", "07-22"),
        ({"visit": "07-08", "proposal": "07-09"}, "visit", None),
        ({}, "visit", None),
    ],
)
def test_what_is_missing_after_something_else(deal, facts, after, expected):
    deal.last_done = done(**facts)

    found = verdict(deal, rule("absent", 14, "proposal", after))

    assert found == ((on(expected), f"absent:14:proposal:{after}") if expected else found)
    assert (found[1] == "age:365") is (expected is None)


def test_a_closed_deal_does_not_stall(sato):
    assert stalls.verdict(make_deal(sato, "Won"), [], JAPAN) is None


# Stored answers ---------------------------------------------------------------------------------------


@pytest.fixture
def live(sato):
    """A deal of today in Proposal, as the functions make it."""
    deal = make_deal(sato, "Proposal", close_on=timezone.localdate() + timedelta(days=90))
    stalls.recompute(deal.stage)
    deal.refresh_from_db()
    return deal


def fresh(deal):
    deal.refresh_from_db()
    return deal.stalls_on, deal.stall_why


def test_what_is_stored_follows_every_door(live, sato):
    today = timezone.localdate()

    log.log_activity("mail", by=sato, deal=live)
    assert fresh(live) == (workdays.add(today + timedelta(days=7), 0), "no_action:7")
    todo = todos.add_todo("電話", owner=sato, by=sato, due_on=today + timedelta(days=10), deal=live)
    assert fresh(live) == (workdays.add(today + timedelta(days=11), 0), "age:10")
    todos.reschedule_todo(todo, today + timedelta(days=30), by=sato, seen=todo.version)
    assert fresh(live) == (workdays.add(today + timedelta(days=31), 0), "age:10")
    deals.edit_deal(live, {"close_on": today + timedelta(days=1)}, {}, by=sato)
    assert fresh(live) == (workdays.add(today + timedelta(days=2), 0), "close:1")
    assert fresh(live)[0] == stalls.due_on(live)
    todos.complete_todo(todo, by=sato)
    live.refresh_from_db()
    assert live.no_action_since == today


def test_moving_on_ends_a_snooze_and_counts_anew(live, sato, watanabe):
    today = timezone.localdate()
    stalls.snooze(live, today + timedelta(days=40), "先方の決算待ち", by=sato)
    assert fresh(live)[0] == workdays.add(today + timedelta(days=40), 0)

    live.refresh_from_db()
    moves.move_deal(live, stage("Quote"), by=watanabe, seen=live.version, waiver="入札のため")

    assert fresh(live)[0] == stalls.due_on(live)
    assert live.snoozed_until is None


def test_putting_off_asks_for_a_reason_and_the_right_person(live, sato, tanaka):
    later = timezone.localdate() + timedelta(days=40)
    before = fresh(live)

    with pytest.raises(stalls.ReasonMissing):
        stalls.snooze(live, later, "  ", by=sato)
    with pytest.raises(PermissionDenied):
        stalls.snooze(live, later, "待ち", by=tanaka)

    assert fresh(live) == before
    assert not Event.objects.filter(kind="deal.snoozed").exists()
    stalls.snooze(live, later, "待ち", by=sato)
    stalls.wake(live, by=sato)
    assert fresh(live) == before
    assert [e.data.get("reason", "") for e in Event.objects.filter(kind="deal.snoozed").order_by("pk")] == [
        "待ち",
        "",
    ]


def test_another_rule_gives_the_stages_deals_another_day(live):
    StallRule.objects.filter(stage=live.stage, kind="no_action").update(days=2)

    assert stalls.recompute(live.stage) == 1
    assert stalls.recompute(live.stage) == 0
    assert fresh(live) == (workdays.add(timezone.localdate() + timedelta(days=2), 0), "no_action:2")


# Telling ----------------------------------------------------------------------------------------------


def test_the_night_puts_right_what_is_wrong_and_touches_nothing_else(live, sato):
    other = make_deal(sato, "Discovery")
    stalls.recompute_all()
    right = {deal.pk: (deal.stalls_on, deal.stall_why) for deal in Deal.objects.all()}
    Deal.objects.filter(pk=live.pk).update(stalls_on=date(2020, 1, 6), stall_why="age:1")

    assert (stalls.look_over(), stalls.look_over()) == (1, 0)

    assert {deal.pk: (deal.stalls_on, deal.stall_why) for deal in Deal.objects.all()} == right
    assert other.pk in right


def told(person):
    with translation.override("en"):
        return [notices.wording(n) for n in Notification.objects.filter(user=person)]


def test_the_owner_hears_once_and_the_manager_days_later(sato, watanabe, system):
    today = workdays.add(timezone.localdate(), 0)
    deal = make_deal(sato, "Discovery", stalls_on=today, stall_why="silence:14")

    assert (stall_alerts.raise_alerts(today, by=system), stall_alerts.raise_alerts(today, by=system)) == (
        1,
        0,
    )
    assert stall_alerts.raise_escalations(today, by=system) == 0
    relay.drain()
    sentence = "第二工場 検査ライン更新 (青嶺精工) stands still: nobody has been spoken with for 14 days"
    assert (told(sato), told(watanabe)) == ([sentence], [])

    later = workdays.add(today, 3)
    assert (
        stall_alerts.raise_escalations(later, by=system),
        stall_alerts.raise_escalations(later, by=system),
    ) == (1, 0)
    relay.drain()
    assert (told(sato), told(watanabe)) == ([sentence], [sentence])
    assert deal.get_absolute_url() == Notification.objects.filter(user=watanabe).get().url


def test_the_manager_hears_at_once_while_the_owner_is_away(sato, watanabe, system):
    today = timezone.localdate()
    working_time.add_absence(sato, today, today, "day", by=sato)
    make_deal(sato, "Discovery", stalls_on=today)

    stall_alerts.raise_alerts(today, by=system)
    relay.drain()

    assert len(told(watanabe)) == 1


def test_a_deal_that_has_moved_on_is_told_to_nobody(sato, watanabe, system):
    today = timezone.localdate()
    deal = make_deal(sato, "Discovery", stalls_on=today)
    stall_alerts.raise_alerts(today, by=system)
    Deal.objects.filter(pk=deal.pk).update(stalls_on=today + timedelta(days=9))

    relay.drain()

    assert told(sato) == []
    later = workdays.add(today, 5)
    Deal.objects.filter(pk=deal.pk).update(stalls_on=later)
    assert stall_alerts.raise_escalations(later, by=system) == 0  # the owner has not heard of this one yet
    assert stall_alerts.raise_alerts(later, by=system) == 1


def test_the_line_of_the_week_counts_no_deal_that_its_reader_may_not_see(sato, watanabe, system):
    monday = date(2026, 7, 13)
    company = make_company("極秘電機", is_restricted=True, owner=sato)
    make_deal(sato, "Discovery", company, stalls_on=monday)
    make_deal(sato, "Discovery", stalls_on=monday)

    stall_alerts.tell_weekly(monday)

    assert [int(told(person)[0].split()[2]) for person in (sato, watanabe)] == [2, 1]


def test_the_week_begins_with_one_line_for_everybody(sato, takahashi, watanabe, system):
    monday = date(2026, 7, 13)
    make_deal(sato, "Discovery", stalls_on=monday - timedelta(days=30))
    make_deal(sato, "Discovery", stalls_on=monday - timedelta(days=3))

    assert stall_alerts.tell_weekly(date(2026, 7, 14)) == 0
    assert (stall_alerts.tell_weekly(monday), stall_alerts.tell_weekly(monday)) == (2, 2)

    line = "This week: 2 deals stand still, 1 of them since a week"
    assert (told(sato), told(watanabe), told(takahashi)) == ([line], [line], [])
    # 海の日 is a Monday: the week begins on Tuesday.
    assert stall_alerts.tell_weekly(date(2026, 7, 20)) == 0
    assert stall_alerts.tell_weekly(date(2026, 7, 21)) == 2


def test_every_reason_has_words():
    with translation.override("en"):
        assert (
            stall_words.in_words("absent:14:proposal:stage")
            == "a proposal missing, 14 days after entering the stage"
        )
        assert stall_words.in_words("age:10") == "more than 10 days in its stage"
        assert stall_words.in_words("") == ""


# Screens ----------------------------------------------------------------------------------------------


def form_of(where, **changes):
    return {"seen": where.version, "patience_days": 12, "tell_manager_after": 2, **changes}


def test_an_administrator_sets_the_rules_of_a_stage(client, ito, live):
    client.force_login(ito)
    where = stage("Proposal")
    url = reverse("pipeline:stall-rules-of", args=[where.pk])

    absent = {"absent0_what": "proposal", "absent0_days": 10, "absent0_after": "visit"}
    assert client.post(url, form_of(where, no_action_on="on", no_action_days=4, **absent)).status_code == 302
    relay.drain()

    active = StallRule.objects.filter(stage=where, is_active=True)
    assert {r.code for r in active} == {"no_action:4", "absent:10:proposal:visit"}
    where.refresh_from_db()
    assert (where.patience_days, where.tell_manager_after) == (12, 2)
    assert fresh(live) == (workdays.add(timezone.localdate() + timedelta(days=4), 0), "no_action:4")
    assert client.get(url).context["form"]["no_action_days"].value() == 4
    # Whoever looked before that is told, and a rule that says nothing is refused.
    assert client.post(url, form_of(stage("Proposal"), seen=1)).status_code == 409
    assert client.post(url, form_of(stage("Proposal"), absent0_what="visit")).status_code == 422
    assert StallRule.objects.filter(stage=where, is_active=True).count() == 2


def test_a_stalled_deal_says_why_and_can_be_put_off(client, live, sato):
    Deal.objects.filter(pk=live.pk).update(stalls_on=timezone.localdate(), stall_why="unanswered:7")
    client.force_login(sato)
    assert "メールのあと7日、返事がありません" in client.get(live.get_absolute_url()).content.decode()

    url = reverse("pipeline:deal-snooze", args=[live.pk])
    later = timezone.localdate() + timedelta(days=20)
    assert client.post(url, {"until": "2020/1/1", "reason": "待ち"}).status_code == 422
    assert client.post(url, {"until": later.isoformat(), "reason": ""}).status_code == 422
    assert client.post(url, {"until": later.isoformat(), "reason": "先方の決算待ち"}).status_code == 302
    page = client.get(live.get_absolute_url()).content.decode()
    assert "保留中" in page
    assert "先方の決算待ち" in page
    client.post(reverse("pipeline:deal-waking", args=[live.pk]))
    assert Deal.objects.get(pk=live.pk).snoozed_until is None


def test_what_won_deals_say_is_counted_like_by_hand(sato):
    began = timezone.now() - timedelta(days=100)
    days = [4, 6, 8, 10, 12, 14, 16, 18, 20, 22]
    for n in days:
        deal = make_deal(sato, "Proposal", at=began)
        won = stage("Won")
        with transaction.atomic():
            StageMove.objects.create(
                deal=deal, from_stage=deal.stage, to_stage=won, by=sato, at=began + timedelta(days=n)
            )
            Deal.objects.filter(pk=deal.pk).update(stage=won, closed_at=began + timedelta(days=n))
        log.log_activity("call", by=sato, deal=deal, at=began + timedelta(days=n / 2))

    stay = own_history.stays(timezone.now())[stage("Proposal").pk]

    assert (stay.count, stay.middle, stay.most, stay.quiet) == (10, 13, 18, 9)
    assert own_history.what_helped(stage("Proposal"), timezone.now(), 0) == ""


def test_what_helped_others_comes_with_its_numbers(sato, watanabe, system):
    stood = []
    for _n in range(8):
        deal = make_deal(sato, "Proposal", stalls_on=timezone.localdate(), stall_why="age:10")
        stood.append(deal)
    stall_alerts.raise_alerts(timezone.localdate(), by=system)
    for n, deal in enumerate(stood):
        log.log_activity("visit" if n < 5 else "mail", by=sato, deal=deal)
        if n < 4:
            deal.refresh_from_db()
            moves.move_deal(deal, stage("Quote"), by=watanabe, seen=deal.version, waiver="入札のため")

    with translation.override("en"):
        assert own_history.what_helped(stage("Proposal"), timezone.now(), 0) == (
            "Of 8 deals that stood still here, 4 of 5 went on after a visit."
        )
    Company.objects.update(is_restricted=True)
    assert own_history.what_helped(stage("Proposal"), timezone.now(), 0) == ""
