"""Walking over many deals without holding up the people who work on them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

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
            # Locked in the order of their keys: two walks cannot wait for each other.
            rows = Deal.objects.open().filter(stage_id=stage.pk, pk__gt=last).order_by("pk")
            rows = rows.only(*fields) if fields else rows.defer("search_text", "search_grams")
            batch = list(rows.select_for_update()[:SIZE])
            if not batch:
                return
            for deal in batch:
                deal.stage = stage
            yield batch
        last = batch[-1].pk
