"""The button that takes a list out."""

from __future__ import annotations

from typing import Any

from django import template

from integrations import exports

register = template.Library()


@register.inclusion_tag("integrations/_export.html", takes_context=True)
def export_button(context: Any, *names: str) -> dict[str, Any]:
    """A menu of formats for whoever may take the lists out, with the filters of the page; for others nothing."""
    request = context["request"]
    query = request.GET.copy()
    for key in ("after", "before", "format"):
        query.pop(key, None)
    lists = [(name, exports.EXPORTS[name].label) for name in names if exports.may(request.user, name)]
    return {"name": names[0], "lists": lists, "query": query.urlencode()}
