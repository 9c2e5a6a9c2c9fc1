import pytest
from django.db import connection

from staff import events, seals
from staff.models import Event, Seal
from tests.factories import make_company


@pytest.fixture
def three_events(sato, monkeypatch):
    # Fresh rows wait a moment for their neighbours; within one transaction now() stands still.
    monkeypatch.setattr(seals, "SETTLE_SECONDS", -60)
    for _n in range(3):
        events.record("company.created", make_company(), by=sato)


def test_the_log_is_whole_until_somebody_changes_it(three_events):

    assert seals.seal_new() == 3
    assert seals.seal_new() == 0
    assert seals.verify() == []


def test_a_forged_seal_is_seen(three_events):
    last = Event.objects.order_by("-pk")[0].pk
    with connection.cursor() as cursor:
        count, digest = seals._digest(cursor, 1, last, "")
    Seal.objects.create(first_id=1, last_id=last, count=count, digest=digest, signature="0" * 64)

    assert seals.verify() == [f"the seal of events 1–{last} has a wrong signature"]


def test_events_that_are_not_what_was_sealed_are_seen(three_events):
    last = Event.objects.order_by("-pk")[0].pk
    Seal.objects.create(first_id=1, last_id=last, count=3, digest="1" * 64, signature=seals._sign("1" * 64))

    assert seals.verify() == [f"events 1–{last} are not what was sealed (3 of 3)"]
