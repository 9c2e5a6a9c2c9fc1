"""What a phone kept without a connection arrives once, at the time it was written."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from activities.models import Activity, Todo
from staff import once
from staff.models import Submission
from tests.factories import make_deal

pytestmark = pytest.mark.django_db


def sent(deal, **values) -> dict[str, object]:
    return {
        "deal": deal.pk,
        "kind": "call",
        "result": "reached",
        "body": "地下で話した",
        "once": uuid.uuid4(),
        **values,
    }


def test_it_counts_for_the_moment_it_was_written_and_only_once(client, sato):
    deal, written = make_deal(sato, "Discovery"), timezone.now() - timedelta(days=3)
    form = sent(deal, written_at=written.isoformat())
    client.force_login(sato)

    answers = [
        client.post(reverse("activities:log"), form, headers={"HX-Request": "true"}) for _n in range(3)
    ]

    assert [(a.status_code, a["HX-Redirect"]) for a in answers] == [(200, deal.get_absolute_url())] * 3
    assert Activity.objects.get().at == written


def test_a_day_that_has_passed_meanwhile_is_overdue_and_not_refused(client, sato):
    deal, today = make_deal(sato, "Discovery"), timezone.localdate()
    yesterday = today - timedelta(days=1)
    planned = {"next_kind": "call", "next_title": "見積の返事", "next_on": yesterday.isoformat()}
    client.force_login(sato)

    assert client.post(reverse("activities:log"), sent(deal, **planned)).status_code == 422
    assert not Activity.objects.exists()
    late = sent(deal, written_at=(timezone.now() - timedelta(days=2)).isoformat(), **planned)
    assert client.post(reverse("activities:log"), late).status_code == 302

    todo = Todo.objects.get()
    assert (todo.title, todo.due_on) == ("見積の返事", yesterday)


@pytest.mark.parametrize("written", ["2020-01-01T00:00:00Z", "gestern"])
def test_what_is_too_old_or_no_time_is_refused(client, sato, written):
    client.force_login(sato)

    assert (
        client.post(reverse("activities:log"), sent(make_deal(sato), written_at=written)).status_code == 422
    )
    assert not Activity.objects.exists()


def test_a_clock_that_goes_ahead_is_set_back_to_ours(client, sato):
    client.force_login(sato)
    client.post(
        reverse("activities:log"),
        sent(make_deal(sato), written_at=(timezone.now() + timedelta(days=9)).isoformat()),
    )

    assert Activity.objects.get().at <= timezone.now()


def test_keys_outlive_what_a_phone_may_keep(client, sato):
    client.force_login(sato)
    client.post(reverse("activities:log"), sent(make_deal(sato)))
    Submission.objects.update(at=timezone.now() - timedelta(days=32))
    once.forget_old()
    assert Submission.objects.count() == 1
    Submission.objects.update(at=timezone.now() - timedelta(days=41))
    once.forget_old()
    assert not Submission.objects.exists()


def test_the_worker_is_served_at_the_root_to_everybody(client, db):
    answer = client.get("/sw.js")

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript")
    assert b"quick-log" in answer.content
