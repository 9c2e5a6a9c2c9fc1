"""Statements that a page asks again and again in the same words: the database plans them once a connection.

For a few long ones whose planning costs more than their rows. Behind PgBouncer in transaction mode (no server-side
cursors there) they are planned each time, as all others are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection


class _Cursor(psycopg.Cursor[Any]):
    """Sends values apart from the text, and asks for a plan that is kept (unless the connection keeps none)."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **{**options, "prepare": True})


def rows(text: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a SELECT whose text is the same each time; values stand as %s, their types show from the text."""
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
