"""見込みの中身: what makes the forecast up, and what it would be if deals went otherwise."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.lib import fiscal, htmx
from crm.lib.questions import ask
from crm.lib.text import clean_text
from dashboards.figures import periods, sales
from dashboards.models import Scenario, Target
from dashboards.whatif import playing
from dashboards.whatif.playing import Said
from staff import access
from staff.http import Request
from staff.once import once

MOST_SCENARIOS = 20


@require_safe
@access.requires("see the business")
def forecast(request: Request) -> HttpResponse:
    """The quarter's forecast deal by deal. What is toggled stands in the address, so that it can be sent."""
    quarter = quarter_asked_for(request)
    scenario = _scenario(request, quarter)
    said = playing.from_scenario(scenario.changes) if scenario else playing.read(request.GET)
    context = _context(request, quarter, said) | {
        "scenario": scenario,
        "unread": playing.unread(request.GET),
    }
    template = "dashboards/_forecast.html" if request.htmx else "dashboards/forecast.html"
    return render(request, template, context)


def quarter_asked_for(request: Request) -> fiscal.Quarter:
    """The current quarter, or the next one (`?quarter=2026-3`): no others are forecast."""
    this = fiscal.quarter_of(timezone.localdate(), request.user.company.fiscal_start_month)
    return next(
        (q for q in (this, this.next()) if request.GET.get("quarter") == f"{q.year}-{q.number}"), this
    )


def _scenario(request: Request, quarter: fiscal.Quarter) -> Scenario | None:
    pk = request.GET.get("scenario", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    return Scenario.objects.visible_to(request.user).filter(pk=pk, first_on=quarter.first).first()


def _context(request: Request, quarter: fiscal.Quarter, said: dict[int, Said]) -> dict[str, Any]:
    user, today = request.user, timezone.localdate()
    period = periods.of_quarter(quarter)
    this = fiscal.quarter_of(today, quarter.start_month)
    scenarios = Scenario.objects.visible_to(user).filter(first_on=quarter.first)[:MOST_SCENARIOS]
    kept = [(one, playing.from_scenario(one.changes)) for one in scenarios]
    ground = playing.ground(user, quarter, {*said, *(pk for _one, changes in kept for pk in changes)})
    play = playing.play(ground, said) if ground else None
    return {
        "play": play,
        "quarter": quarter,
        "quarters": [this, this.next()],
        "target": ask(sales.target(Target.objects.visible_to(user).of_company(), period)),
        "people": playing.said_by_people(user, quarter, today),
        "days": [(day, day <= quarter.last) for day in playing.days_offered(quarter, today)],
        "scenarios": [(one, ground.imagined(changes)) for one, changes in kept] if ground else [],
    }


@require_POST
@access.requires("see the business")
@once
def scenario_new(request: Request) -> HttpResponse:
    """Keeps what is toggled under a name; the same name again replaces it."""
    quarter = _quarter_sent(request)
    name, said = clean_text(request.POST.get("name", "")).strip()[:60], playing.read(request.POST)
    here = f"{reverse('dashboards:forecast')}?quarter={quarter.year}-{quarter.number}"
    if not name or not said:
        toast = _("Change a deal and give the scenario a name.")
        return htmx.redirect(request, f"{here}&{urlencode(_as_query(said))}", toast=toast)
    changes = {str(pk): one.as_json() for pk, one in said.items()}
    try:
        with transaction.atomic():
            kept = Scenario.objects.create(
                owner=request.user, name=name, first_on=quarter.first, changes=changes
            )
    except IntegrityError:
        kept = Scenario.objects.get(owner=request.user, name=name, first_on=quarter.first)
        kept.changes = changes
        kept.save(update_fields=["changes"])
    return htmx.redirect(request, f"{here}&scenario={kept.pk}", toast=_("%(name)s is kept") % {"name": name})


def _quarter_sent(request: Request) -> fiscal.Quarter:
    this = fiscal.quarter_of(timezone.localdate(), request.user.company.fiscal_start_month)
    sent = request.POST.get("quarter")
    return next((q for q in (this, this.next()) if sent == f"{q.year}-{q.number}"), this)


def _as_query(said: dict[int, Said]) -> dict[str, str]:
    keys = {"outcome": "o", "amount": "a", "close_on": "c"}
    return {f"{keys[name]}-{pk}": value for pk, one in said.items() for name, value in one.as_json().items()}


@require_POST
@access.requires("see the business")
def scenario_removal(request: Request, pk: int) -> HttpResponse:
    """Throws a scenario of one's own away."""
    found = access.get_for(request.user, Scenario.objects.filter(), pk, to="see")
    name = found.name
    found.delete()
    return htmx.redirect(request, "dashboards:forecast", toast=_("%(name)s is removed") % {"name": name})
