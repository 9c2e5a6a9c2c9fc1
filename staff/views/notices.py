"""What the person was told, newest first."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.lib import htmx, keyset
from staff import access
from staff import notices as told
from staff.http import Request


@access.signed_in
@require_safe
def notices(request: Request) -> HttpResponse:
    """One's own notices; what is about records that one may not see any more is left out."""
    page = keyset.page(told.to(request.user), ("-created_at", "-pk"), request.GET)
    context = {
        "notices": [(row, told.wording(row)) for row in page.rows],
        "page": page,
        "has_unread": told.unread(request.user).exists(),
    }
    return render(request, "staff/notices.html", context)


@access.signed_in
@require_POST
def notice(request: Request, pk: int) -> HttpResponse:
    """Marks it read and goes where it leads."""
    row = get_object_or_404(told.to(request.user), pk=pk)
    told.mark_read(told.to(request.user).filter(pk=pk), timezone.now())
    return htmx.redirect(request, row.url or "staff:notices")


@access.signed_in
@require_POST
def reading(request: Request) -> HttpResponse:
    """Marks all of them read."""
    told.mark_read(told.to(request.user), timezone.now())
    return htmx.redirect(request, "staff:notices", toast=_("All read"))
