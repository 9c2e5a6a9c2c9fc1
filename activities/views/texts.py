"""Which words do we begin with, and which of them win? Templates of minutes, proposals and mails."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activities.models import TextTemplate, TextVersion
from activities.texts import editing, rates
from activities.texts.forms import TextForm
from activities.texts.rates import Rate
from crm.lib import htmx
from pipeline.models import Stage
from pipeline.outcomes import ENOUGH
from staff import access, roles, versions
from staff.http import Request
from staff.once import once

MOST = 200


@dataclass(frozen=True)
class Row:
    """A version with its figures; of a template the one in use stands for it."""

    version: TextVersion
    rate: Rate
    stages: list[str]


@access.signed_in
@require_safe
def texts(request: Request) -> HttpResponse:
    """All templates by kind, each with the version in use and what became of it."""
    found, stages = rates.by_version(request.user), _stages()
    rows = (
        TextVersion.objects.select_related("template")
        .order_by("template_id", "-number")
        .distinct("template_id")
    )
    shown = [_row(version, found, stages) for version in rows[:MOST]]
    shown.sort(key=lambda row: (not row.version.template.is_active, row.version.template.name))
    context = {
        "kinds": [
            (kind, [r for r in shown if r.version.template.kind == kind]) for kind in TextTemplate.Kind
        ],
        "may_edit": roles.can(request.user, "administer"),
        "enough": ENOUGH,
    }
    return render(request, "activities/texts.html", context)


@access.signed_in
@require_safe
def text(request: Request, pk: int) -> HttpResponse:
    """One template: its versions, the newest first, each with its words and its figures."""
    template = get_object_or_404(TextTemplate, pk=pk)
    found, stages = rates.by_version(request.user), _stages()
    rows = TextVersion.objects.filter(template=template).select_related("template", "by").order_by("-number")
    context = {
        "template": template,
        "rows": [_row(version, found, stages) for version in rows[:MOST]],
        "may_edit": roles.can(request.user, "administer"),
        "enough": ENOUGH,
    }
    return render(request, "activities/text.html", context)


def _stages() -> dict[int, str]:
    return {stage.pk: str(stage) for stage in Stage.objects.filter(kind=Stage.Kind.OPEN)}


def _row(version: TextVersion, found: dict[int, Rate], stages: dict[int, str]) -> Row:
    named = [stages[pk] for pk in version.template.stage_ids if pk in stages]
    return Row(version, found.get(version.pk, Rate()), named)


@access.requires("administer")
@require_http_methods(["GET", "POST"])
@once
def text_new(request: Request) -> HttpResponse:
    form = TextForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = editing.save(form.cleaned_data, by=request.user)
        return htmx.redirect(request, made, toast=_("Saved"))
    return render(request, "activities/text_edit.html", {"form": form}, status=422 if form.errors else 200)


@access.requires("administer")
@require_http_methods(["GET", "POST"])
@once
def text_edit(request: Request, pk: int) -> HttpResponse:
    """Other words make a further version; who writes something from now on begins with it."""
    template = get_object_or_404(TextTemplate, pk=pk)
    newest = TextVersion.objects.filter(template=template).order_by("-number")[0]
    if request.method == "GET":
        return _edit(request, template, TextForm.of(template, newest), 200)
    form = TextForm(request.POST)
    if not form.is_valid():
        return _edit(request, template, form, 422)
    try:
        seen = form.cleaned_data["seen"] or 0
        editing.save(form.cleaned_data, by=request.user, template=template, seen=seen)
    except versions.Stale:
        form.add_error(None, _("Somebody changed this meanwhile. Look at it once more and save."))
        return _edit(request, template, form, 409)
    return htmx.redirect(request, template, toast=_("Saved"))


def _edit(request: Request, template: TextTemplate, form: TextForm, status: int) -> HttpResponse:
    context = {"form": form, "template": template}
    return render(request, "activities/text_edit.html", context, status=status)


@access.requires("administer")
@require_POST
def text_switch(request: Request, pk: int) -> HttpResponse:
    """Offered (`on=1`), or no longer."""
    found = get_object_or_404(TextTemplate, pk=pk)
    editing.switch(found, request.POST.get("on") == "1", by=request.user)
    return htmx.redirect(request, found, toast=_("Saved"))
