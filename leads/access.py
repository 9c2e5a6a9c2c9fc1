"""Who may do what with a lead. Seeing one is `Lead.objects.visible_to`."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import gone
from accounts.models import Company
from leads.models import Lead
from staff import access
from staff.models import User


@access.rule("edit lead")
def edit_lead(user: User, lead: Lead) -> str:
    """Also assigning, setting aside and taking back: the owner, the managers above, administrators."""
    if not access.may_edit_owned(user, lead.owner_id, lead.team_id):
        return access.not_yours()
    if reason := gone(lead):
        return reason
    if lead.state == Lead.State.CONVERTED:
        return _("The lead has become a deal. Change the deal instead.")
    return ""


@access.rule("convert lead")
def convert_lead(user: User, lead: Lead) -> str:
    """A converted lead may be asked for again: the answer is its deal."""
    if not access.may_edit_owned(user, lead.owner_id, lead.team_id):
        return access.not_yours()
    if reason := gone(lead):
        return reason
    if lead.state == Lead.State.DISQUALIFIED:
        return _("The lead is marked as not a fit. Take it back first.")
    return ""


def remove(user: User, lead: Lead) -> str:
    """The owner, the managers above, administrators."""
    if not access.may_edit_owned(user, lead.owner_id, lead.team_id):
        return access.not_yours()
    if lead.state == Lead.State.CONVERTED:
        return _("The lead has become a deal and tells where that came from.")
    return ""


def open_leads_of(company: Company) -> str:
    """A company is not removed while somebody has a lead of it in hand."""
    n = Lead.objects.open().filter(company=company).count()
    words = ngettext(
        "%(n)s lead is in hand. Decide it first.", "%(n)s leads are in hand. Decide them first.", n
    )
    return words % {"n": n} if n else ""
