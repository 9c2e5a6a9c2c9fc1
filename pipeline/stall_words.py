"""Why a deal stands still, in words: from the short code that the deal keeps."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

REASONS = {
    "age": gettext_noop("more than %(days)s days in its stage"),
    "silence": gettext_noop("nobody has been spoken with for %(days)s days"),
    "no_action": gettext_noop("no next action for %(days)s days"),
    "overdue": gettext_noop("the next action is %(days)s days overdue"),
    "close": gettext_noop("the expected close has passed"),
    "unanswered": gettext_noop("no answer for %(days)s days since our mail"),
    "absent": gettext_noop("%(what)s missing, %(days)s days after %(after)s"),
}
ACTIVITIES = {
    "call": gettext_noop("a call"),
    "mail": gettext_noop("a mail"),
    "meeting": gettext_noop("a meeting"),
    "visit": gettext_noop("a visit"),
    "proposal": gettext_noop("a proposal"),
    "memo": gettext_noop("a memo"),
}
BEGINNINGS = {
    "stage": gettext_noop("entering the stage"),
    "created": gettext_noop("the deal was made"),
    **ACTIVITIES,
}


def parts(code: str) -> dict[str, Any]:
    """What a notice needs to say the reason in its reader's language: values, and `words` to be translated, in order."""
    kind, days, what, after = (code.split(":") + [""] * 4)[:4]
    if kind not in REASONS:
        return {"words": {"reason": REASONS["age"]}, "days": days or "?"}
    words = {"reason": REASONS[kind]}
    if kind == "absent":
        words = {"what": ACTIVITIES.get(what, what), "after": BEGINNINGS.get(after, after)} | words
    return {"words": words, "days": days}


def in_words(code: str) -> str:
    """The reason in the current language; "" without one."""
    if not code:
        return ""
    found = parts(code)
    values = dict(found)
    for name, text in found["words"].items():
        values[name] = _(text) % values
    return str(values["reason"])


def unless_by_age(code: str) -> str:
    """The reason in the current language, unless it is that the deal has stood in its stage for too long."""
    return "" if code.startswith("age:") else in_words(code)
