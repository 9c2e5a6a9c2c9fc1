"""Telling people something once, in the app, each in their own language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from staff import access
from staff.models import Notification, User

KINDS = ("company", "deal", "lead")


def tell(people: Iterable[User], **told: Any) -> None:
    """Stores what `build` makes of it: one notification a person and topic; the same topic again does nothing."""
    store(build(people, **told))


def build(
    people: Iterable[User],
    *,
    topic: str,
    kind: str,
    text: str,
    url: str,
    about: Model | None = None,
    **data: Any,
) -> list[Notification]:
    """One notification for each person, not stored, for callers that tell of many things at once.

    `text` is a message id with named placeholders (marked by gettext_noop), filled from `data` when it is read. With
    `about` (a company, deal or lead) whoever may no longer see that record no longer sees the notice.
    """
    return [
        Notification(
            user=person,
            topic=topic,
            kind=kind,
            title=text,
            url=url,
            data=data,
            subject_type=about._meta.model_name or "" if about else "",
            subject_id=about.pk if about else None,
        )
        for person in {p.pk: p for p in people}.values()
    ]


def store(notifications: list[Notification]) -> None:
    """Those that the person has not been told yet, in one statement."""
    Notification.objects.bulk_create(notifications, ignore_conflicts=True)


def wording(notification: Notification) -> str:
    """The sentence in the reader's language; `words` in the data are texts that are translated, too, one after the other."""
    values = dict(notification.data)
    for name, text in values.get("words", {}).items():
        values[name] = _(text) % values
    return _(notification.title) % values


def to(user: User) -> QuerySet[Notification]:
    """What the person was told, without what is about records that they may not see now."""
    about = Q(subject_id=None)
    for kind in KINDS:
        record = access.visible(kind, user).filter(pk=OuterRef("subject_id")).order_by()
        about |= Q(Exists(record), subject_type=kind)
    return Notification.objects.filter(about, user=user)


def unread(user: User) -> QuerySet[Notification]:
    return to(user).filter(read_at=None)


@transaction.atomic
def mark_read(notices: QuerySet[Notification], now: datetime) -> int:
    """Marks those that are not read yet. Returns how many. No event: what somebody has read is their own affair."""
    return Notification.objects.filter(pk__in=notices.filter(read_at=None).values("pk")).update(read_at=now)
