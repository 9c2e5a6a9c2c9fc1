"""What pages of figures show beside a figure."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dashboards.figures.definitions import DEFINITIONS

register = template.Library()


@register.simple_tag
def what(key: str) -> SafeString:
    """The definition of a figure: on hover, and for keys and fingers by a button."""
    return _what(key, get_language() or "ja")


@lru_cache(maxsize=100)
def _what(key: str, language: str) -> SafeString:
    name, text = DEFINITIONS[key]
    return format_html(
        '<button type="button" class="what" popovertarget="what-{0}" title="{1}" aria-label="{2}">?</button>'
        '<span class="pop what-pop" id="what-{0}" popover>{1}</span>',
        key,
        text,
        _("How it is counted: %(figure)s") % {"figure": name},
    )
