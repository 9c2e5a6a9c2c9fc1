"""Django's own tags, where they say the same each time: a page has some hundred of them.

`url` is built into every template; the tags of `{% load i18n %}` come from here, too (settings.TEMPLATES).
"""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.template import defaulttags
from django.template.base import FilterExpression, Node, Parser, Token
from django.templatetags import i18n
from django.utils.translation import get_language

from crm.lib import paths

register = template.Library()
register.tags |= i18n.register.tags
register.filters |= i18n.register.filters

_FIXED_TEXT = re.compile(r'(trans|translate) "[^"]*"( context "[^"]*")?')


class _FixedText(Node):
    """A text that stands in the template: looked up once a language."""

    def __init__(self, looked_up: Node) -> None:
        self.looked_up, self.texts = looked_up, dict[str | None, str]()

    def render(self, context: Any) -> str:
        language = get_language()
        if language not in self.texts:
            self.texts[language] = self.looked_up.render(context)
        return self.texts[language]


@register.tag("trans")
@register.tag("translate")
def translate(parser: Parser, token: Token) -> Node:
    """As Django's."""
    node = i18n.do_translate(parser, token)
    return _FixedText(node) if _FIXED_TEXT.fullmatch(token.contents) else node


class _Address(Node):
    """An address whose arguments are ids; anything else is Django's to say."""

    def __init__(self, reversed_: Any, name: str) -> None:
        self.reversed, self.name, self.args = reversed_, name, reversed_.args

    def render(self, context: Any) -> str:
        ids = [arg.resolve(context) for arg in self.args]
        if not all(type(pk) is int for pk in ids):
            return str(self.reversed.render(context))
        path = paths.of(self.name, *ids)
        if self.reversed.asvar is None:
            return path
        context[self.reversed.asvar] = path
        return ""


@register.tag
def url(parser: Parser, token: Token) -> Node:
    """As Django's."""
    node = defaulttags.url(parser, token)
    name = node.view_name
    is_named = isinstance(name, FilterExpression) and isinstance(name.var, str) and not name.filters
    return _Address(node, name.var) if is_named and not node.kwargs else node
