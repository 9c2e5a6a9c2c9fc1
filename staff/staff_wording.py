"""How what happens to people and teams reads in the operation log."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from staff.calendar_forms import DayForm
from staff.custom.definitions import CustomEvent
from staff.custom.values import CHANGED
from staff.fiscal_year import ProfileEvent
from staff.models import Event
from staff.people import PersonEvent
from staff.teams import TeamEvent
from staff.wording import register, register_value
from staff.working_time import CalendarEvent


def register_all() -> None:
    """Called once, when the app is ready."""
    register(PersonEvent.SIGNED_IN, "user", lambda e: _("signed in"))
    register(PersonEvent.SIGN_IN_FAILED, "alert", lambda e: _("a sign-in failed"), tone="bad")
    register(PersonEvent.CREATED, "user", lambda e: _("added a person"))
    register(PersonEvent.EDITED, "user", lambda e: _("changed a person"))
    register(PersonEvent.DEACTIVATED, "lock", lambda e: _("took away the right to sign in"))
    register(PersonEvent.REACTIVATED, "user", lambda e: _("gave back the right to sign in"))
    register(PersonEvent.PASSWORD_RENEWED, "key", lambda e: _("made a new start password"))
    register(TeamEvent.CREATED, "users", lambda e: _("added a team"))
    register(TeamEvent.RENAMED, "users", lambda e: _("renamed a team"))
    register(TeamEvent.MOVED, "users", lambda e: _("moved a team"))
    register(TeamEvent.REMOVED, "users", lambda e: _("removed a team"))
    register(CalendarEvent.CHANGED, "cal", lambda e: _("changed the working time"))
    register(CalendarEvent.ABSENCE_ADDED, "cal", lambda e: _("entered an absence"))
    register(CalendarEvent.ABSENCE_REMOVED, "cal", lambda e: _("removed an absence"))
    register(
        ProfileEvent.FISCAL_START,
        "cal",
        lambda e: (
            _("changed the beginning of the fiscal year to month %(month)s")
            % {"month": e.after.get("month", "")}
        ),
    )
    register(CHANGED, "edit", _custom_changed)
    register(CustomEvent.ADDED, "plus", lambda e: _("added the field %(name)s") % {"name": _name(e)})
    register(CustomEvent.EDITED, "edit", lambda e: _("changed the field %(name)s") % {"name": _name(e)})
    register(CustomEvent.RETIRED, "x", lambda e: _("retired the field %(name)s") % {"name": _name(e)})
    register(CustomEvent.OFFERED, "undo", lambda e: _("took the field %(name)s back in") % {"name": _name(e)})
    register_value(CalendarEvent.CHANGED, "day", gettext_lazy("Day"), _day)
    register_value(TeamEvent.MOVED, "parent", gettext_lazy("Part of"))
    register_value(PersonEvent.CREATED, "language", gettext_lazy("Language"), dict(settings.LANGUAGES).get)
    register_value(ProfileEvent.FISCAL_START, "month")


def _day(told: dict[str, Any]) -> str:
    """2027/12/28 半日 9:00–12:00 仕事納め"""
    kind = dict(DayForm.KINDS)[told["kind"]]
    words = [f"{date.fromisoformat(told['on']):%Y/%-m/%-d}", str(kind), "–".join(told["hours"]), told["name"]]
    return " ".join(word for word in words if word)


def _name(event: Event) -> str:
    language = "en" if (get_language() or "ja").startswith("en") else "ja"
    return str(event.data.get(f"name_{language}", ""))


def _custom_changed(event: Event) -> str:
    before, after = (
        next(iter(values.values()), "") or _("not set") for values in (event.before, event.after)
    )
    return _("%(field)s %(before)s → %(after)s") % {"field": _name(event), "before": before, "after": after}
