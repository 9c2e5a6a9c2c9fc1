"""What pages of figures show beside a figure."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dashboards.charts import LOAD_WIDTH, Piece
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


@register.simple_tag
def load_bar(pieces: tuple[Piece, ...]) -> SafeString:
    """A person's activities as one bar; its words stand beside it."""
    return _load_bar(pieces)


@lru_cache(maxsize=1000)
def _load_bar(pieces: tuple[Piece, ...]) -> SafeString:
    return format_html(
        '<svg class="hbar chart" viewBox="0 0 {0} 12" width="{0}" height="12" aria-hidden="true">'
        '<rect class="track" width="{0}" height="12" rx="2"/>{1}</svg>',
        LOAD_WIDTH,
        format_html_join(
            "", '<rect class="{}" x="{}" width="{}" height="12"/>', ((p.kind, p.x, p.width) for p in pieces)
        ),
    )
