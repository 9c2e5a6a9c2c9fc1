"""Form controls written without a template: a page with two forms has a hundred of Django's small ones.

Django's own templates stay the slow twins; what is not one plain element is still theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.formats import localize
from django.utils.html import escape
from django.utils.safestring import SafeData

Widget = Mapping[str, Any]

_INPUTS = "input text number email url password hidden date datetime time search tel color checkbox"


class Renderer(DjangoTemplates):
    """As Django's."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        write = _WRITTEN.get(template_name)
        return write(context["widget"]) if write else super().render(template_name, context, request)


def _text(value: Any) -> str:
    return value if isinstance(value, SafeData) else escape(str(value))  # type: ignore[return-value]


def _attributes(widget: Widget) -> str:
    return "".join(
        f" {_text(name)}" if value is True else f' {_text(name)}="{_text(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _input(widget: Widget) -> str:
    value = "" if widget["value"] is None else f' value="{_text(widget["value"])}"'
    return (
        f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"{value}{_attributes(widget)}>'
    )


def _textarea(widget: Widget) -> str:
    value = _text(localize(widget["value"])) if widget["value"] else ""
    return f'<textarea name="{_text(widget["name"])}"{_attributes(widget)}>\n{value}</textarea>'


def _option(widget: Widget) -> str:
    return f'<option value="{_text(widget["value"])}"{_attributes(widget)}>{_text(localize(widget["label"]))}</option>'


def _select(widget: Widget) -> str:
    groups = "".join(_group(name, options) for name, options, _index in widget["optgroups"])
    return f'<select name="{_text(widget["name"])}"{_attributes(widget)}>{groups}</select>'


def _group(name: Any, options: list[Widget]) -> str:
    inside = "".join(_option(option) for option in options)
    return f'<optgroup label="{_text(localize(name))}">{inside}</optgroup>' if name else inside


_WRITTEN: dict[str, Callable[[Widget], str]] = {
    **{f"django/forms/widgets/{name}.html": _input for name in _INPUTS.split()},
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
    "django/forms/widgets/select_option.html": _option,
}
