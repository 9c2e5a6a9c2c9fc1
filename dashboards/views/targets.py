"""Targets by company, team, person and quarter; and when the fiscal year begins."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.lib import fiscal, htmx
from dashboards.targets import setting, table
from dashboards.targets.forms import FiscalStartForm, RowForm
from staff import access, fiscal_year, roles, versions
from staff.http import Request


@require_http_methods(["GET", "POST"])
@access.requires("lead a team")
def targets(request: Request) -> HttpResponse:
    """What is wanted of whom in the four quarters of a year. A POST sets the row that it names."""
    year = _year_asked_for(request)
    forms = [RowForm(row) for row in table.rows(request.user, year)]
    if request.method == "GET":
        return render(request, "dashboards/targets.html", _context(request, year, forms))
    number = next((n for n, form in enumerate(forms) if form.row.key == request.POST.get("row")), None)
    if number is None:
        raise Http404
    row = forms[number].row
    access.require(request.user, "set target", row.subject)
    form = forms[number] = RowForm(row, request.POST)
    overtaken = False
    if form.is_valid():
        for quarter, amount, seen in form.amounts():
            overtaken |= not setting.set_target(row.subject, quarter, amount, by=request.user, base=seen)
        fresh = next(r for r in table.rows(request.user, year) if r.key == row.key)
        form = forms[number] = RowForm(fresh)
    context = _context(request, year, forms) | {"form": form, "overtaken": overtaken}
    return htmx.answer(
        request, "dashboards/_target_row.html", context, page=f"{request.path}?year={year}",
        full="dashboards/targets.html", status=409 if overtaken else 0, toast="" if form.errors else _("Saved"),
    )  # fmt: skip


def _year_asked_for(request: Request) -> int:
    """`?year=2026`; anything else is the current one."""
    this_year = fiscal.year_of(timezone.localdate(), request.user.company.fiscal_start_month)
    said = request.GET.get("year") or request.POST.get("year") or ""
    is_year = said.isascii() and said.isdigit() and len(said) == 4 and 2000 <= int(said) <= this_year + 2
    return int(said) if is_year else this_year


def _context(request: Request, year: int, forms: list[RowForm]) -> dict[str, Any]:
    profile = request.user.company
    quarters = [fiscal.Quarter(year, n, profile.fiscal_start_month) for n in (1, 2, 3, 4)]
    start = FiscalStartForm(initial={"seen": profile.version, "month": profile.fiscal_start_month})
    return {
        "year": year,
        "quarters": quarters,
        "forms": forms,
        "start_form": start if roles.can(request.user, "administer") else None,
    }


@require_POST
@access.requires("administer")
def fiscal_start(request: Request) -> HttpResponse:
    """Another first month of the fiscal year."""
    form = FiscalStartForm(request.POST)
    toast = _("Saved. Quarters and targets follow at once.")
    try:
        if not form.is_valid():
            toast = _("Choose a month.")
        else:
            fiscal_year.change_start(
                form.cleaned_data["month"], seen=form.cleaned_data["seen"], by=request.user
            )
    except versions.Stale:
        toast = _("Somebody changed the settings meanwhile. Look once more.")
    return htmx.redirect(request, "dashboards:targets", toast=toast)
