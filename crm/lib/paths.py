"""Addresses of records, made without walking the table of URLs for every row of a list."""

from __future__ import annotations

from functools import lru_cache

from django.urls import reverse

_ANY = 987_654_321_000


def of(url_name: str, *ids: int | str) -> str:
    """The address whose arguments are ids, or words of ours: what `reverse(url_name, args=ids)` says."""
    words = tuple(pk if isinstance(pk, str) else None for pk in ids)
    first, *rest = _pieces(url_name, words)
    numbers = (pk for pk in ids if not isinstance(pk, str))
    return first + "".join([f"{pk}{piece}" for pk, piece in zip(numbers, rest, strict=True)])


@lru_cache(maxsize=2000)
def _pieces(url_name: str, words: tuple[str | None, ...]) -> list[str]:
    """What stands before, between and after the ids; words are part of it."""
    args = [_ANY + n if word is None else word for n, word in enumerate(words)]
    pieces, left = [], reverse(url_name, args=args)
    for stand_in in (arg for arg in args if isinstance(arg, int)):
        before, _id, left = left.partition(str(stand_in))
        pieces.append(before)
    return [*pieces, left]
