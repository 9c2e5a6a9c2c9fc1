"""The outbox: who wants to hear of what, and doing it exactly once in the database."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from datetime import timedelta

import pghistory
import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from staff import bulk
from staff.models import Delivery, Event

Handler = Callable[[Event], None]
log = structlog.get_logger(__name__)

_BY_KIND: dict[str, list[str]] = {}
_HANDLERS: dict[str, Handler] = {}
GIVE_UP_AFTER = 12


def subscribe(subscriptions: dict[str, list[Handler]]) -> None:
    """Called once at start with the table of `crm/subscriptions.py`."""
    for kind, handlers in subscriptions.items():
        for handler in handlers:
            name = _name(handler)
            _HANDLERS[name] = handler
            _BY_KIND.setdefault(kind, []).append(name)


def _name(handler: Handler) -> str:
    return f"{handler.__module__}.{handler.__qualname__}"


def queue_alone(event: Event, handler: Handler) -> None:
    """For a subscriber that failed with one of many: this one is tried by itself, and does not hold the others up."""
    Delivery.objects.get_or_create(event_id=event.pk, subscriber=_name(handler))


def queue(events: Iterable[Event]) -> None:
    """One row per event and subscriber, in the transaction of the events; a trigger wakes the relay at commit."""
    rows = ((event.pk, name) for event in events for name in _BY_KIND.get(event.kind, ()))
    bulk.store(Delivery, ["event_id", "subscriber"], rows)


def deliver(delivery_id: int) -> bool:
    """Runs the handler and marks the row done, in one transaction. False when it was done, taken, or failed."""
    try:
        with transaction.atomic():
            row = (
                Delivery.objects.select_for_update(skip_locked=True)
                .filter(pk=delivery_id, done_at=None)
                .first()
            )
            if row is None:
                return False
            event = Event.objects.get(pk=row.event_id)
            with pghistory.context(user=event.actor_id, handler=row.subscriber):
                _HANDLERS[row.subscriber](event)
            Delivery.objects.filter(pk=row.pk).update(done_at=timezone.now(), attempts=F("attempts") + 1)
        return True
    except Exception:
        # The work is rolled back; the row remembers why, and tries again later and later.
        log.exception("delivery failed", delivery=delivery_id)
        _remember_failure(delivery_id, traceback.format_exc(limit=8))
        return False


def _remember_failure(delivery_id: int, error: str) -> None:
    row = Delivery.objects.filter(pk=delivery_id, done_at=None).first()
    if row is None:
        return
    attempts = row.attempts + 1
    wait = (
        timedelta(days=3650) if attempts >= GIVE_UP_AFTER else timedelta(seconds=min(3600, 5 * 2**attempts))
    )
    Delivery.objects.filter(pk=row.pk).update(
        attempts=attempts, error=error, due_at=timezone.now() + wait, leased_until=None
    )


def forget_done() -> int:
    """Done rows older than a week; the events stay for good."""
    return Delivery.objects.filter(done_at__lt=timezone.now() - timedelta(days=7)).delete()[0]
