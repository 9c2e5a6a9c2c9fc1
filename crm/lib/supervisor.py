"""Keeps a handful of processes running in the foreground of one command, and ends them in order.

Children write to log files; lines that tell of trouble also reach the console. A child that dies is
started again, sooner at first and later when it goes on dying. No child outlives the supervisor.
"""

import contextlib
import fcntl
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crm.lib import embedded
from crm.lib.embedded import Data

TROUBLE = re.compile(r'\b(ERROR|CRITICAL|FATAL|PANIC)\b|Traceback|"level": "(error|critical)"')
LINES_PER_MINUTE = 20
LOG_BYTES = 10_000_000
TICK = 0.1


class AlreadyRunning(Exception):
    """Another supervisor has this data folder; the message names its process."""


class Stopped(Exception):
    """Somebody asked us to stop (Ctrl-C, SIGTERM, the terminal closed)."""


class GaveUp(Exception):
    """Something that nothing here can bring back has ended."""


@dataclass
class Child:
    """One process: how it is started, and how it is asked to end (signal, and seconds until the next)."""

    name: str
    command: list[str]
    endings: list[tuple[int, float]] = field(default_factory=lambda: [(signal.SIGTERM, 10)])
    death_signal: int = signal.SIGTERM
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    failures: int = 0

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """One run on one data folder: `with Supervisor(…) as run: run.finish_first(…); run.start(…); run.watch()`."""

    def __init__(self, data: Data, *, folder: Path, say: Callable[[str], None], label: str) -> None:
        self.data, self.folder, self.say, self.label = data, folder, say, label
        self.children: list[Child] = []
        self.tails: dict[str, Tail] = {}
        self.asked_to_stop = False
        self.stack = contextlib.ExitStack()

    def __enter__(self) -> "Supervisor":
        self.alone = self.stack.enter_context(open(self.data.root / "up.lock", "a+"))
        if not embedded.try_lock(self.alone, fcntl.LOCK_EX):
            self.alone.seek(0)
            raise AlreadyRunning(self.alone.read().strip())
        self.alone.truncate(0)
        self.alone.write(f"{os.getpid()} {self.label}\n")
        self.alone.flush()
        # Every child inherits this lock: having it proves that none of an earlier run is left.
        self.children_lock = self.stack.enter_context(open(self.data.root / "children.lock", "a"))
        embedded.lock(
            self.children_lock, fcntl.LOCK_EX, seconds=30, waiting_for="processes of the last run to end"
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.ask_to_stop)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.stack.close()

    def ask_to_stop(self, *_: object) -> None:
        self.asked_to_stop = True

    def finish_first(self, name: str, command: list[str]) -> None:
        """Run a command to its end before going on; its failure is ours."""
        child = Child(name, command)
        self.launch(child)
        try:
            while child.is_alive:
                self.pause()
        finally:
            end_together([child])
        self.report_trouble()
        if child.process and child.process.returncode:
            raise GaveUp(f"{name} failed:\n{last_lines(self.data.log(name))}")

    def start(self, child: Child, ready: Callable[[], bool] | None = None, seconds: float = 30) -> None:
        """Start a child and keep it running from now on; with `ready`, wait until it says so."""
        self.children.append(child)
        self.launch(child)
        deadline = time.monotonic() + seconds
        while ready and not ready():
            self.pause()
            if child.failures > 2 or time.monotonic() > deadline:
                raise GaveUp(f"{child.name} does not start:\n{last_lines(self.data.log(child.name))}")
            self.look_after()

    def watch(self, still_useful: Callable[[], str] = lambda: "") -> None:
        """Look after the children until asked to stop, or until `still_useful` gives a reason to end."""
        while True:
            self.pause()
            self.look_after()
            if reason := still_useful():
                raise GaveUp(reason)

    def pause(self) -> None:
        if self.asked_to_stop:
            raise Stopped
        time.sleep(TICK)
        if self.asked_to_stop:
            raise Stopped

    def look_after(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.is_alive:
                if child.failures and now - child.started_at > 60:
                    child.failures = 0
            elif child.process:
                wait = min(0.5 * 2**child.failures, 30)
                self.say(
                    f"{child.name} ended ({describe(child.process.returncode)}); starting it again in {wait:.1f} s"
                )
                child.process, child.due_at = None, now + wait
                child.failures += 1
            elif now >= child.due_at:
                self.launch(child)
        self.report_trouble()

    def launch(self, child: Child) -> None:
        log = self.data.log(child.name)
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
            self.tails.pop(child.name, None)
        with open(log, "ab") as output:
            self.tails.setdefault(child.name, Tail(log))
            child.process = embedded.start_on_leash(
                child.command,
                death_signal=child.death_signal,
                pass_fds=[*child.pass_fds, self.children_lock.fileno()],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for us, who end them in order
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        child.started_at = time.monotonic()

    def report_trouble(self) -> None:
        for name, tail in self.tails.items():
            for line in tail.troubles():
                self.say(f"{name}: {line}")

    def stop(self) -> None:
        """End the children, last started first; those with the same kind of work end side by side."""
        servers = [child for child in self.children if child.name in SERVERS]
        others = [child for child in self.children if child.name not in SERVERS]
        end_together(others)
        for child in reversed(servers):
            end_together([child])
        self.children.clear()


SERVERS = {"valkey"}  # the others need them to the end


def end_together(children: list[Child]) -> None:
    """Ask all at once and wait; who does not end is asked more firmly, and at last not asked."""
    step = 0
    waiting = [child for child in children if child.is_alive]
    while waiting:
        deadlines = {}
        for child in waiting:
            number, patience = child.endings[step] if step < len(child.endings) else (signal.SIGKILL, 10)
            with contextlib.suppress(ProcessLookupError):
                if child.process:
                    child.process.send_signal(number)
            deadlines[child.name] = time.monotonic() + patience
        while any(child.is_alive and time.monotonic() < deadlines[child.name] for child in waiting):
            time.sleep(0.02)
        waiting = [child for child in waiting if child.is_alive]
        step += 1


class Tail:
    """What a log has got since we looked last, and of that what a person should know now."""

    def __init__(self, path: Path) -> None:
        self.file: io.BufferedReader = open(path, "rb")  # noqa: SIM115 - read for as long as we run
        self.file.seek(0, io.SEEK_END)
        self.rest = b""
        self.told: list[float] = []

    def troubles(self) -> Iterator[str]:
        *lines, self.rest = (self.rest + self.file.read()).split(b"\n")
        for raw in lines:
            line = raw.decode(errors="replace").rstrip()
            if TROUBLE.search(line) and self.may_tell():
                yield line[:500]

    def may_tell(self) -> bool:
        now = time.monotonic()
        self.told = [moment for moment in self.told if moment > now - 60]
        if len(self.told) >= LINES_PER_MINUTE:
            return False
        self.told.append(now)
        return True


def last_lines(path: Path, count: int = 15) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""


def describe(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        return signal.Signals(-returncode).name
    return f"exit code {returncode}"


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]
