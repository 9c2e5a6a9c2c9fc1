"""A company with the group below it: who belongs to it, and the figures of all together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from accounts import groups
from accounts.models import Company
from accounts.touches import Touch
from staff import access
from staff.models import User


@dataclass
class Figures:
    """Open and won deals and the touches of several companies, and `open_of` each of them by its id."""

    deals: int = 0
    amount: Decimal = Decimal(0)
    won: int = 0
    won_amount: Decimal = Decimal(0)
    touches: int = 0
    open_of: dict[int, Decimal] = field(default_factory=dict)


def members(company: Company, user: User) -> list[Company]:
    """The company and all below it that the person may see, the company first."""
    below = Company.objects.active().visible_to(user).filter(pk__in=groups.below(company))
    others = below.exclude(pk=company.pk).order_by("sort_key", "pk")
    return [company, *others.defer("search_text", "search_grams", "notes")]


def figures(companies: Iterable[Company], user: User, touches: Iterable[Touch]) -> Figures:
    """Rolled up over the companies, of deals that the person may see."""
    deals = access.visible("deal", user).filter(company__in=list(companies), deleted_at=None)
    is_open, is_won = Q(closed_at=None), Q(stage__kind="won")
    rows: Iterable[dict[str, Any]] = (
        deals.order_by()
        .values("company")
        .annotate(
            open=Count("pk", filter=is_open),
            open_amount=Sum("amount", filter=is_open),
            won=Count("pk", filter=is_won),
            won_amount=Sum("amount", filter=is_won),
        )
    )
    total = Figures(touches=sum(touch.n for touch in touches))
    for row in rows:
        total.deals += row["open"]
        total.amount += row["open_amount"] or 0
        total.won += row["won"]
        total.won_amount += row["won_amount"] or 0
        total.open_of[row["company"]] = row["open_amount"] or Decimal(0)
    return total
