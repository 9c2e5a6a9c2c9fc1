"""What other apps' pages show of deals: `{% load pipeline %}`. Each begins at what the reader may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.db.models import BigIntegerField, CharField, F, QuerySet, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from accounts.models import Company, CompanyFile
from accounts.tree import Tree
from crm.lib.kept import kept
from pipeline import own_history, people, stall_words, wording
from pipeline.cards import cards_of
from pipeline.models import Deal, DealFile
from staff.files import FileKind
from staff.readers import Reader

register = template.Library()
register.filter("met_when", wording.met_when)
register.filter("condition_in_words", wording.condition_in_words)
ROWS = 20
FILES = 12


@register.inclusion_tag("pipeline/_company_deals.html", takes_context=True)
def company_deals(context: Any, company: Company, tree: Tree, members: list[Company]) -> dict[str, Any]:
    """The panel 案件 of the part of the tree that is looked at, or of the group: open ones first, then the newest closed."""
    request = context["request"]
    rows = Deal.objects.visible_to(request.user)
    if len(members) > 1:
        deals = list(_first_deals(rows.filter(company__in=members)))
    elif tree.chosen.kind == "company":
        deals = _deals_of(Reader.of(request.user), company=company.pk)
    else:
        deals = list(_first_deals(tree.narrowed(rows.filter(company=company))))
    today = timezone.localdate()
    return {
        "request": request,
        "me": request.user,
        "company": company,
        "where": "" if tree.chosen.kind == "company" else tree.chosen.label,
        "is_group": len(members) > 1,
        "cards": [
            (card, people.is_gone(card.deal, today)) for card in cards_of(deals[:ROWS], today, request.user)
        ],
        "has_more": len(deals) > ROWS,
        "may_add": context.get("can_add"),
    }


@kept
def _deals_of(reader: Reader, *, company: int) -> QuerySet[Deal]:
    return _first_deals(Deal.objects.visible_to(reader.user).filter(company=company))


def _first_deals(rows: Any) -> QuerySet[Deal]:
    """As many as the panel shows, and one more."""
    # What else the joined rows carry is not shown.
    hidden = [f"{one}__{name}" for one in ("contact", "site") for name in ("search_text", "search_grams")]
    rows = rows.for_cards().select_related("company", "stage", "owner", "site", "contact").defer(*hidden)
    found: QuerySet[Deal] = rows.order_by(F("closed_at").desc(nulls_first=True), "-pk")[: ROWS + 1]
    return found


@register.inclusion_tag("pipeline/_company_files.html", takes_context=True)
def company_files(context: Any, company: Company, can_add: bool) -> dict[str, Any]:
    """The panel of files: those of the company and those of its deals that the reader may see, newest first."""
    request = context["request"]
    found: list[Any] = _papers(Reader.of(request.user), company=company.pk)
    files = [CompanyPaper(company.pk, *row) for row in found[:FILES]]
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "company": company,
        "can_add": can_add,
        "files": files,
        "has_more": len(found) > FILES,
    }


@kept
def _papers(reader: Reader, *, company: int) -> QuerySet[Any]:
    columns = ("pk", "name", "kind", "link", "size", "added_by__family_name", "added_at")
    own = CompanyFile.objects.filter(company=company, deleted_at=None).order_by()
    of_deals = DealFile.objects.kept().filter(
        deal__in=Deal.objects.visible_to(reader.user).filter(company=company)
    )
    nothing, no_name = Value(None, output_field=BigIntegerField()), Value("", output_field=CharField())
    rows = own.values_list(*columns, nothing, no_name).union(
        of_deals.order_by().values_list(*columns, "deal", "deal__name"), all=True
    )
    return rows.order_by("-added_at", "-pk")[: FILES + 1]


@dataclass(frozen=True)
class CompanyPaper:
    """A file as the company's page lists it; `deal` is 0 for one of the company itself."""

    company: int
    pk: int
    name: str
    kind: str
    link: str
    size: int
    by: str
    at: datetime
    deal: int | None
    deal_name: str

    @property
    def url(self) -> str:
        if self.link:
            return self.link
        if self.deal:
            return reverse("pipeline:deal-file", args=[self.deal, self.pk])
        return reverse("accounts:company-file", args=[self.company, self.pk])

    @property
    def label(self) -> str:
        return str(FileKind(self.kind).label)


@register.inclusion_tag("pipeline/_stall_note.html", takes_context=True)
def stall_note(context: Any, deal: Deal, may_edit: bool) -> dict[str, Any]:
    """Why the deal stands still, what helped others, and the way to put it off; nothing while it moves."""
    today = timezone.localdate()
    stalled = bool(deal.is_open and deal.stalls_on and deal.stalls_on <= today)
    return {
        "deal": deal,
        "reason": stall_words.in_words(deal.stall_why or "age:") if stalled else "",
        "helped": own_history.what_helped(deal.stage, timezone.now(), deal.pk) if stalled else "",
        "snoozed": bool(deal.is_open and deal.snoozed_until and deal.snoozed_until > today),
        "may_edit": may_edit,
        "request": context["request"],
    }


@register.filter
def named(document: Any) -> str:
    """The name of a stage, a criterion or a change of a draft, in the reader's language."""
    language = "name_en" if (get_language() or "ja").startswith("en") else "name_ja"
    return str(document[language] if isinstance(document, dict) else getattr(document, language))
