"""What changes when I change this? Stages and their exit criteria, for administrators."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm.lib import htmx
from pipeline import method
from pipeline.forms import CriterionForm, StageForm
from pipeline.models import Deal, ExitCriterion, Stage
from pipeline.reach import met_shares
from pipeline.views import dialogs
from staff import access, versions
from staff.http import Request


@access.requires("administer")
@require_GET
def stages(request: Request) -> HttpResponse:
    """Opens with the first stage."""
    first = Stage.objects.filter(pipeline__is_default=True, kind=Stage.Kind.OPEN).order_by("position")[0]
    return redirect("pipeline:stage", first.pk)


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def stage(request: Request, pk: int) -> HttpResponse:
    """Names, probability and patience of one stage; its criteria below."""
    shown = get_object_or_404(Stage, pk=pk, kind=Stage.Kind.OPEN)
    if request.method == "GET":
        return _show(request, shown, StageForm(instance=shown))
    form = StageForm(request.POST, instance=Stage.objects.get(pk=pk))
    if not form.is_valid():
        return _show(request, shown, form, 422)
    try:
        method.edit_stage(shown, form.changes, form.base, by=request.user)
    except versions.Conflict as conflict:
        return _show(request, shown, form, 409, conflict)
    return htmx.redirect(
        request, reverse("pipeline:stage", args=[pk]), toast=_("Saved. The stage's deals follow in a moment.")
    )


def _show(
    request: Request,
    shown: Stage,
    form: StageForm,
    status: int = 200,
    conflict: versions.Conflict | None = None,
) -> HttpResponse:
    open_deals = Q(deals__closed_at=None, deals__deleted_at=None)
    stages = Stage.objects.filter(pipeline=shown.pipeline_id).order_by("position")
    rows = list(stages.annotate(open_count=Count("deals", filter=open_deals)))
    counted = {s.pk: s.open_count for s in rows}
    criteria = list(
        ExitCriterion.objects.filter(stage__pipeline=shown.pipeline_id).order_by("position", "pk")
    )
    shares = met_shares([c for c in criteria if c.stage_id == shown.pk])
    opened = [s for s in rows if s.is_open]
    context = {
        "stage": shown,
        "form": form,
        "fields": [(form[name], getattr(shown, name)) for name in form.fields],
        "conflict": [(form[n].label, mine, theirs) for n, (mine, theirs) in conflict.fields.items()]
        if conflict
        else [],
        "stages": [
            (s, n, counted[s.pk], sum(c.stage_id == s.pk for c in criteria)) for n, s in enumerate(opened, 1)
        ],
        "open_count": counted[shown.pk],
        "criteria": [(c, shares.get(c.pk)) for c in criteria if c.stage_id == shown.pk],
        "next_stage": next((s for s in rows if s.position > shown.position), None),
    }
    return render(request, "pipeline/stages.html", context, status=status)


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def criterion(request: Request, pk: int) -> HttpResponse:
    """Names, question and strength of one criterion."""
    shown = get_object_or_404(ExitCriterion.objects.select_related("stage"), pk=pk)
    form = CriterionForm(request.POST or None, instance=ExitCriterion.objects.get(pk=pk))
    context = {"criterion": shown, "form": form, "heading": str(shown), "affected": _affected(shown)}
    context["fields"] = [(form[name], getattr(shown, name)) for name in form.fields]
    if request.method == "GET":
        return dialogs.show(request, "pipeline/_criterion_edit.html", context)
    if not form.is_valid():
        return dialogs.show(request, "pipeline/_criterion_edit.html", context, 422)
    try:
        method.edit_criterion(shown, form.changes, form.base, by=request.user)
    except versions.Conflict as conflict:
        context["conflict"] = [(form[n].label, mine, theirs) for n, (mine, theirs) in conflict.fields.items()]
        return dialogs.show(request, "pipeline/_criterion_edit.html", context, 409)
    return htmx.redirect(request, reverse("pipeline:stage", args=[shown.stage_id]), toast=_("Saved"))


def _affected(shown: ExitCriterion) -> int:
    return Deal.objects.open().filter(stage=shown.stage_id).count()
