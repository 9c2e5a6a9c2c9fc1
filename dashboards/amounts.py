"""Amounts that people type over what they saw: of two at once, the second sees what the first has written."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet

from staff import events
from staff.models import User


def change(
    held: QuerySet[Any], amount: Decimal | None, write: Callable[[Decimal], object], *,
    base: Decimal | None, kind: str, subject: Model, by: User, **data: Any,
) -> bool:  # fmt: skip
    """Writes the amount in place of what the rows sum up to, and tells it; None deletes the rows.

    False when they are no longer `base`, what the person saw. Inside a transaction that keeps others from the rows.
    """
    amounts = list(held.values_list("amount", flat=True))
    before = sum(amounts, Decimal(0)) if amounts else None
    if before == amount:
        return True
    if before != base:
        return False
    if amount is None:
        held.delete()
    else:
        write(amount)
    events.record(kind, subject, by=by, before={"amount": before}, after={"amount": amount}, **data)
    return True
