"""The button that takes a list out."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

from integrations import exports

register = template.Library()

FORMATS = (("xlsx", "Excel"), ("csv", "CSV (UTF-8)"), ("cp932", "CSV (Shift_JIS)"))


@register.inclusion_tag("integrations/_export.html", takes_context=True)
def export_button(context: Any, *names: str) -> dict[str, Any]:
    """A menu of formats for whoever may take the lists out, with the filters of the page; for others nothing."""
    request = context["request"]
    query = request.GET.copy()
    for key in ("after", "before", "format", "fields"):
        query.pop(key, None)
    lists: list[tuple[str, str, str]] = []
    for name in names:
        if exports.may(request.user, name):
            lists += _ways(name)
    return {"name": names[0], "lists": lists, "formats": FORMATS, "query": query.urlencode()}


def _ways(name: str) -> list[tuple[str, str, str]]:
    """The list, what the menu calls it, and which of its fields: those that the list shows, or all."""
    export = exports.EXPORTS[name]
    if not export.shown:
        return [(name, str(export.label), "")]
    return [
        (name, _("%(list)s, columns as shown") % {"list": export.label}, "shown"),
        (name, _("%(list)s, all fields") % {"list": export.label}, ""),
    ]
