"""Which of our people spoke with whom at a customer: what the account pages count."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, QuerySet
from django.db.models.functions import Coalesce

from accounts.touches import Touch
from activities.models import CONTACT_KINDS, Activity
from crm.lib.kept import kept
from staff.models import User
from staff.readers import Reader


def of_companies(user: User, companies: list[int], since: datetime) -> Iterable[Touch]:
    """Calls, mails and meetings that reached somebody, by person and place; the deal says the place before the contact."""
    if len(companies) == 1:
        rows: Iterable[Any] = _of_company(Reader.of(user), company=companies[0], since=since)
    else:
        rows = _counted(Activity.objects.visible_to(user).filter(company__in=companies, at__gte=since))
    return [Touch(*row) for row in rows]


@kept
def _of_company(reader: Reader, *, company: int, since: datetime) -> QuerySet[Any]:
    return _counted(Activity.objects.visible_to(reader.user).filter(company=company, at__gte=since))


def _counted(done: QuerySet[Activity]) -> QuerySet[Any]:
    rows = done.filter(reached=True, kind__in=CONTACT_KINDS).order_by()
    place = Coalesce("deal__division", "contact__division"), Coalesce("deal__site", "contact__site")
    return rows.values_list("contact", "by__family_name", *place).annotate(n=Count("pk"), last=Max("at"))
