"""What the search finds of deals and their files: by their own name and by the company's."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.lib import names, paths
from crm.lib.asking import Word
from crm.lib.text import dot
from pipeline.models import Deal, DealFile
from staff import search
from staff.search import Shown


def register() -> None:
    """Called once, when the app is ready."""
    search.register(
        search.Source(
            "deal", _("Deals"), "stage", lambda user: Deal.objects.visible_to(user).filter(deleted_at=None), 20,
            columns=("pk", "name", "company__name", "stage__name_ja", "stage__name_en"), show=_deal,
            owner="owner", company="company", company_alone=True,
        ),
        search.Source(
            "deal file", _("Files of deals"), "doc", lambda user: DealFile.objects.visible_to(user).kept(), 61,
            columns=("deal", "pk", "name", "link", "deal__name", "deal__company__name"), show=_file,
            owner="added_by", company="deal__company",
        ),
    )  # fmt: skip


def _deal(columns: Sequence[str], words: Sequence[Word]) -> Shown:
    pk, name, company, stage_ja, stage_en = columns
    stage = stage_en if (get_language() or "ja").startswith("en") else stage_ja
    return name, f"{names.short_name(company)}{dot()}{stage}", paths.of("pipeline:deal", pk)


def _file(columns: Sequence[str], words: Sequence[Word]) -> Shown:
    deal_id, pk, name, link, deal, company = columns
    return (
        name,
        f"{names.short_name(company)}{dot()}{deal}",
        link or reverse("pipeline:deal-file", args=[deal_id, pk]),
    )
