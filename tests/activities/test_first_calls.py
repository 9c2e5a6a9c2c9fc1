from datetime import date, datetime

import pytest
from django.db import transaction

from accounts.models import Channel
from activities import first_calls, log
from activities.models import Todo
from crm.lib.workdays import TOKYO
from leads import editing, intake
from staff import relay
from staff.models import Event


@pytest.fixture
def lead(sato):
    lead = intake.receive_lead(
        {"company_name": "みなと物流株式会社"},
        channel=Channel.objects.get(code="referral"),
        by=sato,
        owner=sato,
        at=datetime(2026, 7, 10, 16, 42, tzinfo=TOKYO),
    )
    relay.drain()
    return lead


def test_a_new_lead_gives_its_owner_a_first_call_for_the_day_its_clock_runs_out(lead, sato, system):
    todo = Todo.objects.get()

    assert (todo.owner, todo.lead, todo.kind) == (sato, lead, "call")
    assert (todo.due_on, todo.created_by) == (date(2026, 7, 14), system)
    assert todo.title == "初回電話"


def test_the_first_call_is_issued_once(lead):
    with transaction.atomic():
        first_calls.issue(Event.objects.get(kind="lead.received"))

    assert Todo.objects.count() == 1


def test_the_first_contact_ticks_it(lead, sato):
    log.log_activity("call", by=sato, lead=lead)

    assert Todo.objects.get().done_by == sato


def test_an_unanswered_call_leaves_it_open(lead, sato):
    log.log_activity("call", by=sato, lead=lead, reached=False)

    assert Todo.objects.open().count() == 1


def test_a_lead_that_is_set_aside_is_not_called(lead, sato):
    editing.disqualify(lead, "競合の調査", by=sato)
    relay.drain()
    assert not Todo.objects.exists()

    editing.reopen(lead, by=sato)
    relay.drain()
    assert Todo.objects.open().get().lead == lead


def test_it_follows_the_lead_to_its_new_owner(lead, tanaka, watanabe):
    editing.assign(lead, tanaka, by=watanabe)
    relay.drain()

    todo = Todo.objects.get()
    assert (todo.owner, todo.team) == (tanaka, tanaka.team)
