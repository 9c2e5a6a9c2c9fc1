"""Walking over many deals without holding up the people who work on them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

from django.db import transaction
from django.db.models import Q

from pipeline.models import Deal, Stage

SIZE = 500


def of_open_deals(stage: Stage, *fields: str) -> Iterator[list[Deal]]:
    """The open deals of the stage, some hundred at a time, each batch locked in a transaction of its own.

    With `fields` only these are read: most of the time of a walk goes into columns that it does not look at.
    Whoever wants to move one of them waits for its batch at most, and a deal that has left the stage is not in one.
    """
    last = 0
    while True:
        with transaction.atomic():
            batch = _locked(stage, Q(pk__gt=last), fields)
            if not batch:
                return
            yield batch
        last = batch[-1].pk


def locked(stage: Stage, pks: list[int], *fields: str) -> list[Deal]:
    """Those of the deals that are still open in the stage, locked; inside a transaction."""
    return _locked(stage, Q(pk__in=pks), fields)


def _locked(stage: Stage, which: Q, fields: tuple[str, ...]) -> list[Deal]:
    # Locked in the order of their keys: two walks cannot wait for each other.
    rows = Deal.objects.open().filter(which, stage_id=stage.pk).order_by("pk")
    rows = rows.only(*fields) if fields else rows.defer("search_text", "search_grams")
    batch = list(rows.select_for_update()[:SIZE])
    for deal in batch:
        deal.stage = stage
    return batch


def facts_of_open_deals(stage: Stage, *fields: str) -> Iterator[list[SimpleNamespace]]:
    """The same to look at only: nothing is locked, and each deal is no more than the named fields, `pk` and `stage`.

    To lock a row is to write it; whoever finds something to change locks those few, and looks at them again.
    """
    last = 0
    while True:
        rows = Deal.objects.open().filter(stage_id=stage.pk, pk__gt=last).order_by("pk")
        batch = [
            SimpleNamespace(stage=stage, **dict(zip(("pk", *fields), values, strict=True)))
            for values in rows.values_list("pk", *fields)[:SIZE]
        ]
        if not batch:
            return
        yield batch
        last = batch[-1].pk
