"""A template as a mail to the customer: queued with its activity, sent by a worker, answered to the owner."""

from __future__ import annotations

from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from activities import log
from activities.models import Activity, ActivityKind
from activities.texts import offering
from activities.texts.models import TextVersion
from pipeline.models import Deal
from staff import mails
from staff.models import User


class NoAddress(ValueError):
    """Nobody knows where the mail should go."""


def send(version: TextVersion, record: Any, *, by: User, origin: str) -> Activity:
    """Queues the mail to the person of the deal or lead and writes it down; a second call with the same `origin` sends none.

    What the system sends by itself is no contact: it stops no clock and answers no stall.
    """
    to = address_of(record)
    # Customers read Japanese, whoever's settings set it off.
    with translation.override("ja"):
        subject, body = offering.filled(version, record, record.owner, timezone.localdate())
    mails.queue(to=to, topic=origin, subject=subject, body=body, reply_to=record.owner.email)
    about = {"deal": record} if isinstance(record, Deal) else {"lead": record}
    return log.log_activity(
        ActivityKind.MAIL, by=by, body=f"{subject}\n\n{body}", reached=not by.is_system, text=version, **about
    )


def address_of(record: Any) -> str:
    """The mail address of the deal's person, or the lead's. Raises NoAddress."""
    if isinstance(record, Deal):
        contact = record.contact
        gone = contact is not None and contact.has_left(timezone.localdate())
        address = contact.email if contact is not None and not gone else ""
    else:
        address = record.email
    if not address:
        raise NoAddress(_("There is no mail address."))
    return str(address)
