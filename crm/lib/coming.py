"""Stands where a screen is being built; gone when all are there."""

from django.http import Http404, HttpRequest, HttpResponse


def coming(request: HttpRequest, **kwargs: object) -> HttpResponse:
    raise Http404


class _SignedIn:
    public = False
    capability = ""


coming.access_rule = _SignedIn()  # type: ignore[attr-defined]
