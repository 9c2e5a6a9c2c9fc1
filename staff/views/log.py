"""Who changed what, and when: the operation log, for administrators."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from crm.lib import htmx, keyset
from staff import access, log, row_history, seals
from staff.http import Request
from staff.models import Event, Seal, User

NEWEST = ("-happened_at", "-pk")
# What a click checks while one waits; `manage.py verify_audit` checks all.
CHECKED = 200_000


@access.requires("read the log")
@require_safe
def operation_log(request: Request) -> HttpResponse:
    """Newest first, to the second, narrowed by person, action, days, or to what needs attention."""
    rows, used = log.narrowed(request.GET)
    page = keyset.page(rows, NEWEST, request.GET)
    context = {
        "entries": log.entries(request.user, page.rows),
        "page": page,
        "used": used,
        "people": User.objects.visible_to(request.user).filter(is_system=False),
        "actions": log.ACTIONS,
        "seal": Seal.objects.last(),
    }
    return render(request, "staff/log.html", context)


@access.requires("read the log")
@require_safe
def event(request: Request, pk: int) -> HttpResponse:
    """One line of the log and the exact rows that its request wrote."""
    found = get_object_or_404(Event, pk=pk)
    context = {
        "entry": log.entries(request.user, [found])[0],
        "rows": row_history.of_request(found.request_id),
    }
    return render(request, "staff/_event.html" if request.htmx else "staff/event.html", context)


@access.requires("read the log")
@require_POST
def check(request: Request) -> HttpResponse:
    """Whether the newest part of the log is what was sealed."""
    context = {"problems": seals.verify(newest=CHECKED), "seal": Seal.objects.last(), "is_checked": True}
    return htmx.piece(request, "staff/_log_seal.html", context)
