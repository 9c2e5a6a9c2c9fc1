"""Small words of the import's screens."""

from __future__ import annotations

from django import template

from integrations.models import Import

register = template.Library()

_ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "cp932": "Shift_JIS",
    "euc_jp": "EUC-JP",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}


@register.filter
def grouped(number: int | None) -> str:
    """1,284; nothing counts as none."""
    return f"{number or 0:,}"


@register.simple_tag
def kinds() -> list[tuple[str, str]]:
    """What a list can hold."""
    return [(value, str(label)) for value, label in Import.Kind.choices]


@register.filter
def encoding(name: str) -> str:
    """The encoding as people know it."""
    return _ENCODINGS.get(name, "ISO-2022-JP" if name.startswith("iso2022") else name)
