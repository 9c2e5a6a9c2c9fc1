"""Words and figures of companies for templates of all apps: `{% load accounts %}`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from crm.lib import phones
from crm.templatetags.ui import joined

register = template.Library()

# What two records have in common, by the keys of `accounts.matching`.
REASONS = {
    "number": _("same corporate number"),
    "name": _("same name"),
    "former": _("a former name"),
    "reading": _("same reading"),
    "phone": _("same phone"),
    "mobile": _("same mobile"),
    "domain": _("same domain"),
    "address": _("same address"),
    "city": _("same city"),
    "prefecture_differs": _("another prefecture"),
    "email": _("same e-mail"),
    "email_differs": _("another e-mail"),
    "person": _("same person's name"),
    "person_differs": _("another person's name"),
}


@register.filter
def reason(key: str) -> str:
    """The reason of a match in words."""
    return str(REASONS.get(key, key))


@register.filter
def reasons(matched: Iterable[dict[str, Any]]) -> str:
    """All reasons of a match in one line: 同じ社名、同じ電話番号."""
    return joined(reason(one["key"]) for one in matched)


@register.filter
def compared(matched: dict[str, Any]) -> list[str]:
    """The normalised values that were compared: one when they are equal."""
    values = [matched["a"], matched["b"]]
    if matched["key"] in ("phone", "mobile"):
        values = [phones.national(value) for value in values]
    return values[:1] if values[0] == values[1] else values
