"""Several short lists in one statement: each keeps its own order and limit, so that its index is read no further."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL


def ids(branches: Sequence[QuerySet[Any]]) -> RawSQL:
    """The ids of all of them, to stand in `pk__in`."""
    sql, params = parts(branches)
    return RawSQL(f"SELECT id FROM ({sql}) AS parts", params)  # noqa: S608, S611 - compiled by Django, values apart


def parts(branches: Sequence[QuerySet[Any]]) -> tuple[str, list[Any]]:
    """Rows of branch, place in it and id, with the values of the statement apart."""
    selects: list[str] = []
    params: list[Any] = []
    for n, branch in enumerate(branches):
        sql, values = branch.values("pk").query.sql_with_params()
        selects.append(
            f"(SELECT {n} AS branch, row_number() OVER () AS place, id FROM ({sql}) AS b{n} (id))"  # noqa: S608
        )
        params += values
    return " UNION ALL ".join(selects), params
