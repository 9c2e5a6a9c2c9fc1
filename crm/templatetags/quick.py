"""Django's own tags, where they say the same each time: a page has some hundred of them.

`url` is built into every template; the tags of `{% load i18n %}` come from here, too (settings.TEMPLATES).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import template
from django.template import defaulttags
from django.template.base import FilterExpression, Node, Parser, Token, render_value_in_context
from django.templatetags import i18n
from django.urls import NoReverseMatch
from django.utils.translation import get_language, gettext, ngettext

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


_NUMBERS: Any = (int, float, Decimal)


class _Said(Node):
    """A text with values in it: its words are looked up once a language, their places filled each time."""

    def __init__(self, node: i18n.BlockTranslateNode) -> None:
        self.node, self.extra = node, node.extra_context
        self.counter: Any = node.counter
        self.counted = node.countervar or ""
        self.singular, self.names = node.render_token_list(node.singular)
        self.plural = ""
        if node.plural:
            self.plural, more = node.render_token_list(node.plural)
            self.names = [*self.names, *more]
        self.texts: dict[str | None, str] = {}

    def render(self, context: Any) -> str:
        found = {name: value.resolve(context) for name, value in self.extra.items()}
        try:
            text = self._counted(context, found) if self.plural else self._plain()
            return text % {name: self._value(name, found, context) for name in self.names}
        except (
            KeyError,
            TypeError,
            ValueError,
        ):  # something is missing, or a slip in a catalogue: Django knows what to do
            return str(self.node.render(context))

    def _plain(self) -> str:
        language = get_language()
        if language not in self.texts:
            self.texts[language] = gettext(self.singular)
        return self.texts[language]

    def _counted(self, context: Any, found: dict[str, Any]) -> str:
        count: Any = self.counter.resolve(context)
        if not isinstance(count, _NUMBERS):
            raise TypeError(count)
        found[self.counted] = count
        return ngettext(self.singular, self.plural, count)

    def _value(self, name: str, found: dict[str, Any], context: Any) -> str:
        if name in found:
            return render_value_in_context(found[name], context)
        if name in context:
            return render_value_in_context(context[name], context)
        raise KeyError(name)


@register.tag("blocktrans")
@register.tag("blocktranslate")
def blocktranslate(parser: Parser, token: Token) -> Node:
    """As Django's."""
    node = i18n.do_block_translate(parser, token)
    return node if node.message_context or node.asvar else _Said(node)


_WORD = re.compile(r"[A-Za-z0-9_-]+")


class _Address(Node):
    """An address whose arguments are ids or plain words; anything else is Django's to say."""

    def __init__(self, reversed_: Any, name: str) -> None:
        self.reversed, self.name, self.args = reversed_, name, reversed_.args

    def render(self, context: Any) -> str:
        ids = [arg.resolve(context) for arg in self.args]
        if not all(type(pk) is int or type(pk) is str and _WORD.fullmatch(pk) for pk in ids):
            return str(self.reversed.render(context))
        try:
            path = paths.of(self.name, *ids)
        except NoReverseMatch:  # Django says what follows
            return str(self.reversed.render(context))
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
