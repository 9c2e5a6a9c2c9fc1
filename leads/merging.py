"""Two leads are one person's interest: what is particular about them when they become one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import gone
from accounts.merging import kinds
from accounts.merging.journal import Journal
from accounts.merging.refusals import Refused
from accounts.merging.relations import Treatment, declare
from crm.lib.text import clean_text
from leads import scoring
from leads.models import Lead
from staff import access
from staff.models import User

FIELDS = (
    "company_name", "company_kana", "family_name", "given_name", "family_kana", "given_kana", "department",
    "title", "email", "phone", "industry", "employees", "postal_code", "prefecture", "city", "street", "interest",
    "channel", "campaign", "owner", "company", "contact",
)  # fmt: skip
_NAME = ("family_name", "given_name", "family_kana", "given_kana")
_ADDRESS = ("postal_code", "prefecture", "city", "street")


def register() -> None:
    """Called once, when the app is ready."""
    kinds.register(
        kinds.Kind(
            "lead",
            gettext_lazy("lead"),
            Lead,
            FIELDS,
            _clean,
            _may,
            groups=(_NAME, _ADDRESS),
            joined=("interest",),
            check=_check,
            # In no list from now on: they leave out what has been deleted.
            absorbed=lambda lead: {"deleted_at": timezone.now()},
            settle=_settle,
            recompute=_recompute,
        )
    )
    declare(
        {
            "leads.Lead.company": Treatment.MOVE_ASKED,
            "leads.Lead.contact": Treatment.MOVE,
            "leads.Lead.merged_into": Treatment.STAY,
            "leads.Touch.lead": Treatment.MOVE,
        }
    )


def _may(user: User, lead: Lead) -> str:
    """Also leads that became deals: other leads of the same interest go into them."""
    if access.may_edit_owned(user, lead.owner_id, lead.team_id):
        return gone(lead)
    return access.not_yours()


def _check(winner: Lead, loser: Lead, picks: dict[str, Any]) -> None:
    """What has become a deal is not taken into what has not."""
    if loser.state == Lead.State.CONVERTED:
        raise Refused(
            _("%(name)s has become a deal. Keep that one, and merge the other into it.") % {"name": loser}
        )


def _settle(journal: Journal, winner: Lead, loser: Lead, by: User) -> None:
    """Whoever spoke with one of them has spoken with both: the first contact of the two counts."""
    moments = [lead.first_contacted_at for lead in (winner, loser) if lead.first_contacted_at]
    if not moments:
        return
    state = Lead.State.CONTACTED if winner.state == Lead.State.NEW else winner.state
    journal.change(winner, {"first_contacted_at": min(moments), "state": str(state)}, moved=True)


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: clean_text(value).strip() if isinstance(value, str) else value for name, value in values.items()
    }


def _recompute(pks: Iterable[int]) -> None:
    """Search and points: the winner's touches are those of both."""
    for lead in Lead.objects.filter(pk__in=pks, merged_into=None).order_by("pk"):
        lead.save(update_fields=["search_text", "search_grams"])
        scoring.refresh(lead)
