from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.translation import gettext as _

from crm.lib.keyset import Page
from staff import wording
from staff.models import Event

register = template.Library()


@register.inclusion_tag("components/_timeline.html", takes_context=True)
def timeline(context: Any, events: Iterable[Event]) -> dict[str, Any]:
    """A timeline of events, newest first, each worded for the reader (`{% load timeline %}{% timeline events %}`).

    A page of `staff.events.page_of` ends in a link to what came before, which htmx puts below.
    """
    request = context["request"]
    return {
        "entries": wording.lines(events),
        "more": events.after if isinstance(events, Page) else "",
        "request": request,
        "is_narrowed": bool(request.GET.get("show")),
    }


@register.inclusion_tag("components/_timeline_show.html", takes_context=True)
def timeline_show(context: Any, oob: bool = False) -> dict[str, Any]:
    """Which of a timeline is shown: all of it, what was said, or what changed (`?show=` of `staff.events.page_of`)."""
    request = context["request"]
    names = {"": _("Everything"), "activities": _("Activities"), "changes": _("Changes")}
    shown = request.GET.get("show", "")
    ways = [(way or None, name, way == (shown if shown in names else "")) for way, name in names.items()]
    return {"ways": ways, "request": request, "oob": oob}
