"""Statements that pages ask again and again in the same words: the database plans them once a connection.

The planning of a page's statements costs more than their rows: of a deal's page 11 ms against 3. Behind PgBouncer in
transaction mode (no server-side cursors there) they are planned each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor


class _Cursor(psycopg.Cursor[Any]):
    """Sends values apart from the text, and asks for a plan that is kept (unless the connection keeps none)."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **{**options, "prepare": True})


def rows(text: str, params: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    """All rows of a SELECT whose text is the same each time; values stand as %s, their types show from the text.

    Without `params` the text is taken as it stands, and its plan is made for just its values.
    """
    if connection.queries_logged:  # who looks at the statements gets them as all others are
        with connection.cursor() as cursor:
            cursor.execute(text, params)
            return list(cursor.fetchall())
    connection.ensure_connection()
    # Row history puts a statement of its own in front of others; two cannot be planned as one, and this one writes nothing.
    wrappers, connection.execute_wrappers = connection.execute_wrappers, []
    try:
        with connection._prepare_cursor(_Cursor(connection.connection)) as cursor:  # type: ignore[attr-defined]
            cursor.execute(text, params)
            return list(cursor.fetchall())
    finally:
        connection.execute_wrappers = wrappers


def with_values(text: str, params: Sequence[Any]) -> str:
    """The text with its values in it, for `rows` without params.

    A text that asks the same of its reader all day is planned for just these values, once. With values apart the database
    compares, and where they matter it plans each time again, which takes longer than to run it.
    """
    return connection.ops.compose_sql(text, params)  # type: ignore[attr-defined,no-any-return]


# How many plans a connection keeps at most: all pages of a day's work, at some 50 kB each.
_KEPT = 300


@contextmanager
def plans() -> Iterator[None]:
    """What is asked inside is planned once a connection. For requests that only read: row history needs texts of its own.

    Nothing changes before the first connection, and for those who look at the statements.
    """
    asked = connection.connection
    if (
        asked is None
        or connection.queries_logged
        or settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"]
    ):
        yield
        return
    usual, asked.cursor_factory, asked.prepared_max = asked.cursor_factory, ServerBindingCursor, _KEPT
    try:
        yield
    finally:
        asked.cursor_factory = usual
