import contextlib
import http.client
import os
import signal
import socket
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from crm.demo import people
from crm.lib import embedded, servers, supervisor
from crm.lib.supervisor import Child, Supervisor, python
from staff.models import User

# The worker is let finish its tasks, then told to hand them back to the broker.
WORKER_ENDINGS: list[tuple[int, float]] = [(signal.SIGTERM, 10), (signal.SIGQUIT, 5)]


class Command(BaseCommand):
    help = "Run everything in the foreground: database, broker, web, worker, scheduler and relay. Ctrl-C stops it."
    requires_system_checks: list[str] = []  # migrate and the children run them
    database_pid = 0

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (8000)")
        parser.add_argument("--no-demo", action="store_true", help="start with an empty database")
        # Taken out of the command line by manage.py before the settings are read; here for --help.
        parser.add_argument("--data", metavar="DIR", help="folder of this installation's data (var/)")

    def handle(self, *, host: str, port: int, no_demo: bool, **options: Any) -> None:
        address = f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0', '::') else host}:{port}/"  # noqa: S104
        data = embedded.Data.at(servers.data_folder())
        allow(host)
        try:
            with Supervisor(data, folder=servers.ROOT, say=self.say, label=address) as run:
                door = open_door(host, port)
                self.prepare(run, no_demo=no_demo)
                self.start(run, door)
                self.say(f"\nEnishi is running: {address}")
                self.say("\n".join(people.login_lines()))
                self.say(warning(host))
                connection.close()
                self.say("Ctrl-C stops it.")
                run.watch(still_useful=self.look_at_database)
        except supervisor.AlreadyRunning as other:
            pid, _, where = str(other).partition(" ")
            raise CommandError(
                f"Enishi is already running on {data.root}: process {pid}, {where}\n"
                "Stop it there, or choose another folder with --data."
            ) from None
        except supervisor.Stopped:
            self.say("Stopped.")
        except supervisor.GaveUp as reason:
            raise CommandError(str(reason)) from None

    def prepare(self, run: Supervisor, *, no_demo: bool) -> None:
        if not is_migrated():
            self.say("Preparing the database …")
            run.finish_first("migrate", manage("migrate", "--verbosity=0", "--no-input"))
        if not no_demo and not User.objects.people().exists():
            self.say("Loading the sample company (a minute or two) …")
            run.finish_first("demo", manage("demo"))
        connection.close()

    def start(self, run: Supervisor, door: socket.socket) -> None:
        if servers.needs_valkey():
            command = embedded.valkey_command(run.data)
            run.start(Child("valkey", command), ready=lambda: embedded.valkey_answers(run.data))
        gunicorn = [
            "-m",
            "gunicorn",
            "crm.wsgi",
            "--bind",
            f"fd://{door.fileno()}",
            "--worker-class",
            "gthread",
        ]
        gunicorn += ["--workers", "2", "--threads", "4", "--timeout", "30", "--graceful-timeout", "10"]
        gunicorn += ["--preload", "--no-control-socket"]
        celery = ["-m", "celery", "-A", "crm"]
        schedule = str(run.data.root / "beat-schedule")
        web = Child("web", python(*gunicorn), death_signal=signal.SIGQUIT, pass_fds=(door.fileno(),))
        worker = Child(
            "worker",
            python(
                *celery,
                "worker",
                "--concurrency=2",
                "--without-gossip",
                "--without-mingle",
                "--loglevel=INFO",
            ),
            endings=WORKER_ENDINGS,
            death_signal=signal.SIGKILL,  # its own quick ending may hang; what it was at is done again
        )
        run.start(worker)
        run.start(Child("relay", manage("relay"), death_signal=signal.SIGKILL))
        run.start(
            Child("beat", python(*celery, "beat", "--schedule", schedule, "--pidfile=", "--loglevel=INFO"))
        )
        run.start(web, ready=lambda: answers(door), seconds=120)

    def look_at_database(self) -> str:
        """Why we should end; nothing when all is well or the keeper has started PostgreSQL again."""
        if not servers.held:
            return ""
        if not embedded.is_running(servers.held):
            return f"PostgreSQL has ended. See {servers.held.log('postgres')}, then start again."
        server = embedded.read_state(servers.held).get("postgres")
        if server and server != self.database_pid:
            if self.database_pid:
                self.say(f"PostgreSQL died and was started again. See {servers.held.log('postgres')}.")
            self.database_pid = server
        return ""

    def say(self, text: str) -> None:
        if text:
            with contextlib.suppress(OSError):  # the terminal may be gone
                self.stdout.write(text)
                self.stdout.flush()


def manage(*arguments: str) -> list[str]:
    return python(str(servers.ROOT / "manage.py"), *arguments)


def open_door(host: str, port: int) -> socket.socket:
    """The listening socket. We hold it, so that requests wait while the web server is started again."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except PermissionError:
        raise CommandError(f"Port {port} needs more rights. Choose one above 1023 with --port.") from None
    except OSError as problem:
        raise CommandError(
            f"Port {port} of {host} cannot be used ({problem.strerror}). Choose another with --port."
        ) from None


def allow(host: str) -> None:
    """Let the settings accept the names under which an address beyond this machine is reached."""
    if host not in ("127.0.0.1", "localhost", "::1"):
        everything = host in ("0.0.0.0", "::")  # noqa: S104
        os.environ.setdefault("ALLOWED_HOSTS", "*" if everything else f"{host},localhost,127.0.0.1,[::1]")


def warning(host: str) -> str:
    """What whoever opens the sample company to a network must know; nothing on one's own machine."""
    if host in ("127.0.0.1", "localhost", "::1") or not people.login_lines():
        return ""
    return (
        f"Warning: everyone who reaches {host} can sign in with the password above, and nothing is encrypted.\n"
        "Use it in a network you trust, or start an installation of your own with --no-demo."
    )


def answers(door: socket.socket) -> bool:
    """Whether the web server says that it lives."""
    host, port = door.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    client = http.client.HTTPConnection(reachable, port, timeout=5)
    try:
        client.request("GET", "/health/live", headers={"Host": "localhost"})
        return client.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        client.close()


def is_migrated() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
