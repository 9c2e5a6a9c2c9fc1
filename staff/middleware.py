"""What happens around every request: its id and address, the reader's language, the rule of the URL, who writes."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Callable
from typing import Any

import pghistory
import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from crm.lib import htmx, prepared
from staff import access, roles
from staff.current import Current, current

Next = Callable[[HttpRequest], HttpResponse]


class RequestContext:
    """Gives each request an id and the address it came from, for the log."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = str(uuid.uuid4())
        token = current.set(Current(request_id, client_address(request)))
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
        finally:
            current.reset(token)
            structlog.contextvars.unbind_contextvars("request_id")
        response["X-Request-Id"] = request_id
        return response


def client_address(request: HttpRequest) -> str | None:
    """The address of the client: of the connection, or what the trusted proxies before us say, and no other header."""
    hops = [h.strip() for h in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if h.strip()]
    trusted = settings.TRUSTED_PROXY_COUNT
    address = hops[-trusted] if trusted and len(hops) >= trusted else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None


class Preferences:
    """The signed-in person's language; before that the browser's, Japanese first."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            language = request.user.language
        else:
            wanted = request.COOKIES.get("language") or translation.get_language_from_request(request)
            language = "en" if wanted.startswith("en") else "ja"
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class Access:
    """Enforces the rule that the view declares."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        rule = access.rule_of(view, match.view_name if match else "")
        if rule is None:
            raise PermissionDenied
        if rule.public:
            return None
        if not request.user.is_authenticated:
            return self._to_login(request)
        if rule.capability and not roles.can(request.user, rule.capability):
            raise PermissionDenied(_("Your role does not include this. An administrator can grant it."))
        return None

    def _to_login(self, request: HttpRequest) -> HttpResponse:
        """And from there back to the page one was on, where the device has kept what was typed; a form has no page."""
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=401)
            response["HX-Redirect"] = redirect_to_login(htmx.page_of(request)).url
            return response
        reading = request.method in ("GET", "HEAD")
        page = (
            request.get_full_path() if reading else htmx.page_of(request, request.headers.get("Referer", ""))
        )
        return redirect_to_login(page)


class RowHistory:
    """Attaches person and request to every row that the database's history triggers write."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD") or not request.user.is_authenticated:
            return self.get_response(request)
        with pghistory.context(user=request.user.pk, request=current.get().request_id, path=request.path):
            return self.get_response(request)


class KeptPlans:
    """Lets the database keep its plans for the statements of requests that only read."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with prepared.plans():
            return self.get_response(request)
