"""What may be told about duplicates to one person: matching looks at all rows, people see what they may see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import companies, matching
from accounts.models import Company, CompanyAccess, DuplicatePair
from staff import access
from staff.models import User


@dataclass
class Similar:
    """Matches that the person may see, and whether there are others, which an administrator looks at (確認待ち)."""

    matches: list[matching.Match] = field(default_factory=list)
    is_waiting: bool = False

    @property
    def certain(self) -> bool:
        return any(match.is_certain for match in self.matches)


def similar(candidate: matching.Candidate, user: User, limit: int = 5) -> Similar:
    """Companies that may be the candidate's."""
    found = matching.find_companies(candidate)
    hidden = _hidden([match.record for match in found], user)
    shown = [match for match in found if match.record.pk not in hidden]
    return Similar(shown[:limit], bool(hidden))


def number_taken(refusal: companies.NumberTaken, user: User) -> str:
    """Which company has the number, or that an administrator has to look."""
    company = refusal.company
    if company and not _hidden([company], user):
        return _("%(name)s has this corporate number already.") % {"name": company.name}
    return _("Waiting for a check: an administrator has to look at this corporate number.")


@dataclass
class Hint:
    """The best open question about a company; without `other` it is about one that the person may not see."""

    pair: DuplicatePair | None = None
    other: Company | None = None
    reasons: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    can_decide: bool = False


def duplicate_of(company: Company, user: User) -> Hint | None:
    """The hint on top of a company's page, or None."""
    pairs = DuplicatePair.objects.filter(
        Q(company_a=company) | Q(company_b=company), state=DuplicatePair.State.OPEN, contact_a=None
    )
    pairs = pairs.select_related("company_a__owner__team", "company_b__owner__team").order_by("-score", "pk")[
        :10
    ]
    others = {pair: pair.company_b if pair.company_a_id == company.pk else pair.company_a for pair in pairs}
    if not others:
        return None
    hidden = _hidden(list(others.values()), user)
    for pair, other in others.items():
        if other.pk not in hidden:
            can_decide = access.allows(user, "decide duplicates", pair)
            return Hint(pair, other, pair.reasons, len(others) - len(hidden), can_decide)
    return Hint()


def who_sees(company: Company) -> list[str]:
    """Names of the people and teams that a restricted company was given to; empty for one that all see."""
    if not company.is_restricted:
        return []
    rows = CompanyAccess.objects.filter(company=company).select_related("user", "team")
    names = [str(row.user or row.team) for row in rows]
    return [company.owner.full_name, *names] if company.owner else names


def _hidden(records: list[Company], user: User) -> set[int]:
    """Ids of those that the person may not see; asks the database only when one of them is restricted."""
    restricted = [record.pk for record in records if record.is_restricted]
    if not restricted:
        return set()
    seen = Company.objects.filter(pk__in=restricted).visible_to(user).values_list("pk", flat=True)
    return set(restricted) - set(seen)
