"""One answer for htmx and for a plain browser."""

from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory

from crm.lib import htmx

FRAGMENT = "components/_refusal.html"


class AmountForm(forms.Form):
    amount = forms.IntegerField()


@pytest.fixture
def request_of(rf: RequestFactory):
    def make(by_htmx: bool):
        request = rf.post("/deals/1/")
        request.htmx = by_htmx
        request.session = {}
        request.user = SimpleNamespace(is_authenticated=False)
        request._messages = FallbackStorage(request)
        return request

    return make


def test_htmx_gets_the_fragment_with_the_toast_beside_it(request_of):
    answer = htmx.answer(
        request_of(True), FRAGMENT, {"reason": "済み"}, toast="保存しました", undo="/undo/7/"
    )

    html = answer.content.decode()
    assert answer.status_code == 200
    assert "済み" in html
    assert 'hx-swap-oob="beforeend:#toasts"' in html
    assert "保存しました" in html
    assert 'action="/undo/7/"' in html


def test_htmx_gets_an_invalid_form_back_as_422_and_no_toast_of_success_is_hidden_in_it(request_of):
    form = AmountForm({"amount": "約300万"})

    answer = htmx.answer(request_of(True), FRAGMENT, {"form": form, "reason": "金額"})

    assert answer.status_code == 422
    assert "金額" in answer.content.decode()
    assert "data-toast" not in answer.content.decode()


def test_a_plain_browser_goes_to_the_page_which_shows_the_toast_and_its_undo(request_of):
    request = request_of(False)

    answer = htmx.answer(request, FRAGMENT, {}, page="/deals/1/", toast="保存しました", undo="/undo/7/")

    assert (answer.status_code, answer["Location"]) == (302, "/deals/1/")
    [message] = get_messages(request)
    assert (message.message, message.extra_tags) == ("保存しました", "/undo/7/")


def test_a_plain_browser_goes_to_the_page_of_a_record(request_of):
    deal = SimpleNamespace(get_absolute_url=lambda: "/deals/8/")

    assert htmx.answer(request_of(False), FRAGMENT, {}, page=deal)["Location"] == "/deals/8/"


def test_a_plain_browser_without_a_page_stays_where_the_form_was_sent(request_of):
    assert htmx.answer(request_of(False), FRAGMENT, {})["Location"] == "/deals/1/"


def test_a_plain_browser_sees_an_invalid_form_in_its_full_page(request_of):
    form = AmountForm({"amount": "約300万"})

    answer = htmx.answer(
        request_of(False), "unused.html", {"form": form, "status": 422}, full="429.html", toast="保存しました"
    )

    assert answer.status_code == 422
    assert "<main" in answer.content.decode()


def test_a_status_of_refusal_counts_without_a_form(request_of):
    answer = htmx.answer(request_of(True), FRAGMENT, {"reason": "先に誰かが動かしました"}, status=409)

    assert answer.status_code == 409


def test_htmx_is_sent_elsewhere_by_its_header(request_of):
    request = request_of(True)

    answer = htmx.redirect(request, "/deals/", toast="失注にしました")

    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/deals/")
    assert [str(m) for m in get_messages(request)] == ["失注にしました"]
