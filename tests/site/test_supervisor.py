"""The supervisor with children that do nothing: who is started again, and how all of them end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from crm.lib import embedded
from tests.drills import Installation, wait_for

pytestmark = [pytest.mark.drill, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]

PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from crm.lib.embedded import Data
from crm.lib.supervisor import AlreadyRunning, Child, GaveUp, Stopped, Supervisor, python
data = Data.at(sys.argv[1])
say = lambda text: print(text, flush=True)
try:
    with Supervisor(data, folder=Path("/"), say=say, label="here") as run:
        {body}
        say("watching")
        run.watch()
except (AlreadyRunning, GaveUp) as reason:
    sys.exit(f"{{type(reason).__name__}} {{reason}}")
except Stopped:
    say("stopped")
"""
SLEEP = 'run.start(Child("sleeper", ["sleep", "1000"], death_signal=15))'
STUBBORN = """run.start(Child("stubborn", ["sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"], endings=[(15, 0.2)]))"""


@pytest.fixture
def installation() -> Iterator[Installation]:
    with Installation.temporary() as installation:
        yield installation


@contextmanager
def supervising(installation: Installation, body: str) -> Iterator["subprocess.Popen[bytes]"]:
    with open(installation.data.root / "console", "ab") as console:
        process = embedded.start_on_leash(
            [sys.executable, "-c", PROGRAM.format(root=os.getcwd(), body=body), str(installation.data.root)],
            death_signal=signal.SIGKILL,
            env=installation.environment,
            stdout=console,
            stderr=console,
        )
    yield process
    process.kill()
    process.wait()


def console(installation: Installation) -> str:
    return (installation.data.root / "console").read_text()


def sleepers(installation: Installation) -> list[int]:
    return [pid for pid, line in installation.processes.items() if "sleep" in line and "python" not in line]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_of_asking_ends_it_cleanly(installation: Installation, number: int) -> None:
    with supervising(installation, SLEEP) as process:
        wait_for(lambda: "watching" in console(installation))
        process.send_signal(number)

        assert process.wait(10) == 0
    assert console(installation).endswith("stopped\n")
    assert not installation.processes


def test_killed_it_takes_its_children_along(installation: Installation) -> None:
    with supervising(installation, SLEEP) as process:
        wait_for(lambda: sleepers(installation))
        process.kill()

        wait_for(lambda: not installation.processes)


def test_a_second_one_is_refused_and_named_the_first(installation: Installation) -> None:
    with supervising(installation, SLEEP) as first:
        wait_for(lambda: "watching" in console(installation))
        with supervising(installation, SLEEP) as second:
            assert second.wait(10) == 1

    assert f"AlreadyRunning {first.pid} here" in console(installation)


def test_a_child_that_dies_is_started_again(installation: Installation) -> None:
    with supervising(installation, SLEEP):
        wait_for(lambda: sleepers(installation))
        killed = sleepers(installation)
        os.kill(killed[0], signal.SIGKILL)

        wait_for(lambda: sleepers(installation) not in ([], killed))
    assert "sleeper ended (SIGKILL); starting it again in 0.5 s" in console(installation)


def test_a_child_that_goes_on_dying_is_started_less_and_less_often(installation: Installation) -> None:
    with supervising(installation, 'run.start(Child("dying", ["sh", "-c", "exit 3"]))'):
        wait_for(lambda: "starting it again in 2.0 s" in console(installation))

    assert console(installation).count("dying ended (exit code 3)") == 3


def test_a_child_that_does_not_listen_is_ended_all_the_same(installation: Installation) -> None:
    with supervising(installation, STUBBORN) as process:
        wait_for(lambda: "watching" in console(installation))
        process.terminate()

        assert process.wait(10) == 0
    wait_for(lambda: not installation.processes)  # what the child itself has started may take a moment more


def test_trouble_in_a_log_reaches_the_console_and_the_rest_does_not(installation: Installation) -> None:
    talk = """run.start(Child("talker", ["sh", "-c", "echo all well; echo ERROR no paper; sleep 1000"]))"""
    with supervising(installation, talk):
        wait_for(lambda: "talker: ERROR no paper" in console(installation))

    assert "all well" not in console(installation)


def test_a_step_that_fails_ends_the_start_and_shows_its_last_words(installation: Installation) -> None:
    with supervising(
        installation, 'run.finish_first("migrate", ["sh", "-c", "echo no room; exit 2"])'
    ) as process:
        assert process.wait(10) == 1

    assert "GaveUp migrate failed:\nno room" in console(installation)


def test_a_step_that_is_still_running_is_ended_before_the_database_goes(installation: Installation) -> None:
    with supervising(installation, 'run.finish_first("demo", ["sleep", "1000"])') as process:
        wait_for(lambda: sleepers(installation))
        process.terminate()

        assert process.wait(10) == 0
    assert console(installation).endswith("stopped\n")
    assert not installation.processes
