"""Controls written without a template say what Django's templates say, but for the space between elements."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.conf import settings
from django.forms.renderers import DjangoTemplates
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from crm.lib.widgets import _INPUTS, Renderer

NASTY = "\"><script>'&山田"
VALUES = [
    None,
    "",
    NASTY,
    mark_safe("<b>"),
    0,
    1234567,
    Decimal("1234.50"),
    date(2026, 11, 23),
    gettext_lazy("Save"),
]
ATTRIBUTES = [
    {},
    {"id": "x", "required": True, "hidden": False, "title": NASTY, "maxlength": 12345, "data-x": ""},
]
CHOICES = [
    ("", "---------"), (1, "一"), (NASTY, NASTY), (True, gettext_lazy("Save")), (12345, 12345),
    ("group & co", [("a", "A"), ("b", mark_safe("<i>B</i>"))]),
]  # fmt: skip


def _said(renderer: DjangoTemplates, widget: forms.Widget, value: object, attrs: dict[str, object]) -> str:
    said = widget.render(f"name-{NASTY}", value, attrs=dict(attrs), renderer=renderer)
    return re.sub(r">\s+<", "><", said)


@pytest.mark.parametrize("attrs", ATTRIBUTES, ids=["plain", "with attributes"])
@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_each_control_is_what_the_template_makes(value, attrs, language):
    widgets = [
        forms.TextInput(), forms.NumberInput(), forms.EmailInput(), forms.URLInput(), forms.PasswordInput(render_value=True),
        forms.HiddenInput(), forms.DateInput(), forms.DateTimeInput(), forms.TimeInput(), forms.CheckboxInput(),
        forms.Textarea(), forms.Select(choices=CHOICES), forms.SelectMultiple(choices=CHOICES),
        forms.NullBooleanSelect(), forms.FileInput(), forms.RadioSelect(choices=CHOICES),
    ]  # fmt: skip
    with translation.override(language):
        for widget in widgets:
            assert _said(Renderer(), widget, value, attrs) == _said(DjangoTemplates(), widget, value, attrs)


def test_the_templates_that_are_not_asked_are_those_of_plain_elements():
    """A newer Django that puts something into one of them is noticed here."""
    for name in _INPUTS.split():
        found = DjangoTemplates().get_template(f"django/forms/widgets/{name}.html").template.source.strip()
        assert found == '{% include "django/forms/widgets/input.html" %}' or name == "input"


def test_pages_use_them():
    assert settings.FORM_RENDERER == "crm.lib.widgets.Renderer"
    assert type(forms.Form().renderer) is Renderer
