"""Who sees and may do what, written a second time: slowly, in plain Python, over rows held in memory.

The product answers these questions with SQL. The tests compare the two; nothing here may import a rule of the product.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import Company, CompanyAccess
from staff.models import Team, User

ROLES_WITH = {
    "sell": {"rep", "manager", "admin"},
    "lead a team": {"manager", "executive", "admin"},
    "see the business": {"executive", "admin"},
    "read everything": {"executive", "admin"},
    "edit everything": {"admin"},
    "waive criteria": {"manager", "admin"},
    "import": {"manager", "admin"},
    "export": {"manager", "executive", "admin"},
    "review duplicates": {"manager", "admin"},
    "administer": {"admin"},
    "read the log": {"admin"},
}


@dataclass
class Reference:
    """The organisation as it stands in the database, read once."""

    parents: dict[int, int | None]
    companies: dict[int, Company]
    given: list[CompanyAccess]

    @classmethod
    def read(cls) -> Reference:
        return cls(
            parents=dict(Team.objects.values_list("pk", "parent")),
            companies={company.pk: company for company in Company.objects.all()},
            given=list(CompanyAccess.objects.all()),
        )

    def can(self, user: User, capability: str) -> bool:
        return user.is_active and user.role in ROLES_WITH[capability]

    def is_in(self, team: int | None, above: int) -> bool:
        """Whether the team is `above` or hangs below it."""
        while team is not None:
            if team == above:
                return True
            team = self.parents[team]
        return False

    # Seeing ------------------------------------------------------------------------------------

    def sees_company(self, user: User, company: int | None) -> bool:
        """Nothing hides what has no company."""
        if not user.is_active:
            return False
        if company is None or self.can(user, "read everything"):
            return True
        row = self.companies[company]
        if not row.is_restricted or row.owner_id == user.pk:
            return True
        return any(
            access.user_id == user.pk or (access.team_id is not None and self.is_given(user, access.team_id))
            for access in self.given
            if access.company_id == company
        )

    def is_given(self, user: User, team: int) -> bool:
        """What a team was given is seen by those in it and below it, and by those above."""
        return self.is_in(user.team_id, team) or self.is_in(team, user.team_id)

    def sees_owned(self, user: User, record: Any) -> bool:
        """Deals and leads: of one's teams, unless their company is closed."""
        if not user.is_active:
            return False
        if self.can(user, "read everything"):
            return True
        return self.is_in(record.team_id, user.team_id) and self.sees_company(user, record.company_id)

    def sees_about(self, user: User, row: Any) -> bool:
        """Activities and todos: whoever sees the deal, lead and company that they are about."""
        about = [record for record in (row.deal, row.lead) if record is not None]
        return (
            user.is_active
            and self.sees_company(user, row.company_id)
            and all(self.sees_owned(user, record) for record in about)
        )

    def sees_todo(self, user: User, todo: Any) -> bool:
        return self.sees_owned(user, todo) and self.sees_about(user, todo)

    def sees_all(self, user: User, companies: Iterable[int | None]) -> bool:
        return user.is_active and all(self.sees_company(user, company) for company in companies)

    # Doing -------------------------------------------------------------------------------------

    def may_edit_owned(self, user: User, owner: int | None, team: int | None) -> bool:
        """The owner who sells, the managers above, administrators."""
        return (
            user.role == "admin"
            or (owner == user.pk and self.can(user, "sell"))
            or (user.role == "manager" and team is not None and self.is_in(team, user.team_id))
        )

    def may_edit_company(self, user: User, company: Company) -> bool:
        if company.owner is None:
            return self.can(user, "sell")
        return self.may_edit_owned(user, company.owner_id, company.owner.team_id)
