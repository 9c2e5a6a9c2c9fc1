"""Which of our people spoke with whom at a customer: what the account pages count."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Max
from django.db.models.functions import Coalesce

from accounts.touches import Touch
from activities.models import CONTACT_KINDS, Activity
from staff.models import User


def of_companies(user: User, companies: list[int], since: datetime) -> Iterable[Touch]:
    """Calls, mails and meetings that reached somebody, by person and place; the deal says the place before the contact."""
    done = Activity.objects.visible_to(user).filter(
        company__in=companies, at__gte=since, reached=True, kind__in=CONTACT_KINDS
    )
    rows = done.order_by().values_list(
        "contact",
        "by__family_name",
        Coalesce("deal__division", "contact__division"),
        Coalesce("deal__site", "contact__site"),
    )
    return [Touch(*row) for row in rows.annotate(n=Count("pk"), last=Max("at"))]
