"""Error pages: a whole page for a person, a small note for a swapped fragment."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400, _("This address or form was not understood."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403, str(exception) or _("You may not do this."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404, _("This page does not exist, or you may not see it."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(
        request,
        403,
        _("The form had expired. Reload the page and send it again; what you typed is still there."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=500)
    return render(request, "500.html", status=500)


def _page(request: HttpRequest, status: int, reason: str) -> HttpResponse:
    fragment = request.headers.get("HX-Request")
    template = "components/_refusal.html" if fragment else f"{status}.html"
    context: dict[str, Any] = {"reason": reason, "status": status}
    return render(request, template, context, status=status)
