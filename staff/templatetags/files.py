"""Forms that take files: `{% load files %}`."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from staff.fields import FileForm

register = template.Library()


@register.simple_tag
def file_choice(form: FileForm | None = None) -> SafeString:
    """What stands below the field for a file: an address instead of it, the kind, the button. Blank without a `form`."""
    return _blank(get_language() or "ja") if not form else _choice(form)


def _choice(form: FileForm) -> SafeString:
    return render_to_string("components/_file_link.html", {"file_form": form})


@lru_cache(maxsize=4)
def _blank(_language: str) -> SafeString:
    """The same on every page."""
    return _choice(FileForm())
