"""The menu on the page: `{% load menu %}`."""

from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from staff.nav import Menu

register = template.Library()


@register.simple_tag
def menu_piece(template_name: str, nav: Any) -> SafeString:
    """A piece that shows nothing but the menu: drawn once for each state of it (counts, where one is) and language."""
    if not nav:
        return render_to_string(template_name, {"nav": nav})
    return _piece(template_name, nav.itself, get_language() or "ja")


@lru_cache(maxsize=300)
def _piece(template_name: str, menu: Menu, _language: str) -> SafeString:
    return render_to_string(template_name, {"nav": menu})
