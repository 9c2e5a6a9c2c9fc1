"""The fields of the company's own on the page of a record: `{% load custom %}{% custom_fields "company" company %}`."""

from __future__ import annotations

from typing import Any

from django import template

from crm.lib import paths
from crm.templatetags import ui
from staff import access
from staff.custom import records, values

register = template.Library()


@register.inclusion_tag("staff/_custom_panel.html", takes_context=True)
def custom_fields(context: Any, subject: str, record: Any) -> dict[str, Any]:
    """The panel with all fields of the record; nothing where the company has added none."""
    kind, request = records.kind(subject), context["request"]
    lines = values.lines(subject, record.pk)
    may_edit = bool(lines) and kind is not None and access.allows(request.user, kind.rule, record)
    return {"request": request, "subject": subject, "record": record, "lines": lines, "may_edit": may_edit}


@register.simple_tag
def own_value(line: values.Line, subject: str, record: Any, may_edit: bool) -> str:
    """What stands in a field, changed where it stands by whoever may."""
    if not may_edit:
        return line.shown or "—"
    url = paths.of("staff:custom-value", subject, record.pk, line.field.pk)
    return ui.edit_link(url, line.shown, line.is_filled)


@register.simple_tag(takes_context=True)
def query_without(context: Any, key: str) -> str:
    """The current address without one filter, from its first page."""
    params = context["request"].GET.copy()
    for gone in (key, "after", "before"):
        params.pop(gone, None)
    return f"?{params.urlencode()}" if params else "."
