from collections.abc import Iterable
from typing import Any

from django import template

from staff import wording
from staff.models import Event

register = template.Library()


@register.inclusion_tag("components/_timeline.html")
def timeline(events: Iterable[Event]) -> dict[str, Any]:
    """A timeline of events, newest first, each worded for the reader (`{% load timeline %}{% timeline events %}`)."""
    return {"entries": wording.lines(events)}
