"""What a deal has to know of the people at the customer: whether its contact is still where the deal is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_noop

from accounts import positions
from accounts.models import Contact, Position
from pipeline.deal_events import DealEvent
from pipeline.models import Deal
from staff import events, notices
from staff.models import Event, User


def is_gone(deal: Deal, today: date) -> bool:
    """Whether the contact of an open deal works elsewhere now: left, at another company, or moved from the deal's site."""
    contact = deal.contact
    if not deal.is_open or contact is None:
        return False
    if contact.company_id != deal.company_id or contact.has_left(today):
        return True
    moved_since = contact.since_on is not None and contact.since_on >= deal.created_at.date()
    return bool(moved_since and deal.site_id and contact.site_id != deal.site_id)


@dataclass(frozen=True)
class Gap:
    """The contact of the deal works elsewhere; who may take their place, likeliest first, the chosen successor before all."""

    contact: Contact
    heirs: list[Contact]


def gap(deal: Deal, today: date) -> Gap | None:
    """What the deal's page says about a contact who is gone; None while they are there."""
    if not is_gone(deal, today) or deal.contact is None:
        return None
    held = Position.objects.filter(contact=deal.contact, company=deal.company_id, until_on__isnull=False)
    last = held.select_related("successor").first()
    there = Contact(pk=deal.contact_id, company_id=deal.company_id)
    if last:
        there.site_id, there.division_id = last.site_id, last.division_id
        there.department, there.decision_role = last.department, last.decision_role
    heirs = positions.successors(there, today)
    chosen = last.successor if last else None
    if chosen and chosen.company_id == deal.company_id and not chosen.has_left(today):
        heirs = [chosen, *(heir for heir in heirs if heir.pk != chosen.pk)]
    return Gap(deal.contact, heirs[:5])


@transaction.atomic
def contact_left(event: Event) -> None:
    """Subscriber: the contact of these open deals moves or leaves. It stands on each timeline, and its owner is told."""
    contact = Contact.objects.filter(pk=event.subject_id).first()
    company = event.data.get("from_company")
    if contact is None or company is None:
        return
    deals = Deal.objects.open().filter(contact=contact, company=company).select_related("owner", "company")
    system = User.objects.system()
    for deal in deals.order_by("pk"):
        named = {"name": event.data.get("name", ""), "on": event.data.get("on", "")}
        heir = event.data.get("successor_name", "")
        events.record(DealEvent.CONTACT_LEFT, deal, by=system, successor=heir, **named)
        notices.tell(
            [deal.owner], topic=f"contact {contact.pk} of deal {deal.pk}, {event.pk}", kind="contact",
            text=gettext_noop("%(name)s has a new position. Who is the contact of %(deal)s now?"),
            url=deal.get_absolute_url(), about=deal, name=named["name"], deal=deal.name,
        )  # fmt: skip
