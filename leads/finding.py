"""What the search finds of leads, and how a hit reads."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.lib import names, paths
from crm.lib.asking import Word
from leads.models import Lead
from staff import search
from staff.search import Shown


def register() -> None:
    """Called once, when the app is ready."""
    search.register(
        search.Source(
            "lead", _("Leads"), "lead", lambda user: Lead.objects.visible_to(user).kept(), 40,
            columns=("pk", "company_name", "family_name", "given_name", "state"), show=_lead,
            owner="owner", company="company",
        )
    )  # fmt: skip


def _lead(columns: Sequence[str], words: Sequence[Word]) -> Shown:
    pk, company, family, given, state = columns
    person = names.full_person(family, given, get_language() or "ja")
    title = f"{names.short_name(company) if company else ''} {person}".strip()
    return title, str(Lead.State(state).label), paths.of("leads:lead", pk)
