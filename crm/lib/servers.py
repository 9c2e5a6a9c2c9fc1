"""Which servers a command talks to, and as whom."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from crm.lib import embedded

ROOT = Path(__file__).resolve().parent.parent.parent
# The schema belongs to enishi_owner; everything else runs as enishi_app, which cannot change it.
OWNER_COMMANDS = {
    "createcachetable",
    "flush",
    "makemigrations",
    "migrate",
    "optimizemigration",
    "pgtrigger",
    "remove_stale_contenttypes",
    "showmigrations",
    "sqlmigrate",
    "squashmigrations",
}
# These need no database, or (up) start it themselves.
WITHOUT_DATABASE = {
    "",
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "messages",
    "up",
    "version",
}
NOWHERE = "postgresql://enishi_app@:5432//nonexistent/enishi"


def take_data_folder(arguments: list[str]) -> list[str]:
    """The command line without `--data DIR`, which has become ENISHI_DATA."""
    kept = list(arguments)
    for place, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--data" and (value or place + 1 < len(arguments)):
            os.environ["ENISHI_DATA"] = str(Path(value or arguments[place + 1]).expanduser().resolve())
            del kept[place : place + (1 if value else 2)]
            break
    return kept


def data_folder() -> Path:
    return Path(os.environ.get("ENISHI_DATA") or ROOT / "var")


@contextlib.contextmanager
def ensure(arguments: list[str]) -> Iterator[None]:
    """Let the command find its database: the one of the environment, else the embedded one, started if need be."""
    command = next((argument for argument in arguments if not argument.startswith("-")), "")
    with contextlib.ExitStack() as stack:
        if not os.environ.get("DATABASE_URL"):
            if needs_database(command, arguments):
                data = embedded.Data.at(data_folder())
                stack.enter_context(embedded.hold(data))
                point_at(data)
            elif command != "up":
                os.environ["DATABASE_URL"] = NOWHERE
                os.environ.setdefault("ENISHI_MODE", "try")
                os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(32))
        if command in OWNER_COMMANDS and os.environ.get("DATABASE_OWNER_URL"):
            os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"]
        yield


def point_at(data: embedded.Data) -> None:
    """Lead the settings to the servers of this folder; a broker, key or mode given from outside stays."""
    os.environ.update(data.database_environment)
    os.environ["ENISHI_DATA"] = str(data.root)
    os.environ.setdefault("REDIS_URL", data.broker_url)
    os.environ.setdefault("SECRET_KEY", data.secrets["secret_key"])
    os.environ.setdefault("ENISHI_MODE", "try")


def needs_database(command: str, arguments: list[str]) -> bool:
    asks_for_help = {"--help", "-h", "--version"} & set(arguments)
    checks_database = command == "check" and "--database" in arguments
    return not asks_for_help and (command not in WITHOUT_DATABASE or checks_database)
