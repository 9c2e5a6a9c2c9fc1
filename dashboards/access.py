"""Who may do what with meetings and targets. Each returns the reason to refuse, or ""."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import Channel
from dashboards.models import Meeting
from staff import access, roles
from staff.models import Team, User


@access.rule("lead meeting")
def lead(user: User, meeting: Meeting) -> str:
    if user.pk == meeting.led_by_id or roles.can(user, "administer"):
        return ""
    return _("Only %(name)s, who leads this meeting, decides in it.") % {"name": meeting.led_by}


@access.rule("hold meeting")
def hold(user: User, team: Team) -> str:
    """Managers for their teams and those below; who reads everything for all."""
    is_theirs = roles.can(user, "read everything") or team.pk in access.team_ids(user)
    if roles.can(user, "lead a team") and is_theirs:
        return ""
    return _("Only a manager of the team can hold its meeting.")


@access.rule("set target")
def set_target(user: User, subject: Team | User | None) -> str:
    """The company's (None) by who sees the business; a team's and a person's also by the managers above them."""
    if roles.can(user, "read everything"):
        return ""
    team = subject.team_id if isinstance(subject, User) else subject.pk if subject else None
    if roles.can(user, "lead a team") and team in access.team_ids(user):
        return ""
    return _("Only their managers set the targets of a team and its people.")


@access.rule("set channel cost")
def set_channel_cost(user: User, channel: Channel) -> str:
    return "" if roles.can(user, "see the business") else _("Only executives write down what channels cost.")


@access.rule("set CRM cost")
def set_crm_cost(user: User, _subject: None) -> str:
    return "" if roles.can(user, "see the business") else _("Only executives write down what the CRM costs.")
