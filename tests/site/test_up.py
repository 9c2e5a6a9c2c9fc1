"""`manage.py up` as a person runs it: real processes, started, killed and stopped."""

import os
import signal
import socket
import sys
from collections.abc import Iterator

import pytest

from crm.lib import embedded
from tests.drills import Installation, Up, wait_for

pytestmark = [
    pytest.mark.drill,
    # One worker runs them all, on installations they share.
    pytest.mark.xdist_group("up"),
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]


@pytest.fixture(scope="module")
def migrated() -> Iterator[Installation]:
    """A stopped installation whose database is up to date; tests start from copies of it."""
    with Installation.temporary() as installation:
        done = installation.manage("migrate", "--verbosity=0")
        assert done.returncode == 0, done.stderr
        wait_for(lambda: not installation.processes)
        yield installation


@pytest.fixture(scope="module")
def running(migrated: Installation) -> Iterator[Up]:
    with Installation.temporary(copy_of=migrated) as installation, installation.up() as up:
        yield up


def keep_a_row(installation: Installation) -> None:
    installation.query("CREATE TABLE IF NOT EXISTS kept (id int)", role="enishi_owner")
    installation.query("INSERT INTO kept VALUES (1)")


def test_it_answers_and_runs_every_process(running: Up) -> None:
    assert running.get("/health/live") == 200
    assert running.get("/health/ready") == 200
    lines = " ".join(running.installation.processes.values())
    for part in (
        "postgres -D",
        "valkey-server",
        "gunicorn",
        "celery -A crm worker",
        "celery -A crm beat",
        "relay",
    ):
        assert part in lines


def test_a_second_start_is_refused_and_told_who_has_the_folder(running: Up) -> None:
    second = running.installation.manage("up", "--port", "1")

    assert second.returncode == 1
    assert f"process {running.pid}" in second.stderr
    assert running.get("/health/live") == 200


def test_another_command_uses_the_running_database(running: Up) -> None:
    before = running.installation.postmaster

    done = running.installation.manage("migrate", "--check")

    assert done.returncode == 0, done.stderr
    assert running.installation.postmaster == before


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("worker", "celery -A crm worker"),
        ("beat", "celery -A crm beat"),
        ("relay", "relay"),
        ("valkey", "valkey-server"),
    ],
)
def test_a_killed_child_is_started_again(running: Up, name: str, part: str) -> None:
    killed = running.child(part)
    os.kill(killed, signal.SIGKILL)

    wait_for(lambda: f"{name} ended (SIGKILL); starting it again" in running.console)
    wait_for(lambda: running.child(part) not in (0, killed))


def test_a_killed_worker_takes_along_those_who_work_for_it(running: Up) -> None:
    killed = running.child("celery -A crm worker")
    wait_for(lambda: len(running.children_of(killed)) == 2)
    working = running.children_of(killed)
    os.kill(killed, signal.SIGKILL)

    wait_for(lambda: not set(working) & set(running.installation.processes))
    wait_for(lambda: running.child("celery -A crm worker") not in (0, killed))


def test_no_request_is_lost_while_the_web_server_is_started_again(running: Up) -> None:
    killed = running.child("gunicorn")
    os.kill(killed, signal.SIGKILL)

    assert running.get("/health/live") == 200
    wait_for(lambda: running.child("gunicorn") not in (0, killed))


def test_a_killed_database_comes_back_with_its_data(running: Up) -> None:
    keep_a_row(running.installation)
    killed = running.installation.postmaster
    os.kill(killed, signal.SIGKILL)

    wait_for(lambda: "PostgreSQL died and was started again" in running.console)
    assert running.installation.query("SELECT DISTINCT id FROM kept") == [(1,)]
    wait_for(lambda: running.get("/health/ready") == 200)


def test_whatever_is_killed_the_next_start_has_the_data_and_stops_cleanly(migrated: Installation) -> None:
    with Installation.temporary(copy_of=migrated) as installation:
        with installation.up() as up:
            keep_a_row(installation)
            os.kill(up.pid, signal.SIGKILL)
            wait_for(lambda: not installation.processes, seconds=30)  # it leaves nobody

        with installation.up():
            installation.query("INSERT INTO kept VALUES (2)")
            installation.kill_everything()

        with installation.up() as up:
            assert installation.query("SELECT id FROM kept ORDER BY id") == [(1,), (2,)]
            assert up.end(signal.SIGTERM) == 0
        assert not installation.processes
        assert "Stopped." in up.console
        assert (
            "database system is shut down" in installation.data.log("postgres").read_text().splitlines()[-1]
        )


def test_a_taken_port_is_named() -> None:
    with Installation.temporary() as installation:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = installation.manage("up", "--no-demo", "--port", str(port))

        assert done.returncode == 1
        assert f"Port {port}" in done.stderr
        assert not installation.processes


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_can_run_it(migrated: Installation) -> None:
    with Installation.temporary(copy_of=migrated) as installation:
        for path in (installation.data.root, *installation.data.root.rglob("*")):
            embedded.give_to_nobody(path)
        with installation.up(identity="nobody") as up:
            assert up.get("/health/ready") == 200
            assert (
                os.stat(f"/proc/{installation.postmaster}").st_uid
                == installation.data.root.stat().st_uid
                != 0
            )


def test_with_an_address_in_the_environment_nothing_is_embedded(running: Up) -> None:
    with Installation.temporary() as other:
        address = running.installation.data.url("enishi_app")
        done = other.manage(
            "check", "--database", "default", DATABASE_URL=address, SECRET_KEY="only for a test"
        )

        assert done.returncode == 0, done.stderr
        assert not other.data.cluster.exists()
        assert not (other.data.root / "secrets.json").exists()


def test_at_last_without_the_keeper_it_ends_and_says_why(running: Up) -> None:
    os.kill(embedded.read_state(running.installation.data)["pid"], signal.SIGKILL)

    assert running.process.wait(60) == 1
    assert "PostgreSQL has ended" in running.console
    assert not running.installation.processes
