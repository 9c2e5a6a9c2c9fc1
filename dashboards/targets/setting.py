"""Setting a target: one amount for a quarter, spread over its months."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction

from crm.lib.fiscal import Quarter
from dashboards.models import Target, TargetQuerySet
from staff import access, events
from staff.models import CompanyProfile, Team, User

Subject = Team | User | None


class TargetEvent:
    SET = "target.set"


@transaction.atomic
def set_target(
    subject: Subject, quarter: Quarter, amount: Decimal | None, *, by: User, base: Decimal | None = None
) -> bool:
    """Sets what the company (None), a team or a person wants to win in a quarter; None takes it away.

    The months get a third each, the last one what is left over. `base` is the amount the person saw: an amount that
    somebody else has set since is not overwritten (False).
    """
    access.require(by, "set target", subject)
    # Two who set at once: the second sees what the first has set.
    profile = CompanyProfile.objects.select_for_update().get(pk=1)
    rows = {row.month: row for row in _rows(subject).filter(month__in=quarter.months).select_for_update()}
    before = sum((row.amount for row in rows.values()), Decimal(0)) if rows else None
    if before == amount:
        return True
    if before != base:
        return False
    if amount is None:
        _rows(subject).filter(month__in=quarter.months).delete()
    else:
        _store(subject, rows, quarter, amount)
    events.record(
        TargetEvent.SET, subject or profile, by=by, before={"amount": before}, after={"amount": amount},
        quarter=[quarter.year, quarter.number], month=quarter.first,
    )  # fmt: skip
    return True


def _store(subject: Subject, rows: dict[date, Target], quarter: Quarter, amount: Decimal) -> None:
    for month, part in zip(quarter.months, thirds(amount), strict=True):
        row = rows.get(month) or Target(month=month, **_keys(subject))
        row.amount = part
        row.save()


def thirds(amount: Decimal) -> list[Decimal]:
    """Three whole amounts that add up to it; the last takes what does not divide."""
    third = amount // 3
    return [third, third, amount - 2 * third]


def _keys(subject: Subject) -> dict[str, Subject]:
    return {
        "team": subject if isinstance(subject, Team) else None,
        "user": subject if isinstance(subject, User) else None,
    }


def _rows(subject: Subject) -> TargetQuerySet:
    return Target.objects.filter(**_keys(subject))
