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
    """All rows of a statement whose text is the same each time; values stand as %s, with a type that shows from the text."""
    connection.ensure_connection()
    # By Django's own wrapper, so that it is counted and its errors are Django's.
    with connection._prepare_cursor(_Cursor(connection.connection)) as cursor:  # type: ignore[attr-defined]
        cursor.execute(text, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
