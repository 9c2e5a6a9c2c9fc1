"""ごみ箱: what was removed, and what comes back."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import bin as domain
from accounts.models import Removal
from crm.lib import htmx, keyset
from staff import access, versions
from staff.access import get_for
from staff.http import Request
from staff.once import once

# Where one goes on when the record that one looked at is gone.
_LISTS = {
    "company": "accounts:companies",
    "contact": "accounts:contacts",
    "deal": "pipeline:board",
    "lead": "leads:leads",
}


@access.requires("sell")
@require_GET
def bin(request: Request) -> HttpResponse:
    """What is in the bin, the newest first, with what hangs on it."""
    return _bin(request)


@access.requires("sell")
@once
@require_POST
def removal(request: Request, kind: str, pk: int) -> HttpResponse:
    """Puts a record into the bin; the toast brings it back."""
    try:
        about = domain.named(kind)
    except LookupError as unknown:
        raise Http404 from unknown
    record: Any = get_for(request.user, about.model._default_manager.all(), pk, to="remove")
    seen = request.POST.get("seen", "")
    try:
        made = domain.remove(
            record, by=request.user, seen=int(seen) if seen.isdecimal() and len(seen) < 10 else None
        )
    except domain.Refused as refusal:
        return _bin(request, str(refusal), 409, record)
    except versions.Stale:
        reason = _("Somebody has changed this meanwhile. Look at it once more, then save again.")
        return _bin(request, reason, 409, record)
    to = reverse(_LISTS[kind]) if kind in _LISTS else record.company.get_absolute_url()
    undo = reverse("accounts:restoration", args=[made.pk])
    return htmx.redirect(request, to, toast=_("%(name)s is in the bin") % {"name": made.name}, undo=undo)


@access.requires("sell")
@once
@require_POST
def restoration(request: Request, pk: int) -> HttpResponse:
    """Brings a record back with what had gone along."""
    made = get_for(request.user, Removal.objects.all(), pk, to="restore")
    try:
        record = domain.restore(made, by=request.user)
    except domain.Refused as refusal:
        return _bin(request, str(refusal), 409)
    to = record if hasattr(record, "get_absolute_url") else record.company
    return htmx.redirect(request, to, toast=_("Restored %(name)s") % {"name": made.name})


def _bin(request: Request, reason: str = "", status: int = 200, record: Any = None) -> HttpResponse:
    listing = domain.listing(request.user, request.GET)
    page = keyset.page(listing.rows.defer("changes"), ("-pk",), request.GET)
    shown = [(one, domain.named(one.kind).label, domain.moved_words(one)) for one in page.rows]
    back = record.get_absolute_url() if hasattr(record, "get_absolute_url") else ""
    context = {
        "page": page,
        "shown": shown,
        "listing": listing,
        "kinds": domain.kinds(),
        "refusal": reason,
        "record": record,
        "back": back,
    }
    return render(request, "accounts/bin.html", context, status=status)
