"""Who may do what with companies, contacts and the questions about them. Whether they see them is `visible_to`."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from accounts.models import Company
from staff import access, roles
from staff.models import User


def require_sight(owner: User, company_id: int | None) -> None:
    """Refuses to give something of a restricted company to a person who may not see it: it would vanish before them."""
    if company_id and Company.objects.closed_to(owner).filter(pk=company_id).exists():
        reason = _("%(person)s may not see this company. Give them access to it first.")
        if not roles.can(owner, "read everything"):
            raise PermissionDenied(reason % {"person": owner.full_name})


class NotInUse(PermissionDenied):
    """Somebody has merged the record into another meanwhile, or put it into the bin."""


def gone(record: Any) -> str:
    """Why nothing is written to the record any more; "" while it is in use."""
    if getattr(record, "merged_into_id", None):
        return _("This record has been merged into another one, which lives on.")
    return _("This record is in the bin. Restore it first.") if record.deleted_at else ""


def require_in_use(record: Any) -> None:
    """For domain functions, once the row is locked."""
    if reason := gone(record):
        raise NotInUse(reason)


@access.rule("edit company")
def edit_company(user: User, company: Company) -> str:
    """A company with an owner is changed by the owner and the managers above; one without by everybody who sells."""
    if reason := gone(company):
        return reason
    if company.owner_id is None:
        return _sellers_only(user)
    team_id = company.owner.team_id if company.owner else None
    return "" if access.may_edit_owned(user, company.owner_id, team_id) else access.not_yours()


@access.rule("group company")
def group_company(user: User, company: Company) -> str:
    """Who may not see the parent cannot take the company from it."""
    parent = company.parent_id
    if parent and not Company.objects.filter(pk=parent).visible_to(user).exists():
        return _("An administrator keeps the group of this company.")
    return edit_company(user, company)


@access.rule("restrict company")
def restrict_company(user: User, company: Company) -> str:
    """Without an owner only managers and administrators decide who else may see it."""
    if company.owner_id is None and not roles.can(user, "lead a team"):
        return _("Only managers can decide who sees a company without an owner.")
    return edit_company(user, company)


@access.rule("add to company")
def add_to_company(user: User, company: Company) -> str:
    """Divisions, sites and people: whoever sells and meets them writes them down, whosever the company is."""
    return gone(company) or _sellers_only(user)


@access.rule("edit place")
def edit_place(user: User, place: Any) -> str:
    """Divisions and sites are kept right by whoever sells there, as they are added by them."""
    return _sellers_only(user)


@access.rule("edit contact")
def edit_contact(user: User, contact: Any) -> str:
    return gone(contact) or _sellers_only(user)


@access.rule("decide duplicates")
def decide_duplicates(user: User, question: Any) -> str:
    """Those who review duplicates, and whoever may change one of the companies in question."""
    if user.is_system or roles.can(user, "review duplicates"):
        return ""
    companies = (
        [question.company] if hasattr(question, "company") else [question.company_a, question.company_b]
    )
    if any(not edit_company(user, company) for company in companies):
        return ""
    return _("Managers and the owner of one of the companies can decide this.")


def _sellers_only(user: User) -> str:
    if user.is_system or roles.can(user, "sell"):
        return ""
    return _("Your role reads companies and does not change them.")
