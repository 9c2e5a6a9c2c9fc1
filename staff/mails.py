"""Mail: queued with the change that causes it, sent by a worker outside of any transaction."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from staff.models import Mail

log = structlog.get_logger(__name__)
GIVE_UP_AFTER = 8
_LEASE = timedelta(minutes=5)
_AT_ONCE = 50


def queue(*, to: str, topic: str, subject: str, body: str, url: str = "", reply_to: str = "") -> None:
    """One mail a topic; a second call with the same topic does nothing. `url` is for our own people, `reply_to` for others."""
    link = f"\n\n{settings.SITE_URL}{url}" if url and settings.SITE_URL else ""
    one_line = " ".join(subject.split())
    Mail.objects.bulk_create(
        [Mail(to=to, topic=topic[:160], subject=one_line[:160], body=f"{body}{link}", reply_to=reply_to)],
        ignore_conflicts=True,
    )


def send_queued() -> int:
    """Sends what waits, each claimed before; a crash in between repeats it with the same Message-ID. Returns how many."""
    sent = 0
    for mail in _claimed():
        try:
            _message(mail).send()
        except (
            Exception
        ) as failure:  # the mail server's ways to fail are many, and none of them may stop the others
            log.warning("mail not sent", mail=mail.pk, error=str(failure))
            Mail.objects.filter(pk=mail.pk).update(error=f"{type(failure).__name__}: {failure}"[:300])
            continue
        Mail.objects.filter(pk=mail.pk).update(sent_at=timezone.now(), leased_until=None, error="")
        sent += 1
    return sent


def _claimed() -> list[Mail]:
    now = timezone.now()
    waiting = Mail.objects.filter(
        Q(leased_until=None) | Q(leased_until__lt=now), sent_at=None, attempts__lt=GIVE_UP_AFTER
    )
    with transaction.atomic():
        mails = list(waiting.order_by("pk").select_for_update(skip_locked=True)[:_AT_ONCE])
        Mail.objects.filter(pk__in=[m.pk for m in mails]).update(
            leased_until=now + _LEASE, attempts=F("attempts") + 1
        )
    return mails


def _message(mail: Mail) -> EmailMessage:
    identity = (
        f"<enishi-{mail.pk}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].strip('>') or 'localhost'}>"
    )
    return EmailMessage(
        mail.subject, mail.body, to=[mail.to], headers={"Message-ID": identity},
        reply_to=[mail.reply_to] if mail.reply_to else None,
    )  # fmt: skip


def forget_sent() -> int:
    """Sent mails older than three months."""
    return Mail.objects.filter(sent_at__lt=timezone.now() - timedelta(days=92)).delete()[0]
