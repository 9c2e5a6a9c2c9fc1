"""Addresses of records, made without walking the table of URLs for every row of a list."""

from __future__ import annotations

from functools import cache

from django.urls import reverse

_ANY = 987_654_321


def of(url_name: str, pk: int | str) -> str:
    """The address whose only argument is the id: what `reverse(url_name, args=[pk])` says."""
    before, after = _around_the_id(url_name)
    return f"{before}{pk}{after}"


@cache
def _around_the_id(url_name: str) -> tuple[str, str]:
    before, _id, after = reverse(url_name, args=[_ANY]).partition(str(_ANY))
    return before, after
