"""What may be told about duplicates to one person: matching looks at all rows, people see what they may see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils.translation import gettext as _

from accounts import companies, matching
from accounts.models import Company, CompanyAccess, DuplicatePair
from crm.lib.kept import kept
from staff import access, roles
from staff.models import User
from staff.readers import Reader


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
    pairs = _pairs_of(Reader.of(user), company=company.pk)
    others = {pair: pair.company_b if pair.company_a_id == company.pk else pair.company_a for pair in pairs}
    if not others:
        return None
    shown = {pair: other for pair, other in others.items() if not pair.hidden}  # type: ignore[attr-defined]
    for pair, other in shown.items():
        can_decide = access.allows(user, "decide duplicates", pair)
        return Hint(pair, other, pair.reasons, len(shown), can_decide)
    return Hint()


@kept
def _pairs_of(reader: Reader, *, company: int) -> QuerySet[DuplicatePair]:
    pairs = DuplicatePair.objects.filter(
        Q(company_a=company) | Q(company_b=company), state=DuplicatePair.State.OPEN, contact_a=None
    )
    closed = Company.objects.closed_to(reader.user)
    sees_all = reader.user.is_system or roles.can(reader.user, "read everything")
    is_hidden = Value(False) if sees_all else Exists(closed.filter(_is_the_other(company)))
    pairs = pairs.select_related("company_a__owner__team", "company_b__owner__team")
    return pairs.annotate(hidden=is_hidden).order_by("-score", "pk")[:10]


def _is_the_other(company: int) -> Q:
    """Of a pair in the statement around: the one that is not `company`."""
    return Q(pk=OuterRef("company_a")) & ~Q(pk=company) | Q(pk=OuterRef("company_b")) & ~Q(pk=company)


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
