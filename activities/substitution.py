"""`{{ name }}` in texts that people write: filled from a declared list, and nothing else happens to the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_PLACE = re.compile(r"\{\{\s*([a-z_]{1,40})\s*\}\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with the known names filled in, once: what a value contains is not looked at again."""
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def unknown(text: str, names: Iterable[str]) -> list[str]:
    """Names in the text that the list does not have, in order."""
    known = set(names)
    return [name for name in dict.fromkeys(_PLACE.findall(text)) if name not in known]
