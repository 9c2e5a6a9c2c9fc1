"""When does a deal stand still, and who hears of it? Rules for administrators; putting one off for its owner."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.lib import htmx, workdays
from pipeline import own_history, stall_settings, stalls
from pipeline.models import Deal, Stage
from pipeline.stall_forms import SnoozeForm, StallRulesForm
from pipeline.views import dialogs
from staff import access, versions
from staff.access import get_for
from staff.http import Request
from staff.once import once


@access.requires("administer")
@require_GET
def stall_rules(request: Request) -> HttpResponse:
    """Opens with the first stage."""
    first = Stage.objects.filter(pipeline__is_default=True, kind=Stage.Kind.OPEN).order_by("position")[0]
    return redirect("pipeline:stall-rules-of", first.pk)


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def stall_rules_of(request: Request, pk: int) -> HttpResponse:
    """The rules of one stage, with what the company's own won deals say beside them."""
    shown = get_object_or_404(Stage, pk=pk, kind=Stage.Kind.OPEN)
    if request.method == "GET":
        return _show(request, shown, StallRulesForm.of(shown))
    form = StallRulesForm(request.POST)
    if not form.is_valid():
        return _show(request, shown, form, 422)
    values = form.cleaned_data
    try:
        stall_settings.change_rules(
            shown, form.wanted, patience_days=values["patience_days"],
            tell_manager_after=values["tell_manager_after"], seen=values["seen"], by=request.user,
        )  # fmt: skip
    except versions.Stale:
        form.add_error(None, _("Somebody changed this stage meanwhile. Look at it once more and save."))
        return _show(request, shown, form, 409)
    return htmx.redirect(
        request,
        reverse("pipeline:stall-rules-of", args=[pk]),
        toast=_("Saved. The stage's deals follow in a moment."),
    )


def _show(request: Request, shown: Stage, form: StallRulesForm, status: int = 200) -> HttpResponse:
    today = timezone.localdate()
    counts = (
        Deal.objects.open()
        .filter(stage=shown)
        .aggregate(open_count=Count("pk"), stalled_count=Count("pk", filter=Q(stalls_on__lte=today)))
    )
    context = {
        "stage": shown,
        "form": form,
        "stages": list(
            Stage.objects.filter(pipeline=shown.pipeline_id, kind=Stage.Kind.OPEN).order_by("position")
        ),
        "stay": own_history.stays(timezone.now()).get(shown.pk),
        **counts,
    }
    return render(request, "pipeline/stall_rules.html", context, status=status)


@access.signed_in
@require_http_methods(["GET", "POST"])
@once
def deal_snooze(request: Request, pk: int) -> HttpResponse:
    """Puts the alert of a deal off, with a word why."""
    deal = get_for(request.user, Deal.objects.for_page(), pk, to="edit deal")
    in_a_week = workdays.add(timezone.localdate() + timedelta(days=7), 0, request.user.company.calendar())
    form = SnoozeForm(request.POST or None, initial={"until": in_a_week})
    if request.method == "POST" and form.is_valid():
        stalls.snooze(deal, form.cleaned_data["until"], form.cleaned_data["reason"], by=request.user)
        undo = reverse("pipeline:deal-waking", args=[pk])
        return htmx.redirect(request, deal, toast=_("Put off"), undo=undo)
    context = {"deal": deal, "form": form, "heading": _("Put the alert off")}
    return dialogs.show(request, "pipeline/_snooze.html", context, 422 if form.errors else 200)


@access.signed_in
@require_POST
def deal_waking(request: Request, pk: int) -> HttpResponse:
    """Takes a snooze back."""
    deal = get_for(request.user, Deal.objects.for_page(), pk, to="edit deal")
    stalls.wake(deal, by=request.user)
    return htmx.redirect(request, deal, toast=_("Back as it was"))
