"""今日: what to do now, for one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from activities.models import Todo
from crm.lib import fiscal
from crm.lib.questions import Asked, ask, together
from dashboards import missing
from dashboards.figures import kpis, links, periods, sales
from dashboards.figures import today as own
from dashboards.models import Target
from leads.models import Lead
from pipeline.models import Deal
from staff import access
from staff.http import Request
from staff.readers import Reader


@require_safe
@access.signed_in
def today(request: Request) -> HttpResponse:
    """今なにをすればいいか: follow-ups, what deals lack, waiting leads, the own week."""
    user, now = request.user, timezone.now()
    day, profile = timezone.localdate(now), user.company
    figures = _figures(Reader.of(user), profile.fiscal_start_month).answers()
    context = {
        "day": day,
        "week": periods.week_of(day),
        "company_name": profile.name,
        "all_deals_url": links.deals(owner=user.pk),
        "waiting_url": links.waiting_leads(owner=user.pk),
        "in_hand": missing.with_missing(own.deals_in_hand(Reader.of(user)), day),
        "nearly_stalled": [] if figures["counts"].count else own.nearly_stalled(user, day),
        **_follow_ups(request, figures["counts"], day),
        **figures,
        "waiting": own.with_clocks(figures["waiting"], user, now),
    }
    return render(request, "dashboards/today.html", context)


@lru_cache(maxsize=500)
def _figures(reader: Reader, start_month: int) -> Asked:
    """Put together once for a reader and a day: that takes longer than to ask."""
    user, day = reader.user, reader.day
    spans = periods.with_previous(fiscal.quarter_of(day, start_month))
    mine = Deal.objects.visible_to(user).filter(owner=user)
    leads = Lead.objects.visible_to(user).filter(owner=user)
    targets = Target.objects.visible_to(user).filter(user=user)
    return together(
        counts=own.follow_up_counts(user, day),
        waiting=own.waiting_leads(user),
        efforts=own.own_efforts(user, day),
        expected=sales.expected(mine, targets, periods.month_of(day), day, owner=user.pk),
        rate=kpis.lead_to_deal_rate(leads, *spans, owner=user.pk),
    )


@require_safe
@access.signed_in
def follow_ups(request: Request) -> HttpResponse:
    """The list of follow-ups alone, in another order."""
    if not request.htmx:
        return redirect(f"{reverse('dashboards:today')}?{request.GET.urlencode()}")
    day = timezone.localdate()
    counts = ask(own.follow_up_counts(request.user, day))
    nearly = [] if counts.count else own.nearly_stalled(request.user, day)
    context = {"counts": counts, "nearly_stalled": nearly, **_follow_ups(request, counts, day)}
    return render(request, "dashboards/_follow_ups.html", context)


@dataclass(frozen=True)
class Group:
    key: str
    label: str
    count: int
    todos: list[Todo]


def _follow_ups(request: Request, counts: own.FollowUps, day: date) -> dict[str, Any]:
    order = request.GET.get("sort", "")
    if order not in own.TODO_ORDERS:
        order = "due"
    most = own.ALL_TODOS if request.GET.get("all") else own.MOST_TODOS
    todos = own.follow_ups(Reader.of(request.user), order, most) if counts.count else []
    groups = [
        Group("overdue", _("Overdue"), counts.overdue, [t for t in todos if t.due_on < day]),
        Group("today", _("Today"), counts.today, [t for t in todos if t.due_on == day]),
        Group("week", _("This week"), counts.week, [t for t in todos if t.due_on > day]),
    ]
    orders = [("due", _("Due")), ("amount", _("Amount")), ("score", _("Score"))]
    not_shown = counts.count - len(todos)
    may_show = not_shown > 0 and most == own.MOST_TODOS
    return {
        "groups": groups,
        "order": order,
        "orders": orders,
        "not_shown": not_shown,
        "may_show_all": may_show,
    }
