"""What must hold before the product starts."""

import sys
from collections.abc import Sequence

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register, run_checks
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from staff import access


def refuse_to_start() -> None:
    """Ends the process with the list of errors when any check, also of the database, fails."""
    errors = [e for e in run_checks(databases=["default"]) if e.level >= 40]
    if errors:
        for error in errors:
            sys.stderr.write(f"{error}\n")
        raise SystemExit("Enishi does not start: see the errors above.")


def all_patterns(
    resolver: URLResolver | None = None, prefix: str = "", namespace: str = ""
) -> list[tuple[str, str, URLPattern]]:
    """Every URL as (route, full name, pattern)."""
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            found += all_patterns(entry, route, inner)
        else:
            found.append((route, f"{namespace}{entry.name or ''}", entry))
    return found


@register(Tags.urls)
def every_url_has_a_rule(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    return [
        Error(f"The URL {route!r} ({name}) declares no access rule.", id="enishi.E001")
        for route, name, pattern in all_patterns()
        if access.rule_of(pattern.callback, name) is None
    ]


@register(Tags.security)
def a_server_is_safe(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    if settings.MODE != "server":
        return []
    errors: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < 40 or len(set(settings.SECRET_KEY)) < 12:
        errors.append(Error("SECRET_KEY must have 40 random characters.", id="enishi.E002"))
    if settings.DEBUG:
        errors.append(Error("DEBUG must be off on a server.", id="enishi.E003"))
    if any("*" in host for host in settings.ALLOWED_HOSTS):
        errors.append(Error("ALLOWED_HOSTS must name the hosts.", id="enishi.E004"))
    return errors


@register(Tags.database)
def the_database_keeps_its_promises(
    app_configs: object, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    if not databases:
        return []
    errors: list[CheckMessage] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone()[0] and settings.MODE == "server":
            errors.append(Error("The application must not run as a database superuser.", id="enishi.E005"))
        # With LC_CTYPE=C trigrams of Japanese are silently empty.
        cursor.execute("SELECT cardinality(show_trgm('株式会社山田商店'))")
        if cursor.fetchone()[0] == 0:
            errors.append(
                Error("The database's LC_CTYPE must be a UTF-8 one (see docs/server.md).", id="enishi.E006")
            )
    return errors
