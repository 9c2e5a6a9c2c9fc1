"""Every row that an import writes carries its name in the row history: by it the import can be told from other hands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pghistory
from django.db import connection


@contextmanager
def under(trace: str, user_id: int) -> Iterator[None]:
    """What is written inside is the trace's, and nothing after it, be it in the same transaction."""
    with pghistory.context(user=user_id, request=trace):
        yield
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_id', '', true), set_config('pghistory.context_metadata', '', true)"
        )
