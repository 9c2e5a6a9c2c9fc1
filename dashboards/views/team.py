"""チーム: where to act this week, for who leads a team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from activities import todos
from activities.models import Todo
from crm.lib import fiscal, htmx
from dashboards import charts
from dashboards.figures import asking, kpis, links, periods, rolled
from dashboards.figures import team as teams
from dashboards.forms import NextActionForm
from dashboards.missing import DealAndMissing, with_missing
from dashboards.models import Target
from pipeline.models import Deal, ExitCriterion
from staff import access, roles
from staff.http import Request
from staff.models import CompanyProfile, User
from staff.once import once
from staff.readers import Reader

ALL_MEMBERS = 1000


@require_safe
@access.requires("lead a team")
def team(request: Request) -> HttpResponse:
    """今週どこに手を打つか: five figures, stalled deals, deals without a next action, pass rates, load."""
    user, profile = request.user, request.user.company
    day = timezone.localdate()
    figures = _figures(Reader.of(user), profile.fiscal_start_month).answers(user)
    decide = teams.deals_to_decide(user, day)
    everyone = bool(request.GET.get("everyone"))
    members = figures["load"].shown(ALL_MEMBERS if everyone else teams.MOST_MEMBERS)
    missing = {row.deal.pk: row for row in with_missing(decide.all, day)}
    context = {
        "day": day,
        "company_name": profile.name,
        "whole_company": roles.can(user, "read everything"),
        "stalled_rows": [missing[deal.pk] for deal in decide.stalled],
        "idle_rows": [_idle_row(user, missing[deal.pk], day, profile) for deal in decide.without_next_action],
        "is_last_week": day not in figures["load"].week,
        **_fallen(user, figures["stages"], figures["stalled"], day),
        "loads": charts.loads(members, figures["load"].most),
        "members_not_shown": len(figures["load"].members) - len(members),
        "load_kinds": charts.load_legend(),
        **figures,
    }
    return render(request, "dashboards/team.html", context)


@lru_cache(maxsize=200)
def _figures(reader: Reader, start_month: int) -> asking.Asked:
    """Put together once for a reader and a day: that takes longer than to ask."""
    user, day = reader.user, reader.day
    spans = periods.with_previous(fiscal.quarter_of(day, start_month))
    return asking.together(
        expected=rolled.expected(_targets_of_team(user), periods.month_of(day), day),
        stalled=teams.stalled(day),
        idle=teams.without_next_action(),
        rate=rolled.lead_to_deal_rate(*spans),
        lead_time=rolled.lead_time(*spans),
        stages=rolled.stage_rates(user, *spans),
        load=teams.load(user, day),
        clocks=teams.clocks(day),
    )


def _fallen(user: User, stages: list[kpis.StageRates], stalled: teams.Stalled, day: date) -> dict[str, Any]:
    """The stage to speak about, with the deals that stall in it now and what most of them lack."""
    fallen = teams.fallen(stages)
    if fallen is None:
        return {"fallen": None}
    stage = fallen.stage.pk
    return {
        "fallen": fallen,
        "fallen_stalled": stalled.by_stage.get(stage, 0),
        "fallen_url": links.deals(stage=stage, stalled=1),
        "most_missing": teams.most_missing(user, fallen.stage, day) if stalled.by_stage.get(stage) else None,
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
