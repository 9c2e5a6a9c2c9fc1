"""Why do we win, and why do we lose? The comparison, and the lists of reasons for administrators."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.lib import fiscal, htmx
from pipeline import outcomes, reasons
from pipeline.deal_filters import Narrowing
from pipeline.forms import ReasonForm
from staff import access, versions
from staff.http import Request
from staff.once import once

SHOWN = 4


@access.signed_in
@require_GET
def deal_outcomes(request: Request) -> HttpResponse:
    """Won and lost deals of a quarter side by side, beside the quarters before."""
    today = timezone.localdate()
    narrowing = Narrowing.of(request.user, request.GET, today).only_whose()
    current = fiscal.quarter_of(today, request.user.company.fiscal_start_month)
    choices = {f"{q.year}-{q.number}": q for q in (current.plus(n) for n in range(1 - SHOWN, 1))}
    quarter = choices.get(request.GET.get("quarter", ""), current)
    compared = outcomes.read(narrowing, quarter)
    context = {
        "compared": compared,
        "now": compared.whole.now,
        "quarter": quarter,
        "quarters": [(choice, key) for key, choice in choices.items()],
        "chips": narrowing.chips,
        "query": narrowing.query(**{"from": quarter.first.isoformat(), "to": quarter.last.isoformat()}),
        "deals": reverse("pipeline:list"),
        "enough": outcomes.ENOUGH,
        "most": outcomes.MOST,
    }
    return render(request, "pipeline/outcomes.html", context)


@access.requires("administer")
@require_GET
def outcome_reasons(request: Request) -> HttpResponse:
    """Both lists, each reason with how many deals name it."""
    return _page(request)


def _page(request: Request, status: int = 200, **forms: Any) -> HttpResponse:
    lists = [
        (outcome, label, reasons.lines(outcome), forms.get(outcome) or ReasonForm(prefix=outcome))
        for outcome, label in (("lost", _("Why deals are lost")), ("won", _("Why deals are won")))
    ]
    return render(request, "pipeline/reasons.html", {"lists": lists}, status=status)


@access.requires("administer")
@require_POST
@once
def reason_new(request: Request, outcome: str) -> HttpResponse:
    """A further reason at the end of its list."""
    _require(outcome)
    form = ReasonForm(request.POST, prefix=outcome)
    if not form.is_valid():
        return _page(request, 422, **{outcome: form})
    reason = reasons.add(outcome, by=request.user, **form.names)
    return htmx.redirect(request, "pipeline:reasons", toast=_("%(name)s is in the list") % {"name": reason})


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def reason(request: Request, outcome: str, pk: int) -> HttpResponse:
    """Another name for a reason."""
    row = _get(outcome, pk)
    names = {"name_ja": row.name_ja, "name_en": row.name_en, "seen": row.version}
    form = ReasonForm(request.POST if request.method == "POST" else None, initial=names)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                reasons.rename(
                    outcome, row, by=request.user, seen=form.cleaned_data["seen"] or 0, **form.names
                )
                return htmx.redirect(request, "pipeline:reasons", toast=_("Saved"))
            except versions.Stale:
                form.add_error(
                    None, _("Somebody changed this reason meanwhile. Look at it once more and save.")
                )
                status = 409
    return render(
        request, "pipeline/reason.html", {"reason": row, "outcome": outcome, "form": form}, status=status
    )


@access.requires("administer")
@require_POST
def reason_state(request: Request, outcome: str, pk: int) -> HttpResponse:
    """Retires a reason or offers it again."""
    row = _get(outcome, pk)
    row = reasons.set_active(outcome, row, "retire" not in request.POST, by=request.user)
    words = _("%(name)s is offered again") if row.is_active else _("%(name)s is retired; deals keep it")
    return htmx.redirect(request, "pipeline:reasons", toast=words % {"name": row})


@access.requires("administer")
@require_POST
def reason_place(request: Request, outcome: str, pk: int) -> HttpResponse:
    """One place up or down."""
    reasons.place(outcome, _get(outcome, pk), -1 if "up" in request.POST else 1, by=request.user)
    return htmx.redirect(request, "pipeline:reasons")


@access.requires("administer")
@require_POST
def reason_removal(request: Request, outcome: str, pk: int) -> HttpResponse:
    """Takes a reason out that no deal ever named."""
    row = _get(outcome, pk)
    try:
        reasons.delete(outcome, row, by=request.user)
        toast = _("%(name)s is taken out") % {"name": row}
    except reasons.InUse:
        toast = _("Deals name %(name)s, so it stays. It can be retired.") % {"name": row}
    return htmx.redirect(request, "pipeline:reasons", toast=toast)


def _require(outcome: str) -> None:
    if outcome not in reasons.LISTS:
        raise Http404


def _get(outcome: str, pk: int) -> Any:
    _require(outcome)
    return get_object_or_404(reasons.LISTS[outcome], pk=pk)
