"""Installations of their own, for tests that start real processes and kill them."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from crm.lib import embedded, servers

SETTINGS_OF_TESTS = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "DJANGO_SETTINGS_MODULE",
)


class Installation:
    """A data folder, the processes on it, and ways to look at them and to kill them."""

    def __init__(self, root: Path) -> None:
        self.data = embedded.Data.at(root)

    @classmethod
    @contextlib.contextmanager
    def temporary(cls, name: str = "data", copy_of: "Installation | None" = None) -> Iterator["Installation"]:
        folder = Path(tempfile.mkdtemp(prefix="enishi-drill-"))
        if copy_of:
            shutil.copytree(
                copy_of.data.root, folder / name, symlinks=True, ignore=shutil.ignore_patterns("run")
            )
        installation = cls(folder / name)
        try:
            yield installation
        finally:
            installation.kill_everything()
            with contextlib.suppress(embedded.EmbeddedError):  # one that is not ours lies in the folder
                shutil.rmtree(installation.data.sockets, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def environment(self) -> dict[str, str]:
        """What a person's shell has: nothing of the tests' own settings, and this data folder."""
        kept = {name: value for name, value in os.environ.items() if name not in SETTINGS_OF_TESTS}
        return {**kept, "ENISHI_DATA": str(self.data.root), "ENISHI_MODE": "try"}

    def manage(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=servers.ROOT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    @contextlib.contextmanager
    def up(self, *arguments: str, identity: str = "same") -> Iterator["Up"]:
        """`manage.py up` on a free port, answering; killed at the end if it still runs."""
        port = free_port()
        with open(self.data.root / "console", "wb") as console:
            process = embedded.start_on_leash(
                [sys.executable, "manage.py", "up", "--no-demo", "--port", str(port), *arguments],
                death_signal=signal.SIGKILL,
                identity=identity,
                cwd=servers.ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        up = Up(self, process, port)
        try:
            wait_for(lambda: "Ctrl-C stops it." in up.console or process.poll() is not None, seconds=150)
            assert process.poll() is None, up.console
            yield up
        finally:
            process.kill()
            process.wait()

    def query(self, statement: str, role: str = "enishi_app") -> Any:
        with psycopg.connect(**self.data.access(role), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else None

    @property
    def processes(self) -> dict[int, str]:
        """Every process of this installation, whoever its parent is now, with its command line."""
        mark = str(self.data.root).encode()
        found = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                line = (entry / "cmdline").read_bytes()
                mine = int(entry.name) == os.getpid()
                if line and not mine and (mark in line or mark in (entry / "environ").read_bytes()):
                    found[int(entry.name)] = line.replace(b"\0", b" ").decode(errors="replace")
        return found

    @property
    def postmaster(self) -> int:
        return int((self.data.cluster / "postmaster.pid").read_text().split()[0])

    def kill_everything(self) -> None:
        for _ in range(3):
            for pid in self.processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)


class Up:
    """A running `manage.py up`."""

    def __init__(self, installation: Installation, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.installation, self.process, self.port = installation, process, port
        self.pid = process.pid

    @property
    def console(self) -> str:
        return (self.installation.data.root / "console").read_text(errors="replace")

    def child(self, part: str) -> int:
        """The child of the supervisor that has this in its command line; 0 when there is none."""
        lines = self.installation.processes
        return next((pid for pid in self.children_of(self.pid) if part in lines.get(pid, "")), 0)

    def children_of(self, parent: int) -> list[int]:
        found = []
        for pid in self.installation.processes:
            with contextlib.suppress(FileNotFoundError):
                if int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    found.append(pid)
        return found

    def get(self, path: str) -> int:
        """The status code of a page; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code
        except OSError:
            return 0

    def end(self, number: int) -> int:
        """Send the signal and wait for the end; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(40)


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])
