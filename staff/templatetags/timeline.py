from collections.abc import Iterable
from typing import Any

from django import template

from crm.lib.keyset import Page
from staff import wording
from staff.models import Event

register = template.Library()


@register.inclusion_tag("components/_timeline.html", takes_context=True)
def timeline(context: Any, events: Iterable[Event]) -> dict[str, Any]:
    """A timeline of events, newest first, each worded for the reader (`{% load timeline %}{% timeline events %}`).

    A page of `staff.events.page_of` ends in a link to what came before, which htmx puts below.
    """
    more = events.after if isinstance(events, Page) else ""
    return {"entries": wording.lines(events), "more": more, "path": context["request"].path}
