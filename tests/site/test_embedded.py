"""The embedded PostgreSQL: whose it is, who may do what in it, and that it survives everything."""

import fcntl
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest

from crm.lib import embedded
from tests.drills import Installation, wait_for

pytestmark = [
    pytest.mark.drill,
    # One worker runs them all, on installations they share.
    pytest.mark.xdist_group("embedded"),
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

HOLD = """
import sys, time
sys.path.insert(0, {root!r})
from crm.lib import embedded
with embedded.hold(embedded.Data.at(sys.argv[1]), durable={durable}):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def installation() -> Iterator[Installation]:
    with Installation.temporary() as installation:
        yield installation


@pytest.fixture(scope="module")
def running() -> Iterator[Installation]:
    with Installation.temporary() as installation, embedded.hold(installation.data, durable=False):
        yield installation


def holder(
    installation: Installation, *, identity: str = "same", durable: bool = False
) -> "subprocess.Popen[bytes]":
    """Another process that holds the database, as another command would."""
    program = HOLD.format(root=os.getcwd(), durable=durable)
    command = [sys.executable, "-c", program, str(installation.data.root)]
    process = embedded.start_on_leash(
        command, death_signal=signal.SIGKILL, identity=identity, stdout=subprocess.PIPE, cwd=os.getcwd()
    )
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"
    return process


def test_japanese_words_have_trigrams(running: Installation) -> None:
    assert running.query("SELECT array_length(show_trgm('株式会社山田商店'), 1)") == [(9,)]


def test_locale_and_encoding_do_not_depend_on_the_machine(running: Installation) -> None:
    row = running.query(
        "SELECT datlocprovider, datlocale, datcollate, pg_encoding_to_char(encoding) FROM pg_database"
        " WHERE datname = 'enishi'"
    )
    assert row == [("b", "C.UTF-8", "C", "UTF8")]


def test_nobody_else_can_come_near(running: Installation) -> None:
    assert running.query("SHOW listen_addresses") == [("",)]
    assert stat.S_IMODE(running.data.sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE(running.data.root.stat().st_mode) == 0o700
    assert stat.S_IMODE((running.data.root / "secrets.json").stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**{**running.data.access("postgres"), "password": "guessed"})


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE notes (id int)",
        "CREATE TEMPORARY TABLE notes (id int)",
        "CREATE SCHEMA notes",
        "CREATE ROLE somebody",
        "CREATE DATABASE other",
        "SET ROLE enishi_owner",
        "COPY (SELECT 1) TO PROGRAM 'cat'",
    ],
)
def test_the_application_changes_rows_and_nothing_else(running: Installation, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        running.query(statement)


def test_the_application_does_not_wait_for_ever(running: Installation) -> None:
    assert running.query("SHOW lock_timeout") == [("3s",)]
    assert running.query("SHOW statement_timeout") == [("30s",)]


def test_the_application_uses_tables_of_the_owner_but_cannot_empty_them(running: Installation) -> None:
    running.query(
        "CREATE TABLE deals (id bigint GENERATED ALWAYS AS IDENTITY, name text)", role="enishi_owner"
    )
    running.query("INSERT INTO deals (name) VALUES ('first')")

    assert running.query("SELECT id, name FROM deals") == [(1, "first")]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        running.query("TRUNCATE deals")


def test_two_commands_share_one_server_and_the_last_one_stops_it(installation: Installation) -> None:
    with embedded.hold(installation.data, durable=False):
        first = installation.postmaster
        other = holder(installation)
        assert installation.postmaster == first

    assert installation.query("SELECT 1") == [(1,)]  # the other still holds it
    other.kill()
    other.wait()
    wait_for(lambda: not installation.processes)


def test_a_killed_keeper_takes_the_server_along_and_the_next_one_recovers(installation: Installation) -> None:
    other = holder(installation)
    installation.query("CREATE TABLE kept (id int)", role="enishi_owner")
    installation.query("INSERT INTO kept VALUES (1)")
    os.kill(embedded.read_state(installation.data)["pid"], signal.SIGKILL)
    other.kill()
    other.wait()
    # A signal is sent, not yet obeyed: until then the keeper's lock says that all is well.
    wait_for(lambda: not embedded.is_running(installation.data))

    with embedded.hold(installation.data, durable=False):
        assert installation.query("SELECT id FROM kept") == [(1,)]


def test_everything_killed_at_once_loses_nothing_that_was_answered(installation: Installation) -> None:
    other = holder(installation, durable=True)
    installation.query("CREATE TABLE kept (id int)", role="enishi_owner")
    installation.query("INSERT INTO kept SELECT generate_series(1, 1000)")
    installation.kill_everything()
    other.wait()

    with embedded.hold(installation.data):
        assert installation.query("SELECT count(*) FROM kept") == [(1000,)]


def test_a_killed_server_is_started_again_for_those_who_hold_it(installation: Installation) -> None:
    with embedded.hold(installation.data, durable=False):
        first = installation.postmaster
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: embedded.read_state(installation.data).get("postgres") not in (None, first))

        assert installation.query("SELECT 1") == [(1,)]


def test_a_stale_pid_file_is_not_believed(installation: Installation) -> None:
    with embedded.hold(installation.data, durable=False):
        content = (installation.data.cluster / "postmaster.pid").read_text()
    lines = content.splitlines()
    lines[0] = str(os.getpid())  # a process that lives, and is no PostgreSQL
    (installation.data.cluster / "postmaster.pid").write_text("\n".join(lines) + "\n")

    with embedded.hold(installation.data, durable=False):
        assert installation.query("SELECT 1") == [(1,)]


@pytest.mark.parametrize("name", ["縁 の データ", "long" * 30, "a,b?c#d%20"])
def test_any_folder_name_will_do(name: str) -> None:
    with Installation.temporary(name) as installation, embedded.hold(installation.data, durable=False):
        assert installation.query("SELECT 1") == [(1,)]
        assert embedded.SAFE_PATH.fullmatch(str(installation.data.sockets))


def test_a_socket_folder_that_others_could_enter_is_refused(installation: Installation) -> None:
    (installation.data.root / "run").mkdir(mode=0o755)

    with pytest.raises(embedded.EmbeddedError, match="only you can enter"):
        _ = installation.data.sockets


def test_a_server_that_cannot_start_says_where_to_look(installation: Installation) -> None:
    installation.data.cluster.mkdir(mode=0o700)
    started = time.monotonic()

    with pytest.raises(embedded.EmbeddedError, match="postgres.log"), embedded.hold(installation.data):
        pass

    assert time.monotonic() - started < 30


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_can_run_it(installation: Installation) -> None:
    embedded.give_to_nobody(installation.data.root)
    embedded.give_to_nobody(installation.data.root / "log")
    other = holder(installation, identity="nobody")

    assert installation.data.cluster.stat().st_uid == installation.data.root.stat().st_uid != 0
    assert os.stat(f"/proc/{installation.postmaster}").st_uid == installation.data.root.stat().st_uid
    other.kill()
    other.wait()
    wait_for(lambda: not installation.processes)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_can_run_it_where_namespaces_are_forbidden(installation: Installation) -> None:
    program = (
        f"import sys; sys.path.insert(0, {os.getcwd()!r})\n"
        "from crm.lib.embedded import Data, Keeper\n"
        "keeper = Keeper(Data.at(sys.argv[1]), durable=False); keeper.identity = 'nobody'; keeper.run()"
    )
    with open(installation.data.root / "users.lock", "a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        keeper = subprocess.Popen(
            [sys.executable, "-c", program, str(installation.data.root)], start_new_session=True
        )
        wait_for(lambda: embedded.is_running(installation.data))
        embedded.wait_until_ready(installation.data, durable=False)

        assert installation.query("SELECT 1") == [(1,)]
        assert (
            os.stat(f"/proc/{installation.postmaster}").st_uid == installation.data.cluster.stat().st_uid != 0
        )
    keeper.wait(20)
    assert embedded.identity_for(installation.data.cluster) == "nobody"  # and so it stays
