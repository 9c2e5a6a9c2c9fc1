from datetime import date, timedelta

import pytest
from django.utils import timezone

from activities import log
from activities.models import Activity, Todo
from leads.models import Lead
from staff import relay
from staff.models import Event
from tests.factories import make_company, make_contact, make_deal, make_lead


@pytest.fixture
def deal(sato):
    company = make_company()
    return make_deal(sato, "First contact", company, contact=make_contact(company))


def test_a_call_is_kept_with_what_it_changes(deal, sato):
    at = timezone.now() - timedelta(hours=1)

    activity = log.log_activity("call", by=sato, deal=deal, body="見積は届いた。\x00", minutes=12, at=at)

    deal.refresh_from_db()
    assert (activity.company, activity.contact, activity.team) == (deal.company, deal.contact, sato.team)
    assert activity.body == "見積は届いた。"
    assert (deal.last_activity_at, deal.first_contacted_at, deal.activity_kinds) == (at, at, ["call"])
    # The first talk has happened; interest and next step are still missing.
    assert (deal.criteria_met, deal.criteria_total) == (1, 3)
    deal.company.refresh_from_db()
    deal.contact.refresh_from_db()
    assert (deal.company.last_activity_at, deal.contact.last_activity_at) == (at, at)
    event = Event.objects.get(kind="activity.logged")
    assert (event.deal_id, event.company_id, event.data["activity"]) == (deal.pk, deal.company_id, "call")


def test_a_call_that_reached_nobody_is_no_contact(deal, sato):
    log.log_activity("call", by=sato, deal=deal, reached=False)

    deal.refresh_from_db()
    assert (deal.first_contacted_at, deal.activity_kinds, deal.criteria_met) == (None, [], 0)
    assert deal.last_activity_at is not None


def test_a_memo_is_no_contact(deal, sato):
    log.log_activity("memo", by=sato, deal=deal)

    deal.refresh_from_db()
    assert (deal.first_contacted_at, deal.activity_kinds) == (None, ["memo"])


def test_what_is_entered_later_leaves_the_newest_activity_where_it_is(deal, sato):
    newest = timezone.now()
    log.log_activity("call", by=sato, deal=deal, at=newest)
    earlier = newest - timedelta(days=3)

    log.log_activity("meeting", by=sato, deal=deal, at=earlier)

    deal.refresh_from_db()
    assert (deal.last_activity_at, deal.first_contacted_at) == (newest, earlier)


def test_the_next_action_is_a_todo_of_whoever_logged(deal, sato):
    log.log_activity(
        "call", by=sato, deal=deal, next_kind="visit", next_on=date(2027, 1, 12), next_title="現場を見る"
    )

    deal.refresh_from_db()
    todo = Todo.objects.get()
    assert (todo.title, todo.kind, todo.owner, todo.deal, todo.company) == (
        "現場を見る", "visit", sato, deal, deal.company,
    )  # fmt: skip
    assert (deal.next_action_on, deal.next_action_kind) == (date(2027, 1, 12), "visit")
    assert deal.criteria_met == 2


def test_the_first_call_stops_the_clock_of_a_lead(sato):
    lead = make_lead(sato, first_contact_due_at=timezone.now() + timedelta(hours=5))
    at = timezone.now()

    log.log_activity("call", by=sato, lead=lead, at=at)

    lead.refresh_from_db()
    assert (lead.state, lead.first_contacted_at) == (Lead.State.CONTACTED, at)
    assert Event.objects.filter(kind="lead.contacted", lead_id=lead.pk).count() == 1


def test_an_unanswered_call_leaves_the_clock_running(sato):
    lead = make_lead(sato, first_contact_due_at=timezone.now() + timedelta(hours=5))

    log.log_activity("call", by=sato, lead=lead, reached=False)

    lead.refresh_from_db()
    assert (lead.state, lead.first_contacted_at) == (Lead.State.NEW, None)
    assert Activity.objects.get().lead == lead


def test_effects_that_run_twice_do_nothing_twice(sato, system):
    lead = make_lead(sato, first_contact_due_at=timezone.now() + timedelta(hours=5))
    log.log_activity("call", by=sato, lead=lead)
    relay.drain()
    relay.drain()

    assert not Todo.objects.exists()
