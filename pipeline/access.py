"""Who may do what with a deal they can see. Each returns the reason to refuse, or ""."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Company
from pipeline.models import Deal, Stage
from staff import access, roles
from staff.access import may_edit_owned, not_yours
from staff.models import User


def open_deals_of(company: Company) -> str:
    """A company is not removed under an open deal."""
    n = Deal.objects.open().filter(company=company).count()
    words = ngettext(
        "%(n)s deal is open. Close or remove it first.",
        "%(n)s deals are open. Close or remove them first.",
        n,
    )
    return words % {"n": n} if n else ""


def remove(user: User, deal: Deal) -> str:
    """The owner and the managers above; a deal that was won is in the figures of the past, so not the owner alone."""
    if reason := change(user, deal):
        return reason
    if deal.stage.kind == Stage.Kind.WON and not roles.can(user, "lead a team"):
        return _("Only managers can remove a deal that was won.")
    return ""


@access.rule("edit deal")
@access.rule("move deal")
@access.rule("hand over deal")
def change(user: User, deal: Deal) -> str:
    return "" if may_edit_owned(user, deal.owner_id, deal.team_id) else not_yours()


@access.rule("log on deal")
def log(user: User, deal: Deal) -> str:
    """Colleagues of the team may write down what they did for the deal."""
    return "" if roles.can(user, "sell") else _("Executives read deals and do not write into them.")


@access.rule("approve deal")
def approve(user: User, deal: Deal) -> str:
    """A manager of the deal, or an administrator; nobody approves what is their own."""
    if not roles.can(user, "waive criteria") or not may_edit_owned(user, deal.owner_id, deal.team_id):
        return _("Only a manager of the deal can approve it.")
    return _("Nobody approves a deal of their own.") if user.pk == deal.owner_id else ""


@access.rule("waive criteria")
def waive(user: User, deal: Deal) -> str:
    if roles.can(user, "waive criteria") and may_edit_owned(user, deal.owner_id, deal.team_id):
        return ""
    return _("Only a manager can let a deal pass without its exit criteria.")
