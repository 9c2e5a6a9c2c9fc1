"""What the application's own database role may not do, whatever its code tries."""

import pghistory.models
from django.apps import apps
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

# Rows that are written once: INSERT and SELECT, nothing else.
APPEND_ONLY = ["staff.Event", "staff.Seal", "pipeline.StageMove", "dashboards.WeeklyKpis"]


def append_only_tables() -> list[str]:
    """Those named above, and every table of row history."""
    tables = [apps.get_model(label)._meta.db_table for label in APPEND_ONLY]
    tables += [
        m._meta.db_table
        for m in apps.get_models()
        if issubclass(m, pghistory.models.Event) and m._meta.managed
    ]
    return sorted(set(tables))


def take_from_the_application(connection: BaseDatabaseWrapper) -> None:
    """Runs after each migration, as the owner; harmless the second time."""
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [settings.DATABASE_APP_ROLE])
        if cursor.fetchone() is None:
            return
        role = connection.ops.quote_name(settings.DATABASE_APP_ROLE)
        for table in append_only_tables():
            if table in existing:
                cursor.execute(
                    f"REVOKE UPDATE, DELETE, TRUNCATE ON {connection.ops.quote_name(table)} FROM {role}"
                )


def keep_the_triggers_on(connection: BaseDatabaseWrapper) -> None:
    """Runs after each migration, as the owner: nobody can have a trigger look away, row history least of all.

    pgtrigger installs this function with every trigger, and each call of a trigger asks it. Its own version reads a
    setting that any session may set, and catches the error when there is none: one aborted subtransaction a row, which
    looks through all deferred constraints of the transaction. With 10,000 deals it took six sevenths of the time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc('public._pgtrigger_should_ignore')")
        if cursor.fetchone()[0]:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME) RETURNS boolean "
                "LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT false'"
            )
