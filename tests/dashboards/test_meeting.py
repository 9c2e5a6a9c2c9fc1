"""営業定例: what stands on the agenda, what a decision does, and whether promises are kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from activities import todos
from activities.models import Todo
from crm.lib import workdays
from dashboards.figures.kpis import Rate
from dashboards.meeting import agenda, changes, deciding, promises, showing
from dashboards.models import Decision, Meeting
from pipeline import deals
from pipeline.models import Deal, LossReason
from staff import versions
from staff.models import Event, Notification
from tests.factories import make_company, make_deal, make_decision, make_lead, make_meeting

pytestmark = pytest.mark.django_db
NOW = timezone.now


def stalled(owner, name="巻取機の保守切替", **fields) -> Deal:
    deal = make_deal(owner, "Discovery", name=name, **{"amount": 4_200_000, **fields})
    Deal.objects.filter(pk=deal.pk).update(stalls_on=timezone.localdate() - timedelta(days=1))
    deal.refresh_from_db()
    return deal


def choice(owner, kind="go_on", **fields) -> deciding.Choice:
    values = {"title": "購買に比較表を出す", "due_on": workdays.add(timezone.localdate(), 3)}
    return deciding.Choice(kind=kind, owner=owner, **{**values, **fields})


def decide(meeting, deal, by, owner=None, **fields) -> Decision:
    return deciding.decide(
        meeting, deal, choice(owner or deal.owner, **fields), by=by, seen=deal.version, now=NOW()
    )


# The agenda


def test_the_agenda_holds_what_stalls_then_what_has_no_next_action_then_late_leads(
    sato, watanabe, tanaka, team_one
):
    small, large = stalled(sato, amount=1_000_000), stalled(sato, amount=9_000_000)
    idle = make_deal(sato, "Proposal")
    planned = make_deal(sato, "Proposal")
    todos.add_todo("電話", owner=sato, by=sato, due_on=timezone.localdate(), deal=planned)
    stalled(tanaka)
    late = make_lead(sato, first_contact_due_at=NOW() - timedelta(hours=1))
    make_lead(sato, first_contact_due_at=NOW() + timedelta(hours=1))

    meeting = agenda.start(team_one, by=watanabe, now=NOW())

    assert meeting.agenda == {"stalled": [large.pk, small.pk], "idle": [idle.pk], "clocks": [late.pk]}
    assert (meeting.topic, meeting.led_by, meeting.is_running) == ("promises", watanabe, True)


def test_a_team_is_in_one_meeting_at_a_time(watanabe, team_one):
    first = agenda.start(team_one, by=watanabe, now=NOW())

    assert agenda.start(team_one, by=watanabe, now=NOW()) == first
    assert Meeting.objects.count() == 1


def test_a_meeting_that_nobody_ended_is_over_when_the_next_begins(sato, watanabe, ito, team_one, client):
    now = NOW()
    forgotten = agenda.start(team_one, by=ito, now=now - timedelta(days=7))
    decide(forgotten, stalled(sato), ito)
    Decision.objects.update(at=forgotten.started_at + timedelta(minutes=9))

    begun = agenda.start(team_one, by=watanabe, now=now)

    forgotten.refresh_from_db()
    assert (begun.led_by, begun.since) == (watanabe, forgotten.started_at)
    assert (forgotten.is_running, forgotten.took) == (False, timedelta(minutes=9))
    assert Meeting.objects.running().get() == begun
    client.force_login(ito)
    page = client.get(forgotten.minutes_url)
    assert (page.status_code, page.context["minutes"].rate) == (200, None)


def test_a_rep_and_a_manager_of_others_hold_no_meeting(sato, watanabe, team_one):
    watanabe.team = sato.team.parent.children.create(name="営業三課", path="/9/")
    watanabe.save()

    for person in (sato, watanabe):
        with pytest.raises(PermissionDenied):
            agenda.start(team_one, by=person, now=NOW())
    assert not Meeting.objects.exists()


def test_since_is_the_meeting_before_or_a_week(watanabe, team_one):
    now = NOW()
    first = agenda.start(team_one, by=watanabe, now=now - timedelta(days=6))
    agenda.end(first, by=watanabe, now=now - timedelta(days=6))

    assert first.since == now - timedelta(days=13)
    assert agenda.start(team_one, by=watanabe, now=now).since == first.started_at


def test_the_next_item_skips_topics_that_have_none(sato, watanabe):
    deal = stalled(sato)
    meeting = make_meeting(watanabe, [deal], topic="changes")

    assert agenda.step(meeting, 1) == ("stalled", 0)
    meeting.topic = "stalled"
    assert agenda.step(meeting, 1) == ("figures", 0)
    assert agenda.step(meeting, -1) == ("changes", 0)
    meeting.topic = "figures"
    assert agenda.step(meeting, 1) == ("figures", 0)
    assert agenda.step(meeting, -1) == ("stalled", 0)


def test_late_leads_are_one_screen_however_many_they_are(sato, watanabe, team_one):
    for _lead in range(3):
        make_lead(sato, first_contact_due_at=NOW() - timedelta(hours=1))
    meeting = agenda.start(team_one, by=watanabe, now=NOW())
    meeting = agenda.go_to(meeting, "clocks", 2, by=watanabe)

    assert meeting.place == 0
    assert agenda.step(meeting, 1) == ("figures", 0)
    tab = showing.screen(meeting, watanabe, NOW()).tabs[4]
    assert (tab.topic, tab.count, tab.at, tab.is_current) == ("clocks", 3, 0, True)
    meeting.topic = "figures"
    assert agenda.step(meeting, -1) == ("clocks", 0)


def test_the_last_item_offers_the_end(sato, watanabe, client):
    meeting = make_meeting(watanabe, [stalled(sato)], topic="figures")
    client.force_login(watanabe)

    page = client.get(meeting.get_absolute_url()).content.decode()

    assert 'form="end" data-next' in page
    assert 'name="by" value="1"' not in page


def test_the_team_whose_meeting_one_led_last_is_offered_first(watanabe, team_one, client):
    client.force_login(watanabe)

    def offered():
        return client.get(reverse("dashboards:meetings")).context["form"]["team"].value()

    assert offered() is None
    agenda.end(agenda.start(team_one, by=watanabe, now=NOW()), by=watanabe, now=NOW())
    assert offered() == str(team_one.pk)


# Decisions


def test_going_on_issues_the_task_and_tells_the_timeline_at_once(sato, watanabe):
    deal, other = stalled(sato), stalled(sato)
    meeting = make_meeting(watanabe, [deal, other])

    made = decide(meeting, deal, watanabe)

    todo = Todo.objects.get()
    assert (todo.title, todo.owner, todo.deal, todo.created_by) == (
        "購買に比較表を出す", sato, deal, watanabe,
    )  # fmt: skip
    assert (made.todo, made.owner, made.due_on, made.kind) == (todo, sato, todo.due_on, "go_on")
    assert Deal.objects.get(pk=deal.pk).next_action_on == todo.due_on
    event = Event.objects.get(kind="meeting.decided")
    assert (event.deal_id, event.actor_id, event.data["title"]) == (deal.pk, watanabe.pk, todo.title)
    meeting.refresh_from_db()
    assert (meeting.place, meeting.version) == (1, 2)


def test_a_new_date_changes_the_deal_and_undoing_brings_the_old_one_back(sato, watanabe):
    today = timezone.localdate()
    deal = stalled(sato, close_on=today)
    meeting = make_meeting(watanabe, [deal])

    made = decide(meeting, deal, watanabe, kind="new_date", close_on=today + timedelta(days=30))
    assert Deal.objects.get(pk=deal.pk).close_on == today + timedelta(days=30)
    assert Todo.objects.count() == 1

    deciding.take_back(made, by=watanabe, now=NOW())
    assert Deal.objects.get(pk=deal.pk).close_on == today
    assert not Todo.objects.exists()
    assert Decision.objects.standing().count() == 0


def test_losing_asks_the_reason_and_issues_no_task(sato, watanabe):
    deal = stalled(sato)
    meeting = make_meeting(watanabe, [deal])

    with pytest.raises(deciding.moves.ReasonMissing):
        decide(meeting, deal, watanabe, kind="lose")
    assert Deal.objects.get(pk=deal.pk).is_open
    assert not Decision.objects.exists()

    reason = LossReason.objects.get(code="price")
    made = decide(meeting, deal, watanabe, kind="lose", reason=reason)

    lost = Deal.objects.get(pk=deal.pk)
    assert (lost.is_open, lost.loss_reason) == (False, reason)
    assert (made.owner, made.due_on, made.todo) == (sato, timezone.localdate(), None)
    assert not Todo.objects.exists()


def test_taking_back_the_last_decision_leads_back_to_its_deal(sato, watanabe):
    first, second, third = (stalled(sato) for _n in range(3))
    meeting = make_meeting(watanabe, [first, second, third])
    earlier = decide(meeting, first, watanabe)
    last = decide(meeting, second, watanabe)

    deciding.take_back(earlier, by=watanabe, now=NOW())
    meeting.refresh_from_db()
    assert showing.deal_on_screen(meeting) == third.pk

    deciding.take_back(last, by=watanabe, now=NOW())
    meeting.refresh_from_db()
    assert showing.deal_on_screen(meeting) == second.pk


def test_the_screen_says_which_rule_has_stalled_the_deal(sato, watanabe, client):
    deal = stalled(sato)
    Deal.objects.filter(pk=deal.pk).update(stall_why="overdue:2")
    meeting = make_meeting(watanabe, [deal])
    client.force_login(watanabe)

    page = client.get(meeting.get_absolute_url()).content.decode()

    assert "次アクションの期限を2日過ぎています" in page
    assert "停滞 0日" not in page


def test_a_loss_is_taken_back_unless_somebody_changed_the_deal_since(sato, watanabe):
    reason = LossReason.objects.get(code="price")
    deal, other = stalled(sato), stalled(sato)
    meeting = make_meeting(watanabe, [deal, other])
    made = decide(meeting, deal, watanabe, kind="lose", reason=reason)
    second = decide(meeting, other, watanabe, kind="lose", reason=reason)
    deals.edit_deal(other, {"outcome_note": "秋に再開"}, {}, by=sato)

    deciding.take_back(made, by=watanabe, now=NOW())
    with pytest.raises(versions.Stale):
        deciding.take_back(second, by=watanabe, now=NOW())

    assert Deal.objects.get(pk=deal.pk).is_open
    assert not Deal.objects.get(pk=other.pk).is_open
    assert list(Decision.objects.standing()) == [second]


def test_a_task_that_is_done_stays_when_its_decision_is_taken_back(sato, watanabe):
    deal = stalled(sato)
    made = decide(make_meeting(watanabe, [deal]), deal, watanabe)
    todos.complete_todo(made.todo, by=sato)

    deciding.take_back(Decision.objects.get(pk=made.pk), by=watanabe, now=NOW())

    assert Todo.objects.get().done_at is not None


def test_whoever_is_asked_for_help_hears_of_it_once(sato, takahashi, watanabe):
    deal = stalled(sato)

    decide(make_meeting(watanabe, [deal]), deal, watanabe, owner=takahashi, kind="help")

    notice = Notification.objects.get()
    assert (notice.user, notice.subject_id) == (takahashi, deal.pk)


def test_nobody_is_given_a_task_about_a_deal_they_may_not_see(sato, tanaka, watanabe):
    deal = stalled(sato)

    with pytest.raises(PermissionDenied):
        decide(make_meeting(watanabe, [deal]), deal, watanabe, owner=tanaka, kind="help")
    assert not Todo.objects.exists()
    assert not Decision.objects.exists()


def test_only_whoever_leads_decides_and_only_while_the_meeting_runs(sato, watanabe):
    deal = stalled(sato)
    meeting = make_meeting(watanabe, [deal], sato.team)

    with pytest.raises(PermissionDenied):
        decide(meeting, deal, sato)
    agenda.end(meeting, by=watanabe, now=NOW())
    with pytest.raises(agenda.MeetingOver):
        decide(meeting, deal, watanabe)
    assert not Todo.objects.exists()


def test_a_decision_on_a_deal_that_somebody_changed_is_refused(sato, watanabe):
    deal = stalled(sato)
    deals.edit_deal(deal, {"amount": Decimal(1)}, {}, by=sato)

    with pytest.raises(versions.Stale):
        decide(make_meeting(watanabe, [deal]), deal, watanabe)
    assert not Todo.objects.exists()


# Promises


def test_promises_are_kept_late_broken_or_have_time_left(sato, watanabe):
    today = timezone.localdate()
    yesterday, deal = today - timedelta(days=1), stalled(sato)
    meeting = make_meeting(watanabe, [deal], started_at=NOW() - timedelta(days=7))

    def promised(due_on, done_on=None, **fields):
        todo = todos.add_todo("電話", owner=sato, by=sato, due_on=due_on, deal=deal)
        if done_on:
            todos.complete_todo(todo, by=sato, at=NOW() - timedelta(days=(today - done_on).days))
        return make_decision(meeting, deal, todo=todo, due_on=due_on, **fields)

    promised(yesterday, yesterday)
    promised(yesterday, today)
    promised(yesterday)
    promised(today)
    promised(yesterday, yesterday, undone_at=NOW())
    make_decision(meeting, deal, kind="lose")

    found = promises.of_meeting(meeting, watanabe, today)

    assert [row.outcome for row in found.rows] == ["broken", "late", "open", "kept", "dropped"]
    assert found.rate == Rate(1, 3)


def test_a_deal_that_was_won_first_left_nothing_to_promise(sato, watanabe):
    deal = make_deal(sato, "Won")
    meeting = make_meeting(watanabe, [deal])
    todo = Todo.objects.create(
        title="x", owner=sato, team=sato.team, created_by=sato, deal=deal, due_on=timezone.localdate()
    )
    make_decision(meeting, deal, todo=todo)

    later = timezone.localdate() + timedelta(days=3)
    assert promises.of_meeting(meeting, watanabe, later).rate == Rate(0, 0)


def test_the_rate_of_the_last_meetings_counts_what_the_person_may_see(sato, watanabe, kobayashi):
    day = timezone.localdate() - timedelta(days=9)
    closed = stalled(sato, company=make_company("極秘工業", owner=sato, is_restricted=True))
    before = make_meeting(watanabe, [], started_at=NOW() - timedelta(days=7), ended_at=NOW())
    make_decision(before, stalled(sato), due_on=day)
    make_decision(before, closed, due_on=day)
    meeting = make_meeting(watanabe, [])

    assert promises.lately(meeting, watanabe, timezone.localdate()) == Rate(0, 1)
    assert promises.lately(meeting, kobayashi, timezone.localdate()) == Rate(0, 2)


def test_the_list_of_meetings_counts_the_decisions_that_the_reader_may_see(sato, watanabe, kobayashi, client):
    closed = stalled(sato, company=make_company("極秘工業", owner=sato, is_restricted=True))
    held = make_meeting(watanabe, [], started_at=NOW() - timedelta(days=7), ended_at=NOW())
    make_decision(held, stalled(sato))
    make_decision(held, closed)

    for reader, count in ((watanabe, 1), (kobayashi, 2)):
        client.force_login(reader)
        rows = client.get(reverse("dashboards:meetings")).context["rows"]
        assert [(meeting, found.decisions) for meeting, found in rows] == [(held, count)]


# What moved


def test_what_moved_is_told_once_a_deal_with_what_it_was(sato, watanabe):
    today = timezone.localdate()
    with_amount = make_deal(
        sato, "Proposal", at=NOW() - timedelta(days=30), amount=Decimal(900), close_on=today
    )
    won = make_deal(sato, "Won")
    deals.edit_deal(with_amount, {"amount": Decimal(700)}, {}, by=sato)
    deals.edit_deal(with_amount, {"amount": Decimal(500), "close_on": today + timedelta(days=9)}, {}, by=sato)

    found = changes.since(make_meeting(watanabe, []), watanabe)

    assert [(row.kind, row.deal, row.before, row.after) for row in found.rows] == [
        ("won", won, None, won.stage),
        ("less", with_amount, Decimal(900), Decimal(500)),
        ("later", with_amount, today, today + timedelta(days=9)),
    ]
    assert found.counts == {"won": 1, "less": 1, "later": 1}


# The screen


def test_those_who_follow_see_only_what_they_may_see(sato, tanaka, watanabe, client):
    mine, theirs = stalled(sato, "青嶺の更新"), stalled(tanaka, "播磨の更新")
    meeting = make_meeting(watanabe, [mine, theirs])
    client.force_login(tanaka)
    url = reverse("dashboards:meeting", args=[meeting.pk])

    first = client.get(url).content.decode()
    assert "青嶺の更新" not in first
    meeting.place = 1
    meeting.save()
    second = client.get(url).content.decode()
    assert "播磨の更新" in second
    # Not even how many there are.
    shown = showing.screen(meeting, tanaka, NOW())
    assert [(tab.count, tab.at) for tab in shown.tabs if tab.topic == "stalled"] == [(1, 1)]


def test_following_answers_only_when_the_screen_is_another(sato, watanabe, client):
    meeting = make_meeting(watanabe, [stalled(sato)])
    client.force_login(sato)
    url = reverse("dashboards:meeting-following", args=[meeting.pk])

    assert client.get(url, {"seen": meeting.version}).status_code == 204
    agenda.go_to(meeting, "figures", 0, by=watanabe)
    assert client.get(url, {"seen": meeting.version}).status_code == 200
    agenda.end(meeting, by=watanabe, now=NOW())
    answer = client.get(url, {"seen": 2}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == reverse("dashboards:meeting-minutes", args=[meeting.pk])


def posted(client, meeting, deal, **sent):
    values = {
        "deal": deal.pk, "seen": deal.version, "kind": "go_on", "title": "電話する", "owner": deal.owner_id,
        "due_on": workdays.add(meeting.held_on, 2).isoformat(),
    }  # fmt: skip
    return client.post(reverse("dashboards:decisions", args=[meeting.pk]), {**values, **sent})


def test_the_form_decides_and_shows_the_next_deal(sato, watanabe, client):
    deal, other = stalled(sato), stalled(sato, "次の案件")
    meeting = make_meeting(watanabe, [deal, other])
    client.force_login(watanabe)

    answer = posted(client, meeting, deal)

    assert answer["Location"] == meeting.get_absolute_url()
    assert "次の案件" in client.get(answer["Location"]).content.decode()
    assert Todo.objects.get().title == "電話する"


def test_the_form_asks_for_the_reason_of_a_loss(sato, watanabe, client):
    deal = stalled(sato)
    meeting = make_meeting(watanabe, [deal])
    client.force_login(watanabe)

    assert posted(client, meeting, deal, kind="lose").status_code == 422
    assert Deal.objects.get(pk=deal.pk).is_open
    reason = LossReason.objects.get(code="price")
    assert posted(client, meeting, deal, kind="lose", reason=reason.pk).status_code == 302
    assert Decision.objects.get().title == str(reason)


def test_a_form_of_another_item_than_the_one_on_the_screen_decides_nothing(sato, watanabe, client):
    deal, other = stalled(sato), stalled(sato)
    meeting = make_meeting(watanabe, [deal, other])
    client.force_login(watanabe)

    assert posted(client, meeting, other).status_code == 409
    assert not Decision.objects.exists()


def test_the_minutes_are_a_page_and_a_file_and_hide_what_the_reader_may_not_see(
    sato, tanaka, watanabe, client
):
    mine, theirs = stalled(sato, "青嶺の更新"), stalled(tanaka, "播磨の更新")
    meeting = make_meeting(watanabe, [mine, theirs])
    for deal in (mine, theirs):
        decide(meeting, deal, watanabe)
    agenda.end(meeting, by=watanabe, now=NOW())
    client.force_login(tanaka)

    page = client.get(reverse("dashboards:meeting-minutes", args=[meeting.pk])).content.decode()
    assert "播磨の更新" in page
    assert "青嶺の更新" not in page
    answer = client.get(reverse("dashboards:meeting-pdf", args=[meeting.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


def test_an_ended_meeting_goes_on_when_the_end_is_taken_back(sato, watanabe, client):
    meeting = make_meeting(watanabe, [stalled(sato)])
    agenda.end(meeting, by=watanabe, now=NOW())
    client.force_login(watanabe)

    client.post(reverse("dashboards:meeting-reopening", args=[meeting.pk]))

    assert Meeting.objects.get().is_running
