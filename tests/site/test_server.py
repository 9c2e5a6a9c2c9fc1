"""The files that put Enishi on a server agree with what the embedded servers and the settings do."""

import re
from pathlib import Path

from crm.lib import embedded, servers


def text(name: str) -> str:
    return (servers.ROOT / name).read_text(encoding="utf-8")


def test_the_database_container_is_made_like_the_embedded_one() -> None:
    compose = text("docker-compose.yml")

    for option in (*embedded.LOCALE, "--lc-ctype=C.UTF-8"):
        assert option in compose
        assert option in text("docs/server.md")


def test_no_secret_has_a_default() -> None:
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD"):
        assert re.search(rf"\$\{{{name}:\?", text("docker-compose.yml"))
        assert not re.search(rf"\$\{{{name}:?-", text("docker-compose.yml"))


def test_the_image_does_not_run_as_root() -> None:
    steps = text("Dockerfile").splitlines()

    assert steps.index("USER enishi") < next(n for n, step in enumerate(steps) if step.startswith("CMD"))


def test_only_migrate_gets_the_owner_address() -> None:
    compose = text("docker-compose.yml")

    assert compose.count("DATABASE_OWNER_URL") == 1
    assert "DATABASE_OWNER_URL" in compose.partition("\n  migrate:")[2].partition("\n  web:")[0]


def test_every_variable_of_the_settings_is_explained() -> None:
    names = set(re.findall(r'env(?:\.\w+)?\("([A-Z_]+)"', text("crm/settings.py")))
    technical = {
        "DEBUG",
        "CONN_MAX_AGE",
        "BROKER_PREFIX",
        "STATIC_ROOT",
        "SESSION_COOKIE_NAME",
        "DATABASE_APP_ROLE",
    }

    assert {name for name in names - technical if f"`{name}`" not in text("docs/server.md")} == set()


def test_the_locks_name_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in text(name)
        assert "--hash=sha256:" in text(name)
        assert not [line for line in text(name).splitlines() if line.startswith("-")]


def test_scripts_can_be_run() -> None:
    for name in ("setup", "up", "check", "test", "lock"):
        assert Path(servers.ROOT / "bin" / name).stat().st_mode & 0o111
