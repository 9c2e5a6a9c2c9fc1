"""The addresses of merged records keep working."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from accounts.merging import absorbed
from crm.lib import htmx
from staff.access import get_for
from staff.http import Request


def on_to_survivor(request: Request, record: Any) -> HttpResponse:
    """The address of a merged record leads to the one it lives on in, for whoever may see that one."""
    lives_on = absorbed.survivor(record)
    get_for(request.user, type(record).objects.all(), lives_on.pk, to="see")
    return htmx.redirect(request, lives_on)
