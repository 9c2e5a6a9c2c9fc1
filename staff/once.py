"""The same form sent twice answers the same, and does it once: a double click, a retry, a reload."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone

from crm.lib import htmx
from staff.http import Request
from staff.models import Submission

KEPT = timedelta(days=40)


def once(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wraps a POST view in a transaction that also holds the form's key. Refusals (4xx) keep no key: one may correct them."""

    @wraps(view)
    def wrapper(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        key = _key_of(request)
        if key is None or request.method != "POST":
            with transaction.atomic():
                return _rolled_back_when_refused(view(request, *args, **kwargs))
        with transaction.atomic():
            if not _claim(key, request):
                return _same_answer(key, request)
            response = _rolled_back_when_refused(view(request, *args, **kwargs))
            if response.status_code < 400:
                target = (
                    response.headers.get("HX-Redirect")
                    or response.headers.get("Location")
                    or _page_of(request)
                )
                Submission.objects.filter(pk=key).update(status=response.status_code, target=target[:300])
            return response

    return wrapper


def _key_of(request: Request) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get("once", ""))
    except ValueError:
        return None


def _claim(key: uuid.UUID, request: Request) -> bool:
    """True for the first; a second one waits here until the first has committed or rolled back."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [key, request.user.pk, request.path[:200], timezone.now()])
        return cursor.rowcount == 1


# One statement, and no savepoint around it: every POST that creates or moves something pays for it.
_CLAIM = """
    INSERT INTO staff_submission (key, user_id, path, status, target, at) VALUES (%s, %s, %s, 0, '', %s)
    ON CONFLICT (key) DO NOTHING
"""


def _same_answer(key: uuid.UUID, request: Request) -> HttpResponse:
    first = Submission.objects.filter(pk=key, user=request.user).first()
    return htmx.redirect(request, first.target if first and first.target else _page_of(request))


def _page_of(request: Request) -> str:
    return htmx.page_of(request, request.headers.get("Referer", ""))


def _rolled_back_when_refused(response: HttpResponse) -> HttpResponse:
    if response.status_code >= 400:
        transaction.set_rollback(True)
    return response


def forget_old() -> int:
    """Keys that no phone sends any more: what was logged offline is kept there for a month."""
    return Submission.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
