"""Timelines of companies and people, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.merging import absorbed
from accounts.models import Contact, Position
from staff import access, events
from staff.models import Event, User


def of_company(user: User, company_ids: Iterable[int]) -> QuerySet[Event]:
    """All that happened with the companies, newest first; each entry knows the deal it is about and its site."""
    rows = events.timeline(user, company=list(company_ids))
    deals = access.visible("deal", user).filter(pk=OuterRef("deal_id"))
    return rows.annotate(
        deal_name=Subquery(deals.values("name")[:1]), deal_site=Subquery(deals.values("site__name")[:1])
    )


def of_contact(user: User, contact: Contact) -> QuerySet[Event]:
    """What happened with the person at every company they worked for, and that this reader may see."""
    worked: Any = Position.objects.filter(contact=contact).visible_to(user).values_list("company", flat=True)
    rows = events.timeline(user, company=sorted({*worked, contact.company_id}))
    known_as = absorbed.ids(contact)
    touched = Q(subject_type="activity", data__contact__in=known_as)
    return rows.filter(Q(subject_type="contact", subject_id__in=known_as) | touched)
