"""Addresses of records, made without walking the table of URLs for every row of a list."""

from __future__ import annotations

from functools import cache

from django.urls import reverse

_ANY = 987_654_321_000


def of(url_name: str, *ids: int | str) -> str:
    """The address whose arguments are ids: what `reverse(url_name, args=ids)` says."""
    first, *rest = _pieces(url_name, len(ids))
    return first + "".join(f"{pk}{piece}" for pk, piece in zip(ids, rest, strict=True))


@cache
def _pieces(url_name: str, ids: int) -> list[str]:
    """What stands before, between and after the ids."""
    stand_ins = [_ANY + n for n in range(ids)]
    pieces, left = [], reverse(url_name, args=stand_ins)
    for stand_in in stand_ins:
        before, _id, left = left.partition(str(stand_in))
        pieces.append(before)
    return [*pieces, left]
