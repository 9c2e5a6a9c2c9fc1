"""The team tree and who leads what."""

from __future__ import annotations

from django.db import transaction

from staff import events
from staff.models import Team, User


def managers_of(team: Team) -> list[User]:
    """Managers of the team and of the teams above it, nearest first."""
    above = [int(pk) for pk in team.path.strip("/").split("/")]
    found = User.objects.people().filter(role=User.Role.MANAGER, team__in=above)
    return sorted(found, key=lambda user: (-above.index(user.team_id), user.pk))


@transaction.atomic
def create_team(name: str, parent: Team, *, by: User) -> Team:
    """A new team below `parent`, with its path."""
    team = Team.objects.create(name=name, parent=parent)
    team.path = f"{parent.path}{team.pk}/"
    team.save(update_fields=["path"])
    events.record("team.created", team, by=by, after={"name": name})
    return team
