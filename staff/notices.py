"""Telling people something once, in the app, each in their own language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from staff.models import Notification, User


def tell(people: Iterable[User], *, topic: str, kind: str, text: str, url: str, **data: Any) -> None:
    """One notification a person and topic; a second call with the same topic does nothing.

    `text` is a message id with named placeholders (marked by gettext_noop), filled from `data` when it is read.
    """
    Notification.objects.bulk_create(
        [
            Notification(user=p, topic=topic, kind=kind, title=text, url=url, data=data)
            for p in {p.pk: p for p in people}.values()
        ],
        ignore_conflicts=True,
    )


def wording(notification: Notification) -> str:
    """The sentence in the reader's language."""
    return _(notification.title) % notification.data
