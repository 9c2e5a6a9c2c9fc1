"""Every URL × GET and POST × person × record, generated from the resolver.

What each may do is said here once more in plain words (`CASES`, `reference.py`) and compared with what the product
answers. A refusal must have its code, change no row, and tell nothing of the record. A URL without a case fails, and so
does one that was never seen to allow or never seen to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import reverse
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Company
from crm.checks import all_patterns
from staff import access
from staff.models import User
from tests.people import make_everybody
from tests.site.access_cases import CASES, CODES, Case, expected
from tests.site.access_world import Records, World, build_world

PATTERNS = {name: pattern for _route, name, pattern in all_patterns()}
OURS = sorted(name for name in PATTERNS if name not in access.EXTERNAL)
LIBRARY = sorted(name for name in PATTERNS if name in access.EXTERNAL)


Sums = dict[str, tuple[int, int]]


@pytest.fixture(name="world", scope="module")
def share_world(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One for all URLs: what a request does is taken back, and making a world takes longer than asking about it."""
    files = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("files"))
    with django_db_blocker.unblock(), transaction.atomic(), files:
        yield build_world(make_everybody())
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", OURS)
def test_a_url_answers_whom_it_should_and_nobody_else(name: str, world: World, db: None) -> None:
    assert name in CASES, f"{name} has no case: add to CASES who may call it, and with what"
    case, seen = CASES[name], set()
    rule = access.rule_of(PATTERNS[name].callback, name)
    assert rule is not None
    assert (rule.public, rule.capability) == (case.public, case.needs)

    clients = {person: Client(headers={"accept-language": "ja"}) for person in world.people}
    for person, client in clients.items():
        client.force_login(world.people[person])
    before = checksums()
    for method in ("GET", "POST"):
        response, changed = asked(Client(), method, name, case, world.open, before)
        seen.add(a_stranger_is_sent_to_sign_in(name, case, response, changed))
    for person, user in world.people.items():
        for records in (world.open, world.closed) if case.names_a_record else (world.open,):
            for method in ("GET", "POST"):
                want = expected(case, world, user, method, records)
                about = f"{person} {method} {name} ({records.mark}): expected {want}"
                writes = want == "ok" and (method == "POST" or case.reading_writes)
                response, changed = asked(
                    clients[person], method, name, case, records, None if writes else before
                )

                assert response.status_code in CODES[want], (
                    f"{about}, got {response.status_code}\n{text_of(response)[:1500]}"
                )
                assert not changed, f"{about}, and {changed} were changed"
                for leak in leaks(world, user, response):
                    pytest.fail(f"{about}, but the answer tells of {leak}")
                seen.add(want)

    assert "ok" in seen, f"{name} was never seen to allow"
    if not case.public:
        assert seen & {"forbidden", "hidden"}, f"{name} was never seen to refuse"


def a_stranger_is_sent_to_sign_in(name: str, case: Case, response: Any, changed: set[str]) -> str:
    assert not changed
    if case.public:
        assert response.status_code == 200
        return "ok"
    assert response.status_code == 302, f"a stranger got {response.status_code} from {name}"
    assert response["Location"].startswith(reverse("account_login"))
    return "forbidden"


def asked(
    client: Client, method: str, name: str, case: Case, records: Records, before: Sums | None
) -> tuple[Any, set[str]]:
    """The answer, and which tables are not as `before`; everything the request did is taken back."""
    with transaction.atomic():
        url, sent = reverse(name, kwargs=case.kwargs(records)), case.sent(records)
        written = rows_written()
        response: Any = client.get(url, sent) if method == "GET" else client.post(url, sent)
        response.text_of = b"".join(response) if response.streaming else response.content
        # Sums over all tables take longer than most answers: only where something was written, if only to be taken back.
        after = checksums() if before is not None and rows_written() > written else {}
        transaction.set_rollback(True)
    return response, {table for table in after if before and after[table] != before[table]}


def leaks(world: World, user: User, response: Any) -> list[str]:
    """Marks of records that the person may not know of, found in the answer or where it leads."""
    told = (text_of(response) + str(dict(response.headers))).lower()
    found = []
    for records in (world.open, world.closed):
        words = {
            "company": f"{records.mark}社", "contact": f"{records.mark}田", "deal": f"{records.mark} 更新",
            "lead": f"{records.mark}商会", "todo": f"{records.mark}に電話", "batch": f"{records.mark}.csv",
            "file": f"{records.mark}.txt", "paper": f"{records.mark}議事録", "question": f"{records.mark}新社",
        }  # fmt: skip
        for kind, word in words.items():
            of = {"file": "deal", "paper": "company"}.get(kind, kind)
            sees = world.sees(user, of, records)
            if not sees and (word in told or word.encode("unicode_escape").decode() in told):
                found.append(word)
    return found


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.text_of.decode(errors="replace"))


NOT_BUSINESS = ("django_session", "usersessions_usersession", "staff_submission", "cache")


def rows_written() -> int:
    """How many rows of any table this transaction has written so far, also those that it took back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables WHERE relname <> ALL(%s)",
            [list(NOT_BUSINESS)],
        )
        return int(cursor.fetchone()[0])


def checksums() -> Sums:
    """Table → how many rows it has, and a sum over all that stands in them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall() if name not in NOT_BUSINESS]
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{t}', count(*), coalesce(sum(hashtextextended(r::text, 0)), 0) FROM \"{t}\" r"
                for t in tables
            )
        )
        return {table: (rows, total) for table, rows, total in cursor.fetchall()}


# Views of the library -----------------------------------------------------------------------------

KEYS: dict[str, dict[str, Any]] = {
    "account_confirm_email": {"key": "x"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "x-y"},
    "mfa_remove_webauthn": {"pk": 1},
    "mfa_edit_webauthn": {"pk": 1},
}


@pytest.mark.parametrize("name", LIBRARY)
def test_a_view_of_the_library_asks_who_it_is(name: str, world: World, db: None) -> None:
    url = reverse(name, kwargs=KEYS.get(name))
    rule = access.EXTERNAL[name]
    login = reverse("account_login")

    for method in ("get", "post"):
        stranger = getattr(Client(), method)(url)
        if rule.public:
            assert stranger.status_code < 500
        else:
            assert stranger.status_code == 302
            assert stranger["Location"].startswith(f"{login}?next=")
        client = Client()
        client.force_login(world.people["sato"])
        answer = getattr(client, method)(url)
        assert answer.status_code < 500
        assert not answer.get("Location", "").startswith(f"{login}?next=")


def test_nobody_signs_up_by_themselves(client: Client, db: None) -> None:
    before = User.objects.count()

    response = client.post(
        reverse("account_signup"), {"email": "new@sakura.example", "password1": "open sesame 1"}
    )

    assert response.status_code == 200
    assert User.objects.count() == before


def test_every_case_is_of_a_url(db: None) -> None:
    gone = set(CASES) - set(PATTERNS)

    assert not gone or any(p.callback.__name__ == "coming" for p in PATTERNS.values()), gone


def test_a_write_is_noticed_also_when_it_is_taken_back(world: World, db: None) -> None:
    written = rows_written()
    with transaction.atomic():
        Company.objects.filter(pk=world.open.company.pk).update(notes="x")
        transaction.set_rollback(True)

    assert rows_written() > written
