"""Where a form that was sent twice leads: the place of the first answer, and never another site."""

import uuid

import pytest
from django.http import HttpResponse

from crm.lib import htmx
from staff.once import once


@pytest.mark.parametrize(
    ("sent", "page"),
    [
        ("https://enishi.example/deals/?mine=1", "/deals/?mine=1"),
        ("https://enishi.example//evil.example/", "/evil.example/"),
        (r"https://enishi.example/\evil.example/", "/evil.example/"),
        ("https://enishi.example", "/"),
        ("/leads/7/", "/leads/7/"),
        ("http://[", "/"),
        ("", "/"),
    ],
)
def test_a_page_is_always_one_of_ours(rf, sent, page):
    assert htmx.page_of(rf.get("/", headers={"HX-Current-URL": sent})) == page
    assert htmx.page_of(rf.get("/"), sent) == page


def test_a_second_sending_from_a_crooked_address_stays_here(rf, sato):
    kept = once(lambda request: HttpResponse("saved"))
    key = str(uuid.uuid4())
    answers = []
    for _n in range(2):
        request = rf.post("/x/", {"once": key}, headers={"Referer": "http://testserver//evil.example/"})
        request.user, request.htmx = sato, False
        answers.append(kept(request))

    assert [answer.status_code for answer in answers] == [200, 302]
    assert answers[1]["Location"] == "/evil.example/"
