"""Which lead brought what is known of a company."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.origins import Context, Origin, page_of
from leads.models import Lead
from staff.models import User

_PAGES = ("leads:lead-deal",)


def origins(contexts: Sequence[Context], user: User) -> list[Origin | None]:
    """The lead of each, with its page for those who may see it."""
    ids = [page_of(context, *_PAGES) for context in contexts]
    wanted = set(ids) - {0}
    seen = Lead.objects.visible_to(user).only("pk", "merged_into").in_bulk(wanted) if wanted else {}
    return [_told(seen.get(pk)) if pk else None for pk in ids]


def _told(lead: Lead | None) -> Origin:
    return Origin(_("a lead"), lead.get_absolute_url() if lead else "")
