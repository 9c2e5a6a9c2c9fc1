"""What stands around every screen."""

import pytest
from django.urls import reverse

from staff.models import User


@pytest.mark.django_db
def test_a_stranger_sees_the_login_page(client):
    response = client.get("/", follow=True)

    assert response.status_code == 200
    assert "id_password" in response.content.decode()


def test_everyone_sees_their_menu(client, sato, ito):
    client.force_login(sato)
    page = client.get("/staff/preferences/").content.decode()

    assert "佐藤 美咲" in page
    assert "/settings/stages/" not in page
    client.force_login(ito)
    assert "/settings/stages/" in client.get("/staff/preferences/").content.decode()


def test_the_theme_is_kept_for_the_person(client, sato):
    client.force_login(sato)

    assert client.post("/staff/preferences/", {"theme": "dark"}).status_code == 204

    assert 'data-theme="dark"' in client.get("/staff/preferences/").content.decode()


def test_an_unknown_address_says_so_in_the_readers_language(client, sato):
    client.force_login(sato)

    response = client.get("/nowhere/")

    assert response.status_code == 404


def test_health_answers_without_a_session(client, db):
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/ready").json() == {"status": "ok"}


def test_the_policy_allows_nothing_inline(client, db):
    policy = client.get("/account/login/")["Content-Security-Policy"]

    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["pipeline:board", "accounts:companies"])
def test_who_does_not_sell_is_offered_nothing_that_would_be_refused(client, kobayashi, sato, path):
    doors = [reverse(door) for door in ("activities:log", "pipeline:deal-new", "accounts:company-new")]

    def offered(user: User) -> list[str]:
        client.force_login(user)
        page = client.get(reverse(path)).content.decode()
        return [door for door in doors if f'href="{door}"' in page]

    assert offered(kobayashi) == []
    assert offered(sato) == doors
