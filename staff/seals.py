"""The operation log made tamper-evident: batches of events sealed by a hash over their rows and the seal before, signed.

Rows commit out of order, so nothing is sealed while another transaction is writing events.
"""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.db import connection, transaction

from staff.models import Seal

BATCH = 5000
SETTLE_SECONDS = 5


def key() -> bytes:
    """The log's own key, derived from the root secret: another purpose never shares it."""
    return hashlib.sha256(b"enishi operation log\0" + settings.SECRET_KEY.encode()).digest()


def seal_new() -> int:
    """Seals what has been committed since the last seal. Returns how many events."""
    sealed = 0
    while count := _seal_batch():
        sealed += count
    return sealed


@transaction.atomic
def _seal_batch() -> int:
    with connection.cursor() as cursor:
        # One sealer at a time; a second one finds nothing to do.
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('seal the operation log'))")
        if not cursor.fetchone()[0]:
            return 0
        last = Seal.objects.order_by("-last_id").first()
        first_id = last.last_id + 1 if last else 1
        cursor.execute(
            "SELECT max(id) FROM (SELECT id FROM staff_event WHERE id >= %s AND recorded_at < now() - make_interval(secs => %s)"
            " ORDER BY id LIMIT %s) AS batch",
            [first_id, SETTLE_SECONDS, BATCH],
        )
        last_id = _below_running(cursor, first_id, cursor.fetchone()[0])
        if last_id is None:
            return 0
        count, digest = _digest(cursor, first_id, last_id, last.digest if last else "")
    if not count:
        return 0
    Seal.objects.create(
        first_id=first_id, last_id=last_id, count=count, digest=digest, signature=_sign(digest)
    )
    return count


def _below_running(cursor, first_id: int, last_id: int | None) -> int | None:  # type: ignore[no-untyped-def]
    """The last id before which every row of the range is committed: a running transaction may hold a lower id."""
    if last_id is None:
        return None
    cursor.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted"
        " AND relation = 'staff_event'::regclass AND pid <> pg_backend_pid()"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return None if cursor.fetchone()[0] else last_id


def _digest(cursor, first_id: int, last_id: int, previous: str) -> tuple[int, str]:  # type: ignore[no-untyped-def]
    cursor.execute(
        "SELECT encode(sha256(convert_to(e::text, 'UTF8')), 'hex') FROM staff_event e"
        " WHERE e.id BETWEEN %s AND %s ORDER BY e.id",
        [first_id, last_id],
    )
    running = hashlib.sha256(previous.encode())
    count = 0
    for (row,) in cursor.fetchall():
        running.update(row.encode())
        count += 1
    return count, running.hexdigest()


def _sign(digest: str) -> str:
    return hmac.new(key(), digest.encode(), hashlib.sha256).hexdigest()


def verify(newest: int | None = None) -> list[str]:
    """What does not fit: changed, missing or added events, forged seals. Empty when the log is whole.

    With `newest` only the seals of about so many last events are checked, from the seal before them on.
    """
    problems, previous, expected_first = [], "", 1
    seals = Seal.objects.order_by("last_id")
    if newest is not None:
        last = seals.last()
        before = seals.filter(last_id__lte=last.last_id - newest).last() if last else None
        if before is not None:
            seals = seals.filter(last_id__gt=before.last_id)
            previous, expected_first = before.digest, before.last_id + 1
    with connection.cursor() as cursor:
        for seal in seals.iterator():
            count, digest = _digest(cursor, seal.first_id, seal.last_id, previous)
            if seal.first_id != expected_first:
                problems.append(f"events {expected_first}–{seal.first_id - 1} are not sealed")
            if (count, digest) != (seal.count, seal.digest):
                problems.append(
                    f"events {seal.first_id}–{seal.last_id} are not what was sealed ({count} of {seal.count})"
                )
            elif not hmac.compare_digest(seal.signature, _sign(digest)):
                problems.append(f"the seal of events {seal.first_id}–{seal.last_id} has a wrong signature")
            previous, expected_first = seal.digest, seal.last_id + 1
    return problems
