"""Exactly three pages of figures, and no builder. A fourth needs a purpose and a day on which it goes.

Whatever else shows figures is the depth of one of the three: reached from it, and about a question that it raises.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.checks import CheckMessage, Tags, Warning, register
from django.utils import timezone

# Name of the page → the question that it answers.
PAGES = {
    "today": "What do I do now?",
    "team": "Where do we act this week?",
    "business": "What will the quarter be?",
}
# Name of a page → the one of the three whose question it goes into.
DEPTHS = {
    "person-week": "team",
    "weeks": "team",
    "targets": "team",
    "meetings": "team",
    "meeting": "team",
    "meeting-minutes": "team",
    "meeting-pdf": "team",
    "forecast": "business",
    "channel-costs": "business",
    "review": "business",
    "roi": "business",
    "roi-rows": "business",
    "roi-costs": "business",
}


@dataclass(frozen=True)
class Extra:
    """A fourth page: what it is for, and the last day on which it is wanted."""

    name: str
    purpose: str
    until: date


EXTRAS: list[Extra] = []
# Fragments of the pages, and addresses that only take what is sent.
PARTS = {
    "follow-ups", "next-action", "scenario-new", "scenario-removal", "fiscal-start", "meeting-new", "meeting-following",
    "meeting-place", "meeting-step", "meeting-end", "meeting-reopening", "decisions", "decision-undo",
}  # fmt: skip


def problems(names: Collection[str], today: date, extras: Sequence[Extra]) -> list[str]:
    """What is wrong with the pages of these names: one too many, without a purpose, or beyond its day."""
    known = PAGES.keys() | DEPTHS.keys() | PARTS
    by_name = {extra.name: extra for extra in extras}
    found = []
    for name in sorted(set(names) - known):
        extra = by_name.get(name)
        if extra is None or not extra.purpose.strip():
            found.append(f"The page {name!r} is a fourth one: it needs a purpose and a last day.")
        elif extra.until < today:
            found.append(
                f"The page {name!r} was wanted until {extra.until}: take it out, or say anew what for."
            )
    return found


@register(Tags.urls)
def three_pages_are_enough(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    from dashboards.urls import urlpatterns

    names = [str(pattern.name) for pattern in urlpatterns]
    return [Warning(problem, id="enishi.W001") for problem in problems(names, timezone.localdate(), EXTRAS)]
