"""What other apps' pages show of deals: `{% load pipeline %}`. Each begins at what the reader may see."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Count, F, Q, Sum
from django.utils import timezone
from django.utils.translation import get_language

from accounts.models import Company
from pipeline import wording
from pipeline.cards import cards_of
from pipeline.models import Deal, Stage

register = template.Library()
register.filter("met_when", wording.met_when)
register.filter("condition_in_words", wording.condition_in_words)
ROWS = 20


@register.inclusion_tag("pipeline/_company_deals.html", takes_context=True)
def company_deals(context: Any, company: Company) -> dict[str, Any]:
    """The panel 案件 of a company: open ones first, then the newest closed."""
    request = context["request"]
    rows = Deal.objects.visible_to(request.user).filter(company=company, deleted_at=None).for_cards()
    deals = list(rows.order_by(F("closed_at").desc(nulls_first=True), "-pk")[: ROWS + 1])
    return {
        "request": request,
        "me": request.user,
        "company": company,
        "cards": cards_of(deals[:ROWS], timezone.localdate()),
        "has_more": len(deals) > ROWS,
    }


@register.inclusion_tag("pipeline/_company_figures.html", takes_context=True)
def company_figures(context: Any, company: Company) -> dict[str, Any]:
    """Open amount and count, what was won so far, and the last contact."""
    request = context["request"]
    is_open, is_won = Q(closed_at=None), Q(stage__kind=Stage.Kind.WON)
    figures = (
        Deal.objects.visible_to(request.user)
        .filter(company=company, deleted_at=None)
        .aggregate(
            open_count=Count("pk", filter=is_open),
            open_amount=Sum("amount", filter=is_open),
            won_count=Count("pk", filter=is_won),
            won_amount=Sum("amount", filter=is_won),
        )
    )
    return {"request": request, "company": company, **figures}


@register.filter
def named(document: Any) -> str:
    """The name of a stage, a criterion or a change of a draft, in the reader's language."""
    language = "name_en" if (get_language() or "ja").startswith("en") else "name_ja"
    return str(document[language] if isinstance(document, dict) else getattr(document, language))
