"""What is known of the deals, what is not, and does it matter? The coverage of exit criteria as a heat map."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from pipeline import board, coverage, waivers
from pipeline.deal_filters import Narrowing
from pipeline.models import Stage
from staff import access, roles
from staff.http import Request


@access.signed_in
@require_GET
def deal_coverage(request: Request) -> HttpResponse:
    """Criteria by team or by person, of the deals that the reader sees; each figure leads to its deals."""
    now = timezone.now()
    narrowing = Narrowing.of(request.user, request.GET, timezone.localdate(now)).only_whose()
    by = "owner" if request.GET.get("by") == "owner" else "team"
    rows = Stage.objects.filter(board.pipeline_of(narrowing)).exclude(kind=Stage.Kind.GONE)
    context = {
        "coverage": coverage.read(narrowing, list(rows.order_by("position")), by, now),
        "by": by,
        "narrowing": narrowing,
        "chips": narrowing.chips,
        "query": narrowing.query(),
        "deals": reverse("pipeline:list"),
        "enough": coverage.ENOUGH,
        "may_see_waivers": roles.can(request.user, "lead a team"),
    }
    return render(request, "pipeline/coverage.html", context)


@access.requires("lead a team")
@require_GET
def deal_waivers(request: Request) -> HttpResponse:
    """Who let which criteria pass, how often, and what became of these deals."""
    found = waivers.read(request.user, timezone.now())
    return render(request, "pipeline/waivers.html", {"waivers": found, "enough": coverage.ENOUGH})
