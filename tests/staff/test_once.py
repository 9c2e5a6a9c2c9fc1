import threading
import uuid

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from accounts.models import Company
from staff.models import Submission, Team


def form(**changes):
    return {"name": "明和電工株式会社", "once": str(uuid.uuid4()), **changes}


NEW = "accounts:company-new"


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one(sato):
    sent, answers = form(), []

    def click():
        try:
            client = Client()
            client.force_login(sato)
            answers.append(client.post(reverse(NEW), sent))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    company = Company.objects.get(name="明和電工株式会社")
    assert [a.status_code for a in answers] == [302, 302]
    assert {a["Location"] for a in answers} == {company.get_absolute_url()}


def test_the_same_form_again_answers_the_same(client, sato):
    client.force_login(sato)
    sent = form()

    first, again = client.post(reverse(NEW), sent), client.post(reverse(NEW), sent)

    assert again["Location"] == first["Location"]
    assert Company.objects.filter(name="明和電工株式会社").count() == 1


def test_a_refused_form_may_be_corrected_and_sent_with_its_key(client, sato):
    client.force_login(sato)
    sent = form(name="")
    assert client.post(reverse(NEW), sent).status_code == 422
    assert not Submission.objects.exists()

    assert client.post(reverse(NEW), {**sent, "name": "明和電工株式会社"}).status_code == 302


def test_reading_a_page_takes_no_key(client, sato):
    client.force_login(sato)

    assert client.get(reverse(NEW), {"once": str(uuid.uuid4())}).status_code == 200
    assert not Submission.objects.exists()


def test_somebody_elses_key_tells_nothing_of_what_they_made(client, ito, sato):
    sent = form()
    client.force_login(sato)
    made = client.post(reverse(NEW), sent)["Location"]
    client.force_login(ito)

    answer = client.post(reverse(NEW), sent)

    assert answer["Location"] != made


def test_a_key_counts_for_teams_and_people_too(client, ito):
    client.force_login(ito)
    sent = {"name": "西日本課", "parent": Team.objects.get(parent=None).pk, "once": str(uuid.uuid4())}

    for _n in range(2):
        assert client.post(reverse("staff:team-new"), sent)["Location"] == reverse("staff:people")

    assert Team.objects.filter(name="西日本課").count() == 1
