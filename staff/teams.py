"""The team tree and who leads what."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.db.models import DO_NOTHING, Value
from django.db.models.functions import Concat, Substr

from crm.lib.text import clean_text
from staff import events
from staff.models import Team, User


class TeamEvent:
    CREATED = "team.created"
    RENAMED = "team.renamed"
    MOVED = "team.moved"
    REMOVED = "team.removed"


class BelowItself(Exception):
    """A team cannot stand below itself, and the team at the top cannot stand below another."""


class InUse(Exception):
    """The team has people, teams below it, or records, and stays."""


def managers_of(team: Team) -> list[User]:
    """Managers of the team and of the teams above it, nearest first."""
    above = [int(pk) for pk in team.path.strip("/").split("/")]
    found = User.objects.people().filter(role=User.Role.MANAGER, team__in=above)
    return sorted(found, key=lambda user: (-above.index(user.team_id), user.pk))


# Who sees a record is asked by its team, so what a person owns changes team in the same transaction as the person.
Follower = Callable[[User], None]
_FOLLOWERS: list[Follower] = []


def on_team_change(follower: Follower) -> None:
    """Filled by the apps when they are ready; the function moves the person's rows to `person.team`."""
    if follower not in _FOLLOWERS:
        _FOLLOWERS.append(follower)


def follow(person: User) -> None:
    """What the person owns goes to their team; for `staff.people`, inside its transaction."""
    for follower in _FOLLOWERS:
        follower(person)


@transaction.atomic
def create_team(name: str, parent: Team, *, by: User) -> Team:
    """A new team below `parent`, with its path."""
    # The parent may be moving just now; its path is only true under its lock.
    parent = Team.objects.select_for_update().get(pk=parent.pk)
    team = Team.objects.create(name=clean_text(name).strip(), parent=parent)
    team.path = f"{parent.path}{team.pk}/"
    team.save(update_fields=["path"])
    events.record(TeamEvent.CREATED, team, by=by, after={"name": team.name})
    return team


@transaction.atomic
def rename_team(team: Team, name: str, *, by: User) -> Team:
    """Another name for the team; records keep pointing at it."""
    team = Team.objects.select_for_update().get(pk=team.pk)
    before, team.name = team.name, clean_text(name).strip()
    if team.name != before:
        team.save(update_fields=["name"])
        events.record(TeamEvent.RENAMED, team, by=by, before={"name": before}, after={"name": team.name})
    return team


@transaction.atomic
def move_team(team: Team, parent: Team, *, by: User) -> Team:
    """Puts the team with all below it under another one; who sees what follows at once."""
    # The whole tree is small, and two moves that cross could otherwise make a ring.
    tree = {row.pk: row for row in Team.objects.select_for_update().order_by("pk")}
    team, parent = tree[team.pk], tree[parent.pk]
    if team.parent_id == parent.pk:
        return team
    if team.parent_id is None or parent.path.startswith(team.path):
        raise BelowItself
    old_path, old_parent = team.path, tree[team.parent_id]
    Team.objects.filter(pk=team.pk).update(parent=parent)
    new_path = f"{parent.path}{team.pk}/"
    Team.objects.filter(path__startswith=old_path).update(
        path=Concat(Value(new_path), Substr("path", len(old_path) + 1))
    )
    team.parent, team.path = parent, new_path
    events.record(
        TeamEvent.MOVED, team, by=by, before={"parent": old_parent.name}, after={"parent": parent.name}
    )
    return team


@transaction.atomic
def remove_team(team: Team, *, by: User) -> None:
    """Takes away a team that nothing belongs to; raises InUse otherwise."""
    team = Team.objects.select_for_update().get(pk=team.pk)
    if team.parent_id is None or _is_used(team):
        raise InUse
    events.record(TeamEvent.REMOVED, team, by=by, before={"name": team.name})
    team.delete()


def _is_used(team: Team) -> bool:
    """Whether any row of any app points at the team; row history, which outlives everything, does not count."""
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: team}).exists()
        for relation in Team._meta.related_objects
        if relation.on_delete is not DO_NOTHING
    )
