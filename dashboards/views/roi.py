"""ROI: what the change brought, on one printed page, with the rows behind it."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.lib import htmx, sheets
from dashboards.models import CrmCost
from dashboards.roi import costs, gathering, statement
from dashboards.roi.forms import CostForm, RoiForm
from dashboards.roi.roi_events import RoiEvent
from dashboards.roi.showing import shown
from staff import access, events
from staff.http import Request
from staff.models import Team


def _form(request: Request) -> RoiForm:
    teams = list(Team.objects.filter(parent__isnull=False).order_by("path"))
    return RoiForm(teams, timezone.localdate(), request.user.company.fiscal_start_month, request.GET or None)


@require_safe
@access.requires("see the business")
def roi(request: Request) -> HttpResponse:
    """Win rate × amount × lead time against a baseline, in yen, beside the cost."""
    form = _form(request)
    context = {"form": form, "now": timezone.now(), "company_name": request.user.company.name}
    paid = _paid(request)
    context |= {"costs": paid, "cost_form": _cost_form()}
    if form.is_valid():
        question = form.question(paid)
        gathered = gathering.gather(request.user, question)
        found = statement.state(gathered.rows, question.cost, question.margin_percent / 100)
        context |= {"question": question, "shown": shown(found, gathered)}
    # The business page asks for the short form.
    template = "dashboards/_roi_brief.html" if request.htmx else "dashboards/roi.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _paid(request: Request) -> list[CrmCost]:
    return list(CrmCost.objects.visible_to(request.user).select_related("set_by"))


def _cost_form() -> CostForm:
    return CostForm(initial={"month": timezone.localdate().replace(day=1)})


@require_POST
@access.requires("see the business")
def roi_costs(request: Request) -> HttpResponse:
    """What the CRM costs from a month on; an empty amount takes the row of that month away."""
    cost_form = CostForm(request.POST)
    if not cost_form.is_valid():
        context = {"form": _form(request), "costs": _paid(request), "cost_form": cost_form}
        return render(request, "dashboards/roi.html", context, status=422)
    month = cost_form.cleaned_data["month"].replace(day=1)
    said = request.POST.get(f"base-{month:%Y%m}", "")
    seen = Decimal(said) if said.isascii() and said.isdigit() and len(said) < 16 else None
    kept = costs.set_cost(month, cost_form.cleaned_data["amount"], by=request.user, base=seen)
    toast = _("Saved") if kept else _("Somebody else typed meanwhile; what they wrote stays. Look once more.")
    return htmx.redirect(request, "dashboards:roi", toast=toast)


@require_safe
@access.requires("see the business")
def roi_rows(request: Request) -> HttpResponse | StreamingHttpResponse:
    """The rows as CSV: the statement can be computed from them alone. That they were taken is written down."""
    form = _form(request)
    if not form.is_valid():
        context = {"form": form, "costs": _paid(request), "cost_form": _cost_form()}
        return render(request, "dashboards/roi.html", context, status=422)
    gathered = gathering.gather(request.user, form.question([]))
    with transaction.atomic():
        events.record(RoiEvent.EXPORTED, request.user, by=request.user, rows=len(gathered.rows))
    response = StreamingHttpResponse(
        sheets.write_csv(gathering.as_table(gathered.rows)), content_type="text/csv"
    )
    response["Content-Disposition"] = 'attachment; filename="roi-rows.csv"'
    return response
