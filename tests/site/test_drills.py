"""Real web server, worker, relay, Valkey and PostgreSQL, on the application's role, with things killed under them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.drills import Installation, Up, wait_for

# One worker runs them all: each that runs one prepares the installation for itself.
pytestmark = [
    pytest.mark.xdist_group("drills"),
    pytest.mark.drill,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

SAVED_WITHIN = 3.0  # seconds for a save while the broker is away; without a broker it takes a tenth of that
DONE_WITHIN = 60  # seconds for the backlog after the broker's return
ROWS = 300

PREPARE = """
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.base import ContentFile
from accounts.models import Channel
from crm.demo.people import add_people
from crm.lib import sheets
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction
from integrations.imports import columns, upload, work
from integrations.models import Import

with transaction.atomic():
    people = add_people()
ito = people["ito"]
session = SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(ito.pk), "staff.login.Backend"
session[HASH_SESSION_KEY] = ito.get_session_auth_hash()
session.save()
lines = ["会社名,氏名,メールアドレス"]
lines += [f"検査工業{n}株式会社,森 一郎,mori{n}@kensa{n}.example" for n in range(ROWS)]
batch = upload.receive_file(
    ContentFile("\\n".join(lines).encode(), "list.csv"), kind="leads", by=ito,
    channel=Channel.objects.get(code="exhibition"), for_workers=False,
)
while batch.state == Import.State.READING:
    batch = work.advance(batch.pk)
chosen = [column["field"] for column in batch.columns]
batch = columns.confirm(batch, chosen, by=ito, seen=batch.version)
while batch.state == Import.State.CHECKING:
    batch = work.advance(batch.pk)
assert batch.state == Import.State.READY, (batch.state, batch.problem)
print("SESSION", session.session_key, "BATCH", batch.pk)
"""


class Browser:
    """Somebody who is signed in and fills in forms of the real web server."""

    def __init__(self, up: Up, session: str) -> None:
        self.up, self.cookies = up, {"enishi": session}

    def get(self, path: str) -> str:
        return self.ask(urllib.request.Request(self.url(path)))

    def post(self, path: str, **fields: str) -> float:
        """Sends the form; how many seconds the answer took."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path))
        assert token
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], "once": str(uuid.uuid4()), **fields})
        started = time.monotonic()
        self.ask(urllib.request.Request(self.url(path), body.encode()))
        return time.monotonic() - started

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.up.port}{path}"

    def ask(self, request: urllib.request.Request) -> str:
        request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        # What follows a redirect is not waited for: the save is what counts.
        opener = urllib.request.build_opener(StayHere)
        with contextlib.suppress(urllib.error.HTTPError), opener.open(request, timeout=20) as answer:
            for cookie in answer.headers.get_all("Set-Cookie", []):
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return str(answer.read().decode())
        return ""


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:  # type: ignore[override]
        return None


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Up, Browser, int]]:
    """A running installation with people, somebody signed in, and an import that waits to be let run."""
    with Installation.temporary(copy_of=Installation.migrated()) as installation:
        done = installation.manage("shell", "--no-imports", "-c", PREPARE.replace("ROWS", str(ROWS)))
        made = re.search(r"SESSION (\w+) BATCH (\d+)", done.stdout)
        assert made, done.stdout + done.stderr
        with installation.up() as up:
            yield up, Browser(up, made[1]), int(made[2])


def one(up: Up, statement: str) -> int:
    [[value]] = up.installation.query(statement)
    return int(value)


@contextlib.contextmanager
def nobody_writes(up: Up, table: str) -> Iterator[None]:
    """Whoever writes to it meanwhile waits, in the middle of a transaction."""
    with psycopg.connect(**up.installation.data.access("postgres")) as connection:
        connection.execute(f"LOCK TABLE {table} IN SHARE MODE")
        yield
        connection.rollback()


def waiting(up: Up) -> int:
    return one(up, "SELECT count(*) FROM staff_delivery WHERE done_at IS NULL")


def leases_are_over(up: Up) -> None:
    """As a minute later, when what a dead worker had taken is given out again."""
    up.installation.query("UPDATE staff_delivery SET leased_until = NULL WHERE done_at IS NULL")
    up.installation.query("NOTIFY enishi_deliveries")


def family_of(up: Up, part: str) -> list[int]:
    """The process and all that it has started."""
    found = [up.child(part)]
    for pid in sorted(up.installation.processes):
        with contextlib.suppress(FileNotFoundError):
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            if parent in found and pid not in found:
                found.append(pid)
    return found


def send(pids: list[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def test_a_worker_killed_in_the_middle_of_an_import_loses_and_doubles_nothing(
    stage: tuple[Up, Browser, int],
) -> None:
    up, browser, batch = stage
    version = one(up, f"SELECT version FROM integrations_import WHERE id = {batch}")
    in_the_middle = (
        "SELECT count(*) FROM pg_locks AS waits JOIN pg_locks AS holds USING (pid) "
        "WHERE waits.relation = 'integrations_importrow'::regclass AND NOT waits.granted "
        "AND holds.relation = 'leads_lead'::regclass AND holds.granted AND holds.mode = 'RowExclusiveLock'"
    )

    with nobody_writes(up, "integrations_importrow"):
        run_it(browser, batch, version)
        wait_for(lambda: one(up, in_the_middle), seconds=60)
        killed = family_of(up, "celery -A crm worker")
        send(killed, signal.SIGKILL)

    wait_for(lambda: not one(up, in_the_middle))
    settled = one(up, f"SELECT done_count FROM integrations_import WHERE id = {batch}")
    assert settled < ROWS, "it was through before it was killed"
    assert one(up, "SELECT count(*) FROM leads_lead") == settled, "half a slice has stayed"
    wait_for(lambda: up.child("celery -A crm worker") not in (0, killed[0]))
    leases_are_over(up)
    wait_for(lambda: one(up, f"SELECT (state = 'done')::int FROM integrations_import WHERE id = {batch}"), 90)
    assert one(up, "SELECT count(*) FROM leads_lead") == ROWS
    assert one(up, "SELECT count(DISTINCT email) FROM leads_lead") == ROWS
    wait_for(lambda: waiting(up) == 0, 90)
    first_calls = "SELECT count(*) FROM activities_todo"
    assert one(up, first_calls) == one(up, f"{first_calls} WHERE origin IS NOT NULL") == ROWS


def run_it(browser: Browser, batch: int, version: int) -> None:
    """The button of the import's page."""
    page = browser.get(f"/imports/{batch}/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token, page[:2000]
    fields = {"csrfmiddlewaretoken": token[1], "once": str(uuid.uuid4()), "version": str(version)}
    url = browser.url(f"/imports/{batch}/run/")
    browser.ask(urllib.request.Request(url, urllib.parse.urlencode(fields).encode()))


def save_a_lead(up: Up, browser: Browser, name: str) -> float:
    """Saves through the real form; its first call is issued by a worker afterwards."""
    channel = one(up, "SELECT id FROM accounts_channel WHERE code = 'referral'")
    before = one(up, "SELECT count(*) FROM leads_lead")
    seconds = browser.post("/leads/new/", company_name=name, family_name="森", channel=str(channel))
    assert one(up, "SELECT count(*) FROM leads_lead") == before + 1
    return seconds


def the_backlog_is_done(up: Up, name: str) -> None:
    started = time.monotonic()
    wait_for(lambda: waiting(up) == 0, DONE_WITHIN)
    sys.stderr.write(f"backlog done {time.monotonic() - started:.1f} s after the return\n")
    issued = f"SELECT count(*) FROM activities_todo t JOIN leads_lead l ON l.id = t.lead_id WHERE l.company_name = '{name}'"
    assert one(up, issued) == 1


def test_a_save_does_not_wait_for_a_broker_that_stands_still(stage: tuple[Up, Browser, int]) -> None:
    up, browser, _batch = stage
    valkey = family_of(up, "valkey-server")
    send(valkey, signal.SIGSTOP)
    try:
        assert save_a_lead(up, browser, "停止商会") < SAVED_WITHIN
        assert up.get("/health/ready") == 200
        assert waiting(up) > 0
    finally:
        send(valkey, signal.SIGCONT)

    the_backlog_is_done(up, "停止商会")


def test_a_save_does_not_wait_for_a_broker_that_is_dead(stage: tuple[Up, Browser, int]) -> None:
    up, browser, _batch = stage
    send(family_of(up, "valkey-server"), signal.SIGKILL)

    assert save_a_lead(up, browser, "消滅商会") < SAVED_WITHIN
    the_backlog_is_done(up, "消滅商会")


def test_an_emptied_broker_loses_nothing(stage: tuple[Up, Browser, int]) -> None:
    import redis

    up, browser, _batch = stage
    workers = family_of(up, "celery -A crm worker")
    send(workers, signal.SIGSTOP)
    names = ["空白商会", "空白工業", "空白物流"]
    try:
        for name in names:
            save_a_lead(up, browser, name)
        not_yet = "SELECT count(*) FROM staff_delivery WHERE done_at IS NULL AND leased_until IS NULL"
        wait_for(lambda: waiting(up) >= len(names) and one(up, not_yet) == 0)
        time.sleep(0.5)  # the relay leases a moment before it sends
        redis.Redis.from_url(up.installation.data.broker_url.replace("redis+socket", "unix")).flushall()
    finally:
        send(workers, signal.SIGCONT)
    time.sleep(1)
    assert waiting(up) > 0  # what a waiting worker had been given already is not in the broker any more

    leases_are_over(up)
    for name in names:
        the_backlog_is_done(up, name)
