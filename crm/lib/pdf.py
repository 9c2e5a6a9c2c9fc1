"""Documents as PDF: a Typst template and plain data, set with our own fonts. No system library, no network."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "fonts"


def render(template: str, data: dict[str, Any]) -> bytes:
    """The PDF of a template below `templates/`. `data` reaches it as JSON, so that no text becomes markup."""
    compile_ = _compiler()
    document: bytes = compile_(
        ROOT / "templates" / template,
        root=ROOT / "templates",
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return document


@lru_cache(maxsize=1)
def _compiler() -> Any:
    # 80 MB that a process without documents need not load.
    import typst

    return typst.compile
