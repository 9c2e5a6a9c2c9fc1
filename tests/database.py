"""The database under the tests: one temporary PostgreSQL per run, one clone of a migrated template per worker.

Tests run as enishi_app, like the product. The server starts when the first test asks for it and is
watched by the keeper of `crm.lib.embedded`, so nothing is left whatever ends the run. The migrated
template is kept in var/ for the next run, under a digest of all that made it; a fresh clone makes its own.
"""

import contextlib
import fcntl
import functools
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase
from pytest_django.plugin import DjangoDbBlocker

from crm.lib import embedded

RUN = (
    "ENISHI_TEST_RUN"  # the folder of this run, made by the first process and inherited by the xdist workers
)
TEMPLATE = "template_enishi"
KEPT = ("postgres", "secrets.json", "template.done")
ROOT = Path(__file__).resolve().parent.parent


def make_run_folder() -> None:
    folder = Path(os.environ.setdefault(RUN, tempfile.mkdtemp(prefix="enishi-test-")))
    if kept().exists():
        shutil.copytree(kept(), folder, dirs_exist_ok=True)


def remove_run_folder() -> None:
    folder = Path(os.environ.pop(RUN))
    if (folder / "keeper.lock").exists():
        embedded.wait_until_stopped(embedded.Data.at(folder))
        keep(folder)
    shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def kept() -> Path:
    """Where a template made from these very files lies, if a run has left one."""
    made_from = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("crm/sql/*"), *ROOT.glob("*.lock")]
    made_from += [ROOT / "staff/privileges.py", ROOT / "staff/row_history.py", ROOT / "crm/lib/embedded.py"]
    digest = hashlib.sha256()
    for path in sorted(made_from):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return ROOT / "var/test-templates" / digest.hexdigest()[:16]


def keep(folder: Path) -> None:
    """Puts the template of a stopped server away, in the place of older ones; a run that was cut short leaves none."""
    stopped = not (folder / "postgres/postmaster.pid").exists()
    if kept().exists() or not stopped or not (folder / "template.done").exists():
        return
    shutil.rmtree(kept().parent, ignore_errors=True)
    unfinished = kept().with_name(f"{folder.name}.new")
    unfinished.mkdir(parents=True)
    for name in KEPT:
        shutil.move(folder / name, unfinished / name)
    with contextlib.suppress(OSError):  # another run was faster
        unfinished.rename(kept())


class Clones:
    """The databases of one pytest process on the server of the run."""

    def __init__(self, worker: str) -> None:
        self.data = embedded.Data.at(os.environ[RUN])
        self.name = f"test_{worker}"

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """The server is up, the template migrated by whoever was first, and Django talks to a clone of it."""
        with embedded.hold(self.data, durable=False):
            self.point_django_at("enishi_owner", TEMPLATE)
            self.make_template()
            self.point_django_at("enishi_app", self.name)
            self.renew()
            yield
            connections.close_all()
            self.administer(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def make_template(self) -> None:
        done = self.data.root / "template.done"
        with open(self.data.root / "template.lock", "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if done.exists():
                return
            self.administer(f"CREATE DATABASE {TEMPLATE} TEMPLATE enishi OWNER enishi_owner")
            self.grant(TEMPLATE)
            call_command("migrate", verbosity=0, interactive=False)
            connections.close_all()
            done.touch()

    def renew(self) -> None:
        """A fresh clone under the same name, whatever a test has committed or left open."""
        connections.close_all()
        self.administer(
            f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)",
            f"CREATE DATABASE {self.name} TEMPLATE {TEMPLATE} OWNER enishi_owner STRATEGY file_copy",
        )
        self.grant(self.name)

    def grant(self, database: str) -> None:
        self.administer(
            f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {database} TO enishi_app",
        )

    def administer(self, *statements: str) -> None:
        with psycopg.connect(**self.data.access("postgres", "postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def point_django_at(self, role: str, database: str) -> None:
        connection = connections["default"]
        connection.close()
        where = {"HOST": str(self.data.sockets), "PORT": str(embedded.PORT), "NAME": database}
        connection.settings_dict.update(where, USER=role, PASSWORD=self.data.secrets[role])


@pytest.fixture(scope="session")
def clones(worker_id: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Clones]:
    """The databases of this worker. Asking for them starts the server."""
    clones = Clones(worker_id)
    with django_db_blocker.unblock(), clones.serving():
        yield clones


@pytest.fixture(scope="session")
def django_db_setup(clones: Clones) -> Iterator[None]:
    """In the place of pytest-django's: ours is made by the owner, and used by the application's role."""

    def renew_instead_of_flush(self: TransactionTestCase) -> None:
        clones.renew()

    with pytest.MonkeyPatch.context() as patch:
        # The application's role may not TRUNCATE, and base rows of the migrations should come back.
        patch.setattr(TransactionTestCase, "_fixture_teardown", renew_instead_of_flush)
        yield


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Valkey for this worker alone."""
    data = embedded.Data.at(tempfile.mkdtemp(prefix="enishi-valkey-"))
    command = embedded.valkey_command(data)
    server = embedded.start_on_leash(command, death_signal=signal.SIGKILL, stdout=subprocess.DEVNULL)
    while server.poll() is None and not embedded.valkey_answers(data):
        time.sleep(0.02)
    yield data.broker_url
    embedded.finish(server, signal.SIGKILL)
    shutil.rmtree(data.root, ignore_errors=True)


@pytest.fixture
def valkey(valkey_server: str) -> Iterator[Any]:
    """A client of an empty Valkey; `valkey.url` is its address for Celery."""
    import redis

    client: Any = redis.Redis.from_url(valkey_server.replace("redis+socket", "unix"))
    client.flushall()
    client.url = valkey_server
    yield client
    client.close()
