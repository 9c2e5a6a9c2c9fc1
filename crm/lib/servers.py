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
# These need no database.
WITHOUT_DATABASE = {
    "",
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "match",
    "messages",
    "version",
}
held: embedded.Data | None = None  # the folder whose embedded database this process holds
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
    global held
    command = next((argument for argument in arguments if not argument.startswith("-")), "")
    with contextlib.ExitStack() as stack:
        if os.environ.get("DATABASE_URL"):
            if command == "up":
                fill_in(embedded.Data.at(data_folder()))
        elif needs_database(command, arguments):
            held = embedded.Data.at(data_folder())
            stack.enter_context(embedded.hold(held))
            os.environ.update(held.database_environment)
            fill_in(held)
        else:
            os.environ["DATABASE_URL"] = NOWHERE
            os.environ.setdefault("ENISHI_MODE", "try")
            os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(32))
        if command in OWNER_COMMANDS and os.environ.get("DATABASE_OWNER_URL"):
            os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"]
        yield


def fill_in(data: embedded.Data) -> None:
    """What else the settings ask for comes from the data folder, unless the environment has it."""
    os.environ["ENISHI_DATA"] = str(data.root)
    os.environ.setdefault("REDIS_URL", data.broker_url)
    os.environ.setdefault("SECRET_KEY", data.secrets["secret_key"])
    os.environ.setdefault("ENISHI_MODE", "try")


def needs_database(command: str, arguments: list[str]) -> bool:
    asks_for_help = {"--help", "-h", "--version"} & set(arguments)
    checks_database = command == "check" and "--database" in arguments
    return not asks_for_help and (command not in WITHOUT_DATABASE or checks_database)


def needs_valkey() -> bool:
    """Whether the broker is to be the embedded one."""
    return os.environ.get("REDIS_URL", "") == embedded.Data.at(data_folder()).broker_url
