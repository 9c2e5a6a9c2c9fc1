import pytest
from django.db import transaction
from django.utils import timezone

from staff import deliveries, events, relay
from staff.models import Delivery, Notification
from tests.factories import make_company


@pytest.fixture
def heard(monkeypatch):
    """A subscriber of `company.created` that remembers, and fails when told to."""
    calls = []

    def remember(event):
        calls.append(event.subject_id)
        if heard_fails:
            raise RuntimeError("the outside is away")

    heard_fails: list[bool] = []
    remember.fail = heard_fails
    remember.calls = calls
    monkeypatch.setitem(deliveries._HANDLERS, "remember", remember)
    monkeypatch.setitem(deliveries._BY_KIND, "company.created", ["remember"])
    return remember


def test_each_subscriber_hears_of_an_event_once(heard, sato):
    company = make_company()
    events.record("company.created", company, by=sato)

    assert relay.drain() == 1
    assert relay.drain() == 0
    assert heard.calls == [company.pk]


def test_a_failed_handler_leaves_nothing_behind_and_is_tried_later(heard, sato):
    heard.fail.append(True)
    events.record("company.created", make_company(), by=sato)

    relay.drain()

    row = Delivery.objects.get()
    assert (row.done_at, row.attempts) == (None, 1)
    assert "the outside is away" in row.error
    assert row.due_at > timezone.now()
    heard.fail.clear()
    Delivery.objects.update(due_at=timezone.now())
    assert relay.drain() == 1
    assert Delivery.objects.get().done_at is not None


def test_a_leased_row_is_not_handed_out_again_until_its_lease_is_over(heard, sato):
    events.record("company.created", make_company(), by=sato)

    first = relay.lease(10)

    assert len(first) == 1
    assert relay.lease(10) == []
    Delivery.objects.update(leased_until=timezone.now() - relay.LEASE)
    assert relay.lease(10) == first


def test_a_broker_that_takes_nothing_loses_nothing(heard, sato, monkeypatch):
    monkeypatch.setattr(relay, "_pause", lambda: None)
    events.record("company.created", make_company(), by=sato)

    def refuse(pk):
        raise ConnectionError

    assert relay.hand_over(refuse) == 0
    sent = []
    assert relay.hand_over(sent.append) == 1
    assert sent == [Delivery.objects.get().pk]


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused(sato):
    company = make_company()

    with pytest.raises(events.OutsideTransaction):
        events.record("company.created", company, by=sato)


def test_a_rolled_back_change_leaves_neither_event_nor_delivery(heard, sato):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        events.record("company.created", make_company(), by=sato)
        raise ZeroDivisionError

    assert not Delivery.objects.exists()
    assert not Notification.objects.exists()
