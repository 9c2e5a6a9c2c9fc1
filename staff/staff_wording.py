"""How what happens to people and teams reads in the operation log."""

from __future__ import annotations

from django.utils.translation import gettext as _

from staff.fiscal_year import ProfileEvent
from staff.people import PersonEvent
from staff.teams import TeamEvent
from staff.wording import register
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
