"""What the CRM costs: written down once, from a month on, and asked for any stretch of days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from dashboards import amounts
from dashboards.figures.periods import Period
from dashboards.models import CrmCost
from dashboards.roi.roi_events import RoiEvent
from staff import access
from staff.models import CompanyProfile, User

# A year in months, so that every day costs the same.
DAYS_OF_MONTH = Decimal("30.4375")


@transaction.atomic
def set_cost(month: date, amount: Decimal | None, *, by: User, base: Decimal | None = None) -> bool:
    """Sets what the CRM costs a month from this one on; None takes that row away. False when it is no longer `base`."""
    access.require(by, "set CRM cost", None)
    # Two who type at once: the second sees what the first has written.
    profile = CompanyProfile.objects.select_for_update().get(pk=1)
    month = month.replace(day=1)

    def write(amount: Decimal) -> None:
        CrmCost.objects.update_or_create(
            from_month=month, defaults={"amount": amount, "set_by": by, "set_at": timezone.now()}
        )

    return amounts.change(
        CrmCost.objects.filter(from_month=month), amount, write, base=base, kind=RoiEvent.COST_SET,
        subject=profile, by=by, month=month,
    )  # fmt: skip


def cost_of(period: Period, rows: Sequence[CrmCost]) -> Decimal:
    """What was paid in the period, day by day, by what held then; nothing before the first row (in the order of months)."""
    total = Decimal(0)
    for number, row in enumerate(rows):
        ends = rows[number + 1].from_month - timedelta(days=1) if number + 1 < len(rows) else period.last
        days = (min(ends, period.last) - max(row.from_month, period.first)).days + 1
        total += row.amount * max(0, days) / DAYS_OF_MONTH
    return total.quantize(Decimal(1))
