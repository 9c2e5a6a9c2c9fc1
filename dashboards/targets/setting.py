"""Setting a target: one amount for a quarter, spread over its months."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from django.db import transaction

from crm.lib.fiscal import Quarter
from dashboards import amounts
from dashboards.models import Target, TargetQuerySet
from staff import access
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
    return amounts.change(
        _rows(subject).filter(month__in=quarter.months), amount, partial(_store, subject, quarter), base=base,
        kind=TargetEvent.SET, subject=subject or profile, by=by,
        quarter=[quarter.year, quarter.number], month=quarter.first,
    )  # fmt: skip


def _store(subject: Subject, quarter: Quarter, amount: Decimal) -> None:
    rows = {row.month: row for row in _rows(subject).filter(month__in=quarter.months).select_for_update()}
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
