"""今日, チーム, 経営. Each page asks its figures together and hands them to its template."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from activities import todos
from activities.models import Todo
from crm.lib import fiscal, htmx
from crm.lib.questions import ask, ask_together
from dashboards import charts
from dashboards.figures import business as company
from dashboards.figures import kpis, links, outlook, periods, sales
from dashboards.figures import team as teams
from dashboards.figures import today as own
from dashboards.forms import NextActionForm
from dashboards.models import Target
from leads.models import Lead
from pipeline import exit_criteria
from pipeline.models import Deal, ExitCriterion
from staff import access, roles
from staff.http import Request
from staff.models import CompanyProfile, User
from staff.once import once

# 今日 ----------------------------------------------------------------------------------------------


@require_safe
@access.signed_in
def today(request: Request) -> HttpResponse:
    """今なにをすればいいか: follow-ups, what deals lack, waiting leads, the own week."""
    user, now = request.user, timezone.now()
    day, profile = timezone.localdate(now), user.company
    quarter = fiscal.quarter_of(day, profile.fiscal_start_month)
    mine = Deal.objects.visible_to(user).filter(owner=user)
    targets = Target.objects.visible_to(user).filter(user=user)
    figures = ask_together(
        counts=own.follow_up_counts(user, day),
        waiting=own.waiting_leads(user, now),
        efforts=own.own_efforts(user, day),
        expected=sales.expected(mine, targets, periods.month_of(day), day, owner=user.pk),
        rate=kpis.lead_to_deal_rate(
            Lead.objects.visible_to(user).filter(owner=user), *_with_previous(quarter), owner=user.pk
        ),
    )
    context = {
        "day": day,
        "week": periods.week_of(day),
        "company_name": profile.name,
        "all_deals_url": links.deals(owner=user.pk),
        "waiting_url": links.waiting_leads(owner=user.pk),
        "in_hand": _with_missing(own.deals_in_hand(user)[: own.MOST_DEALS], day),
        "nearly_stalled": [] if figures["counts"].count else own.nearly_stalled(user, day),
        **_follow_ups(request, figures["counts"], day),
        **figures,
    }
    return render(request, "dashboards/today.html", context)


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
    todos = own.follow_ups(request.user, day, order) if counts.count else []
    groups = [
        Group("overdue", _("Overdue"), counts.overdue, [t for t in todos if t.due_on < day]),
        Group("today", _("Today"), counts.today, [t for t in todos if t.due_on == day]),
        Group("week", _("This week"), counts.week, [t for t in todos if t.due_on > day]),
    ]
    orders = [("due", _("Due")), ("amount", _("Amount")), ("score", _("Score"))]
    return {"groups": groups, "order": order, "orders": orders, "not_shown": counts.count - len(todos)}


# How many missing criteria a row of the team names; the deal's page names all.
MOST_MISSING = 2


@dataclass(frozen=True)
class DealAndMissing:
    """A deal with the criteria of its stage that are not met yet."""

    deal: Deal
    missing: list[ExitCriterion]
    days_in_stage: int

    @property
    def shown(self) -> list[ExitCriterion]:
        return self.missing[:MOST_MISSING]

    @property
    def not_shown(self) -> int:
        return len(self.missing) - len(self.shown)


def _with_missing(deals: Any, day: date) -> list[DealAndMissing]:
    deals = list(deals)
    found = exit_criteria.statuses_of_many(deals) if deals else {}
    return [
        DealAndMissing(
            deal,
            missing=[status.criterion for status in found[deal.pk] if not status.is_met],
            days_in_stage=(day - timezone.localdate(deal.stage_entered_at)).days,
        )
        for deal in deals
    ]


# チーム ---------------------------------------------------------------------------------------------


@require_safe
@access.requires("lead a team")
def team(request: Request) -> HttpResponse:
    """今週どこに手を打つか: five figures, stalled deals, deals without a next action, pass rates, load."""
    user, profile = request.user, request.user.company
    day = timezone.localdate()
    quarter = fiscal.quarter_of(day, profile.fiscal_start_month)
    deals = Deal.objects.visible_to(user)
    spans = _with_previous(quarter)
    figures = ask_together(
        expected=sales.expected(deals, _targets_of_team(user), periods.month_of(day), day),
        stalled=teams.stalled(deals, day),
        idle=teams.without_next_action(deals),
        rate=kpis.lead_to_deal_rate(Lead.objects.visible_to(user), *spans),
        lead_time=kpis.lead_time(deals, *spans),
        stages=kpis.stage_rates(deals, *spans),
        load=teams.load(user, deals, day),
    )
    decide = teams.deals_to_decide(user, day)
    missing = {row.deal.pk: row for row in _with_missing(decide.all, day)}
    context = {
        "day": day,
        "company_name": profile.name,
        "whole_company": roles.can(user, "read everything"),
        "stalled_rows": [missing[deal.pk] for deal in decide.stalled],
        "idle_rows": [_idle_row(user, missing[deal.pk], day, profile) for deal in decide.without_next_action],
        **_fallen(figures["stages"], figures["stalled"]),
        "loads": charts.loads(figures["load"]),
        "load_kinds": charts.load_legend(),
        **figures,
    }
    return render(request, "dashboards/team.html", context)


def _fallen(stages: list[kpis.StageRates], stalled: teams.Stalled) -> dict[str, Any]:
    """The stage to speak about, with the deals that stall in it now."""
    fallen = teams.fallen(stages)
    if fallen is None:
        return {"fallen": None}
    stage = fallen.stage.pk
    return {
        "fallen": fallen,
        "fallen_stalled": stalled.by_stage.get(stage, 0),
        "fallen_url": links.deals(stage=stage, stalled=1),
    }


def _targets_of_team(user: User) -> Any:
    targets = Target.objects.visible_to(user)
    if roles.can(user, "read everything"):
        return targets.of_company()
    return targets.filter(team=user.team_id)


@dataclass(frozen=True)
class IdleRow:
    """A deal without a next action, with the form that gives it one (none for those who may not change the deal)."""

    deal: Deal
    form: NextActionForm | None
    done: Todo | None = None


def _idle_row(user: User, found: DealAndMissing, day: date, profile: CompanyProfile) -> IdleRow:
    if not access.allows(user, "edit deal", found.deal):
        return IdleRow(found.deal, None)
    form = NextActionForm(
        today=day,
        calendar=profile.calendar(),
        prefix=f"deal-{found.deal.pk}",
        initial={"title": _drafted_title(found.missing)},
    )
    return IdleRow(found.deal, form)


def _drafted_title(missing: list[ExitCriterion]) -> str:
    """The first thing that the stage still lacks, as something to do."""
    if not missing:
        return _("Agree on the next step")
    return _("Settle: %(criterion)s") % {"criterion": missing[0]}


@require_POST
@access.requires("lead a team")
@once
def next_action(request: Request, pk: int) -> HttpResponse:
    """Gives the deal of a row its next action: a todo of the deal's owner."""
    deal = access.get_for(request.user, Deal.objects.for_cards(), pk, to="edit deal")
    profile = request.user.company
    form = NextActionForm(
        request.POST, today=timezone.localdate(), calendar=profile.calendar(), prefix=f"deal-{deal.pk}"
    )
    row, toast = IdleRow(deal, form), ""
    if form.is_valid():
        todo = todos.add_todo(owner=deal.owner, by=request.user, deal=deal, **form.cleaned_data)
        row = IdleRow(deal, None, todo)
        toast = _("%(name)s has a next action.") % {"name": deal.name}
    context = {"row": row, "form": form}
    return htmx.answer(request, "dashboards/_idle_row.html", context, page="dashboards:team", toast=toast)


# 経営 ----------------------------------------------------------------------------------------------


@require_safe
@access.requires("see the business")
def business(request: Request) -> HttpResponse:
    """今期はいくらになるか: the quarter, where deals come from, how long they take, why they are lost."""
    user, now, profile = request.user, timezone.now(), request.user.company
    day = timezone.localdate(now)
    this_quarter = fiscal.quarter_of(day, profile.fiscal_start_month)
    quarter = _quarter_asked_for(request, this_quarter)
    period, before = _with_previous(quarter)
    year_before = periods.of_quarter(quarter.plus(-4))
    deals, leads = Deal.objects.visible_to(user), Lead.objects.visible_to(user)
    figures = ask_together(
        expected=sales.expected(deals, Target.objects.visible_to(user).of_company(), period, day),
        outlook=outlook.outlook(user, period),
        courses=company.won_day_by_day(deals, period, year_before),
        pullable=company.pullable(deals, period, day),
        channels=company.channels(leads, deals, periods.last_days(day, company.CHANNEL_DAYS)),
        lead_time=kpis.lead_time(deals, period, before),
        months=kpis.lead_time_by_month(deals, periods.last_months(day, 12)),
        losses=company.losses(deals, period, before),
    )
    expected, is_over = figures["expected"], quarter < this_quarter
    forecast = figures["outlook"] = None if is_over else figures["outlook"]
    gap = forecast.gap(expected.target) if forecast else expected.gap
    context = {
        "now": now,
        "quarter": quarter,
        "last_year": quarter.plus(-4),
        "quarters": [fiscal.Quarter(quarter.year, n, quarter.start_month) for n in (1, 2, 3, 4)],
        "company_name": profile.name,
        "is_over": is_over,
        "gap": gap,
        "percent": int(100 * forecast.point / expected.target)
        if forecast and expected.target
        else expected.percent,
        "way": None if is_over else company.way_to_target(gap, figures["pullable"]),
        "course": charts.course(figures["courses"], expected, period, year_before, day, forecast),
        "reasons": charts.reasons(figures["losses"].rows),
        "lead_times": charts.lead_times(figures["months"], day),
        **figures,
    }
    return render(request, "dashboards/business.html", context)


def _quarter_asked_for(request: Request, this_quarter: fiscal.Quarter) -> fiscal.Quarter:
    """`?quarter=2026-2`; anything else is the current one."""
    year, _dash, number = request.GET.get("quarter", "").partition("-")
    is_year = year.isascii() and year.isdigit() and 2000 <= int(year[:5]) <= this_quarter.year + 1
    if not is_year or number not in ("1", "2", "3", "4"):
        return this_quarter
    return fiscal.Quarter(int(year), int(number), this_quarter.start_month)


def _with_previous(quarter: fiscal.Quarter) -> tuple[periods.Period, periods.Period]:
    return periods.of_quarter(quarter), periods.of_quarter(quarter.previous())
