"""Error pages: a whole page for a person, a small note for a swapped fragment."""

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400, _("This address or form was not understood."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403, str(exception) or _("You may not do this."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404, _("This page does not exist, or you may not see it."))


def nowhere(request: HttpRequest) -> HttpResponse:
    """For an address of a library that does not belong here."""
    raise Http404


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    why = _("The form had expired. Reload the page and send it again; what you typed is still there.")
    return _page(request, 403, why, page="403_csrf.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when it was the database that did not answer. Rendered without a request: who asks is in the database."""
    status = 503 if isinstance(sys.exc_info()[1], OperationalError | InterfaceError) else 500
    if request.headers.get("HX-Request"):
        return HttpResponse(status=status)
    response = HttpResponse(render_to_string(f"{status}.html"), status=status)
    if status == 503:
        response["Retry-After"] = "30"
    return response


def _page(request: HttpRequest, status: int, reason: str, page: str = "") -> HttpResponse:
    fragment = request.headers.get("HX-Request")
    template = "components/_refusal.html" if fragment else page or f"{status}.html"
    context: dict[str, Any] = {"reason": reason, "status": status}
    return render(request, template, context, status=status)
