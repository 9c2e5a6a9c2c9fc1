"""The list of people at customers: what it may be narrowed and sorted by."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.lists import Filter, Kind, by_owner, owner_name
from accounts.models import Contact
from staff.models import User

# Whether they still work where they stand.
WORK = {"there": _("works there"), "left": _("has left")}


def _by_role(rows: QuerySet[Contact], value: str, user: User) -> QuerySet[Contact] | None:
    return rows.filter(decision_role=value) if value in Contact.Role.values else None


def _by_work(rows: QuerySet[Contact], value: str, user: User) -> QuerySet[Contact] | None:
    has_left = Q(left_on__lte=timezone.localdate())
    if value == "there":
        return rows.exclude(has_left)
    return rows.filter(has_left) if value == "left" else None


_FILTERS = (
    Filter("owner", _("Account owner"), by_owner("company__owner"), owner_name),
    Filter("role", _("Role in decisions"), _by_role, lambda value: Contact.Role(value).label),
    Filter("work", _("At the company"), _by_work, lambda value: WORK[value]),
)
CONTACTS = Kind(
    "contact",
    lambda user: Contact.objects.all().listed(user),
    {rule.key: rule for rule in _FILTERS},
)
