import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from staff.models import Event

LOGIN = "account_login"
PASSWORD = "open sesame 1"  # noqa: S105 - of the people of the tests


@pytest.fixture(autouse=True)
def fresh_limits(db):
    cache.clear()


def sign_in(email: str, password: str, client: Client | None = None):
    return (client or Client(headers={"accept-language": "ja"})).post(
        reverse(LOGIN), {"login": email, "password": password}
    )


def words(response) -> str:
    """What the page says, without what the person typed."""
    text = re.sub(r'value="[^"]*"', "", response.content.decode())
    return re.sub(r"\s+", " ", text)


def test_a_wrong_address_and_a_wrong_password_read_the_same(sato):
    wrong_password = sign_in(sato.email, "wrong")
    wrong_address = sign_in("nobody@sakura.example", "wrong")

    assert wrong_password.status_code == wrong_address.status_code
    assert words(wrong_password) == words(wrong_address)
    assert [e.kind for e in Event.objects.all()] == ["user.sign_in_failed"]


def test_the_sixth_attempt_is_refused_even_with_the_right_password(sato):
    for _n in range(5):
        sign_in(sato.email, "wrong")

    sixth = sign_in(sato.email, PASSWORD)

    assert "5分後にもう一度試せます" in sixth.content.decode()
    assert not sixth.wsgi_request.user.is_authenticated
    assert not Event.objects.filter(kind="user.signed_in").exists()


def test_the_attempts_are_counted_in_the_database(sato):
    sign_in(sato.email, "wrong")

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache WHERE cache_key LIKE '%login_failed%'")
        assert cursor.fetchone()[0] >= 1


def test_everyone_reads_in_their_own_language(sato, ito):
    ito.language = "en"
    ito.save()
    pages = {}
    for person in (sato, ito):
        client = Client(headers={"accept-language": "de"})
        sign_in(person.email, PASSWORD, client)
        pages[person] = client.get(reverse("staff:preferences"))

    assert (pages[sato]["Content-Language"], pages[ito]["Content-Language"]) == ("ja", "en")
    assert "パスワードを変える" in pages[sato].content.decode()
    assert "Change password" in pages[ito].content.decode()


def test_the_sessions_are_listed_and_the_others_ended(sato):
    here, there = Client(headers={"user-agent": "Desk"}), Client(headers={"user-agent": "Phone"})
    for client in (here, there):
        sign_in(sato.email, PASSWORD, client)
    listed = here.get(reverse("usersessions_list")).content.decode()
    assert "Desk" in listed
    assert "Phone" in listed

    here.post(reverse("usersessions_list"))

    assert here.get(reverse("staff:preferences")).status_code == 200
    assert there.get(reverse("staff:preferences")).status_code == 302


def test_the_system_itself_cannot_sign_in(system):
    system.set_password(PASSWORD)
    system.save()

    assert not sign_in(system.email, PASSWORD).wsgi_request.user.is_authenticated


def test_whoever_was_signed_out_meanwhile_comes_back_to_the_page_they_wrote_on(client):
    url, page = reverse("activities:compose"), "/deals/7/?show=activities"

    swapped = client.post(url, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"})
    plain = client.post(url, headers={"Referer": f"http://testserver{page}"})
    elsewhere = client.post(url, headers={"Referer": "https://evil.example//evil.example/x"})

    back = f"{reverse(LOGIN)}?next=/deals/7/%3Fshow%3Dactivities"
    assert (swapped.status_code, swapped["HX-Redirect"], plain["Location"]) == (401, back, back)
    assert elsewhere["Location"] == f"{reverse(LOGIN)}?next=/evil.example/x"


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_changes_their_own_address_past_the_administrators(client, sato, method):
    client.force_login(sato)

    answer = getattr(client, method)("/account/email/", {"email": "other@sakura.example", "action_add": ""})

    assert answer.status_code == 404
