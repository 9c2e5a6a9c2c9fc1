"""Words and figures of companies for templates of all apps: `{% load accounts %}`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from accounts.dedup import wording
from crm.templatetags.ui import joined

register = template.Library()
_DOORS: dict[str, Any] = {"form": "", "scan": _("comparison of all"), "lead": _("from a lead")}


@register.filter
def reason(key: str) -> str:
    """The reason of a match in words."""
    return str(wording.REASONS.get(key, key))


@register.filter
def reasons(matched: Iterable[dict[str, Any]]) -> str:
    """All reasons of a match in one line: 同じ社名、同じ電話番号."""
    return joined(reason(one["key"]) for one in matched)


@register.filter
def site_reasons(matched: Iterable[dict[str, Any]]) -> str:
    """The same of sites of one company."""
    return joined(str(wording.OF_SITES.get(one["key"], one["key"])) for one in matched)


@register.filter
def compared(matched: Iterable[dict[str, Any]]) -> list[str]:
    """The normalised values that were compared, each once; two that differ stand in one, as 青嶺精工 / 青嶺精機."""
    return list(dict.fromkeys(" / ".join(filter(None, wording.compared(one))) for one in matched))


@register.filter
def source(name: str) -> str:
    """Where a question comes from: a list by its name, a door of the product in words, a form not at all."""
    return str(_DOORS.get(name, name))
