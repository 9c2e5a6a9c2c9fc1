"""四半期のふりかえり: what changed in the rules, and what happened to the figures after."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm.lib import fiscal
from dashboards.figures import periods
from dashboards.review import changes
from dashboards.views.business import quarter_asked_for
from staff import access
from staff.http import Request


@require_safe
@access.requires("see the business")
def review(request: Request) -> HttpResponse:
    """One quarter: its rules as they changed, with the weeks before and after each change beside each other."""
    today = timezone.localdate()
    this = fiscal.quarter_of(today, request.user.company.fiscal_start_month)
    quarter = quarter_asked_for(request, this)
    period = periods.of_quarter(quarter).until(today)
    found, figures, not_shown = changes.of_quarter(request.user, period, today)
    context = {
        "quarter": quarter, "quarters": [this.plus(-n) for n in (3, 2, 1, 0)], "changes": found, "figures": figures,
        "not_shown": not_shown, "days": changes.DAYS,
    }  # fmt: skip
    return render(request, "dashboards/review.html", context)
