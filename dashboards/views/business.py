"""経営: how much the quarter becomes."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm.lib import fiscal
from dashboards import charts
from dashboards.channels import costs
from dashboards.figures import asking, outlook, periods, rolled
from dashboards.figures import business as company
from dashboards.models import Target
from pipeline.models import Deal
from staff import access
from staff.http import Request
from staff.readers import Reader


@require_safe
@access.requires("see the business")
def business(request: Request) -> HttpResponse:
    """今期はいくらになるか: the quarter, where deals come from, how long they take, why they are lost."""
    user, now, profile = request.user, timezone.now(), request.user.company
    day = timezone.localdate(now)
    this_quarter = fiscal.quarter_of(day, profile.fiscal_start_month)
    quarter = quarter_asked_for(request, this_quarter)
    period, year_before = periods.of_quarter(quarter), periods.of_quarter(quarter.plus(-4))
    figures = _figures(Reader.of(user), quarter).answers(user)
    expected, is_over = figures["expected"], quarter < this_quarter
    forecast = figures["outlook"] = None if is_over else figures["outlook"].standing(expected.won.amount)
    gap = forecast.gap(expected.target) if forecast else expected.gap
    said = forecast.point if forecast else expected.amount
    forecast_url = f"{reverse('dashboards:forecast')}?quarter={quarter.year}-{quarter.number}"
    pullable = forecast.to_pull(forecast_url) if forecast else figures["pullable"]
    context = {
        "now": now,
        "quarter": quarter,
        "last_year": quarter.plus(-4),
        "quarters": [fiscal.Quarter(quarter.year, n, quarter.start_month) for n in (1, 2, 3, 4)],
        "company_name": profile.name,
        "is_over": is_over,
        "gap": gap,
        "percent": int(100 * said / expected.target) if expected.target else None,
        "against_last_year": against(said, figures["courses"].before.total),
        "last_year_url": f"{request.path}?quarter={quarter.year - 1}-{quarter.number}",
        "way": None if is_over else company.way_to_target(gap, pullable),
        "forecast_url": forecast_url,
        "course": charts.course(figures["courses"], expected, period, year_before, day, forecast),
        "reasons": charts.reasons(figures["losses"].rows),
        "lead_times": charts.lead_times(figures["year"].months, day),
        "bands": charts.bands(figures["year"].bands),
        "channel_rows": costs.with_costs(figures["channels"], figures["costs"]),
        **figures,
    }
    return render(request, "dashboards/business.html", context)


@lru_cache(maxsize=200)
def _figures(reader: Reader, quarter: fiscal.Quarter) -> asking.Asked:
    """Put together once for a reader, a day and a quarter: that takes longer than to ask."""
    user, day = reader.user, reader.day
    period, before = periods.with_previous(quarter)
    return asking.together(
        expected=rolled.expected(Target.objects.visible_to(user).of_company(), period, day),
        outlook=outlook.outlook(user, quarter),
        courses=company.won_day_by_day(period, periods.of_quarter(quarter.plus(-4))),
        pullable=company.pullable(Deal.objects.visible_to(user), period, day),
        channels=company.channels(periods.last_days(day, company.CHANNEL_DAYS)),
        costs=costs.spent(user, periods.last_days(day, company.CHANNEL_DAYS)),
        lead_time=rolled.lead_time(period, before),
        year=rolled.lead_times(periods.last_months(day, 12)),
        losses=company.losses(period, before),
    )


def against(amount: Decimal, before: Decimal) -> int | None:
    """By how many percent it is more; None against nothing."""
    return round(100 * (amount - before) / before) if before else None


def quarter_asked_for(request: Request, this_quarter: fiscal.Quarter) -> fiscal.Quarter:
    """`?quarter=2026-2`; anything else is the current one."""
    year, _dash, number = request.GET.get("quarter", "").partition("-")
    is_year = year.isascii() and year.isdigit() and 2000 <= int(year[:5]) <= this_quarter.year + 1
    if not is_year or number not in ("1", "2", "3", "4"):
        return this_quarter
    return fiscal.Quarter(int(year), int(number), this_quarter.start_month)
