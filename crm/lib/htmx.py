"""Answering a form: the fragment for htmx, a redirect for a plain browser, and the toast in both."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect as plain_redirect
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string


def answer(
    request: HttpRequest,
    fragment: str,
    context: dict[str, Any],
    *,
    page: Any = None,
    full: str = "",
    status: int = 0,
    toast: str = "",
    undo: str = "",
    tell: str = "",
) -> HttpResponse:
    """What a POST answers.

    With htmx: `fragment`, 422 when a form in the context has errors (so that the same file shows them), and the toast
    besides. Without: on success a redirect to `page` (an object with get_absolute_url, a URL, or a URL name) that shows
    the toast there; on errors the page `full` (or, without one, the fragment in a bare page) with 422. `undo` is the
    URL that takes it back by POST. `tell` names an event for the body of the page: what else there shows the same
    thing asks for itself again (`hx-trigger="… from:body"`).
    """
    refused = status >= 400 or any(getattr(value, "errors", None) for value in context.values())
    status = status or (422 if refused else 200)
    if getattr(request, "htmx", False):
        body = str(render_to_string(fragment, context, request))
        if toast:
            body += toast_html(request, toast, undo)
        response = HttpResponse(body, status=status)
        if tell and not refused:
            response["HX-Trigger"] = json.dumps({tell: {"target": "body"}})
        return response
    if refused:
        return render(
            request, full or "components/bare.html", {**context, "fragment": fragment}, status=status
        )
    return redirect(request, page if page is not None else request.path, toast=toast, undo=undo)


def piece(request: HttpRequest, fragment: str, context: dict[str, Any]) -> HttpResponse:
    """A piece of a page that is asked for by itself: bare for htmx, on a page of its own without."""
    if getattr(request, "htmx", False):
        return render(request, fragment, context)
    return render(request, "components/bare.html", {**context, "fragment": fragment})


def redirect(request: HttpRequest, to: Any, *, toast: str = "", undo: str = "") -> HttpResponse:
    """Sends the browser to another page, which shows the toast: HX-Redirect for htmx, 302 otherwise."""
    if toast:
        messages.success(request, toast, extra_tags=undo)
    url = resolve_url(to)
    if getattr(request, "htmx", False):
        response = HttpResponse(status=200)
        response["HX-Redirect"] = url
        return response
    return plain_redirect(url)


def refresh(request: HttpRequest, *, toast: str = "", undo: str = "") -> HttpResponse:
    """The page one is on shows itself anew, where one has scrolled to, with the toast."""
    if toast:
        messages.success(request, toast, extra_tags=undo)
    response = HttpResponse(status=200)
    response["HX-Refresh"] = "true"
    return response


def page_of(request: HttpRequest, otherwise: str = "") -> str:
    """Where on our site the request was made from, else the path of `otherwise`: never another site, whatever is sent."""
    address = request.headers.get("HX-Current-URL") or otherwise
    # Two slashes at the beginning would name another host.
    return "/" + address.split("://", 1)[-1].partition("/")[2].lstrip("/\\")


def toast_html(request: HttpRequest, text: str, undo: str = "") -> str:
    """The toast as an out-of-band piece of an htmx answer."""
    return render_to_string("components/_toast.html", {"text": text, "undo": undo, "oob": True}, request)
