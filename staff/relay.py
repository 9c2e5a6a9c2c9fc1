"""From committed rows to the workers: the relay listens, hands ids to the broker, and sweeps what a crash left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import psycopg
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from staff import deliveries
from staff.models import Delivery

log = structlog.get_logger(__name__)
CHANNEL = "enishi_deliveries"
LEASE = timedelta(seconds=60)
SWEEP_SECONDS = 15
BATCH = 200


def run(send: Callable[[int], None], *, keep_going: Callable[[], bool] = lambda: True) -> None:
    """Until told to stop: hand over what is due whenever a transaction says so, and every 15 s in any case."""
    listener: psycopg.Connection | None = None
    while keep_going():
        try:
            listener = listener or _listen()
            while hand_over(send) == BATCH and keep_going():
                pass
            for _ in listener.notifies(timeout=SWEEP_SECONDS, stop_after=1):
                pass
        except Exception:
            log.exception("relay starts over")
            connection.close()
            listener = None
            _pause()


def hand_over(send: Callable[[int], None]) -> int:
    """Leases due rows, oldest first, and sends their ids. A row whose sending fails is due again at once."""
    ids = lease(BATCH)
    for n, pk in enumerate(ids):
        try:
            send(pk)
        except Exception as broken:
            log.warning("broker does not take work", error=str(broken), waiting=len(ids) - n)
            Delivery.objects.filter(pk__in=ids[n:]).update(leased_until=None)
            _pause()
            return 0
    return len(ids)


def lease(limit: int) -> list[int]:
    now = timezone.now()
    with transaction.atomic():
        due = Delivery.objects.filter(
            Q(leased_until=None) | Q(leased_until__lt=now), done_at=None, due_at__lte=now
        )
        ids = list(
            due.order_by("due_at", "pk")
            .select_for_update(skip_locked=True)
            .values_list("pk", flat=True)[:limit]
        )
        Delivery.objects.filter(pk__in=ids).update(leased_until=now + LEASE)
    return ids


def drain(limit: int = 10_000) -> int:
    """For tests and the sample company: does everything that is due, here and now. Returns how many were done."""
    done = 0
    while done < limit:
        ids = list(
            Delivery.objects.filter(done_at=None, due_at__lte=timezone.now())
            .order_by("pk")
            .values_list("pk", flat=True)[:BATCH]
        )
        progressed = sum(deliveries.deliver(pk) for pk in ids)
        if not progressed:
            break
        done += progressed
    return done


def _listen() -> psycopg.Connection:
    """A direct connection of our own: LISTEN does not survive a transaction-mode pooler."""
    if settings.DATABASE_DIRECT_URL:
        listener = psycopg.connect(settings.DATABASE_DIRECT_URL, autocommit=True)
    else:
        connection.ensure_connection()
        params = connection.get_connection_params()
        params.pop("cursor_factory", None)
        params.pop("context", None)
        listener = psycopg.connect(**params, autocommit=True)
    listener.execute(f"LISTEN {CHANNEL}")
    return listener


def _pause() -> None:
    import time

    time.sleep(1)
