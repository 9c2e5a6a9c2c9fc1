"""The request as our views get it: the access rule has made sure that somebody is signed in."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from staff.models import User


class Request(HttpRequest):
    """For annotations only."""

    user: User  # type: ignore[assignment]
    htmx: HtmxDetails
    LANGUAGE_CODE: str
