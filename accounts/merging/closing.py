"""Who sees a company that two have become: nobody who did not see both."""

from __future__ import annotations

from accounts.merging.journal import Journal
from accounts.models import Company, CompanyAccess
from staff.models import User


def close(journal: Journal, winner: Company, loser: Company) -> None:
    """The result is as closed as the more closed of the two; of two that are restricted, those see it who saw both."""
    if not loser.is_restricted:
        return
    may = _who_saw_both(winner, loser)
    rows = {
        row: (row.user_id, row.team_id) for row in CompanyAccess.objects.filter(company__in=[winner, loser])
    }
    given = [target for row, target in rows.items() if row.company_id == loser.pk]
    if winner.is_restricted:
        had = {target for row, target in rows.items() if row.company_id == winner.pk}
        # A team stays where both were given to it; people who saw one by a team and one by name are named.
        teams = [target for target in given if target[1] and target in had]
        given = [*teams, *((user.pk, None) for user in may)]
    elif winner.owner_id and winner.owner_id not in {user.pk for user in may}:
        owner = loser.owner_id if loser.owner_id in {user.pk for user in may} else None
        journal.change(winner, {"owner_id": owner})
    for row in rows:
        if row.company_id == winner.pk:
            journal.remove(row)
    for user_id, team_id in dict.fromkeys(given):
        journal.create(CompanyAccess(company=winner, user_id=user_id, team_id=team_id))
    journal.change(winner, {"is_restricted": True}, moved=True)


def _who_saw_both(winner: Company, loser: Company) -> list[User]:
    """People by their own right or their teams', without those who read everything anyway."""
    found = []
    for user in User.objects.people().exclude(role__in=(User.Role.EXECUTIVE, User.Role.ADMIN)):
        hidden = Company.objects.closed_to(user).filter(pk__in=[winner.pk, loser.pk])
        if not hidden.exists():
            found.append(user)
    return found
