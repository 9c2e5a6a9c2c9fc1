"""Error pages, and the pages of the sign-in library, in our look and language."""

import pytest
from django.db import OperationalError
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from staff.views import errors


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("400.html", "読み取れませんでした"),
        ("403.html", "この画面は開けません"),
        ("403_csrf.html", "画面の有効期限が切れました"),
        ("404.html", "見つかりません"),
        ("429.html", "しばらくお待ちください"),
    ],
)
def test_an_error_says_what_happened_and_where_to_go(page, words, rf):
    html = render_to_string(page, {"reason": "<b>理由</b>"}, rf.get("/"))

    assert f"<h1>{words}</h1>" in html
    assert 'href="/"' in html


@pytest.mark.parametrize(
    ("page", "words"), [("500.html", "うまくいきませんでした"), ("503.html", "まもなく戻ります")]
)
def test_the_pages_of_a_broken_server_need_neither_request_nor_database(page, words):
    assert words in render_to_string(page)
    with translation.override("en"):
        assert '<html lang="en">' in render_to_string(page)


def test_a_database_that_does_not_answer_is_503_and_asks_to_come_back(rf: RequestFactory):
    try:
        raise OperationalError("the connection is closed")
    except OperationalError:
        response = errors.server_error(rf.get("/deals/"))

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "まもなく戻ります" in response.content.decode()


def test_a_fragment_gets_a_note_instead_of_a_page(rf: RequestFactory):
    response = errors.not_found(rf.get("/deals/9/", headers={"HX-Request": "true"}), Exception())

    assert response.status_code == 404
    assert response.content.decode().startswith('<div class="note note--bad"')


def test_a_broken_fragment_is_empty_so_that_nothing_is_replaced(rf: RequestFactory):
    assert errors.server_error(rf.get("/", headers={"HX-Request": "true"})).content == b""


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/account/2fa/", "多要素認証"),
        ("/account/sessions/", "ログイン中の端末"),
        ("/account/password/change/", "パスワード"),
        ("/account/logout/", "ログアウト"),
        ("/account/reauthenticate/", "パスワード"),
    ],
)
def test_pages_of_ones_own_sign_in_wear_our_look(client, sato, address, words):
    client.force_login(sato)

    html = client.get(address).content.decode()

    assert words in html
    assert html.count("<h1") == 1
    assert 'class="btn' in html


def test_the_qr_code_is_drawn_in_the_page(client, sato):
    client.force_login(sato)
    client.post("/account/reauthenticate/", {"password": "open sesame 1"})

    html = client.get("/account/2fa/totp/activate/").content.decode()

    assert '<span class="qr"' in html
    assert "data:image" not in html


def test_the_login_page_offers_password_passkey_and_the_other_language(client, db):
    html = client.get("/account/login/", headers={"Accept-Language": "ja"}).content.decode()

    assert 'autocomplete="current-password"' in html
    assert 'id="passkey_login"' in html
    assert 'data-language="en"' in html


def test_a_wrong_password_and_a_wrong_address_read_the_same(client, sato):
    answers = [
        client.post("/account/login/", {"login": login, "password": "wrong-password"}).context["form"].errors
        for login in (sato.email, "nobody@sakura.example")
    ]

    assert answers[0] == answers[1]
    assert list(answers[0]) == ["__all__"]


def test_nobody_can_sign_up(client, db):
    response = client.post("/account/signup/", {"email": "new@sakura.example", "password1": "long-enough-1"})

    assert "登録" in response.content.decode()
    assert not client.session.get("_auth_user_id")
