"""Publishing the draft, the versions there have been, and further pipelines with their teams."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.lib import htmx
from pipeline import drafts, publishing
from pipeline.forms import PipelineForm, PublishForm
from pipeline.models import MethodVersion, Pipeline
from pipeline.views import dialogs
from pipeline.views.stages import page_of
from pipeline.wording import change_in_words
from staff import access, versions
from staff.http import Request
from staff.once import once


@access.requires("administer")
@require_POST
def draft_removal(request: Request, pk: int) -> HttpResponse:
    """Throws the draft away."""
    pipeline = get_object_or_404(Pipeline, pk=pk)
    drafts.discard(pipeline, by=request.user)
    return htmx.redirect(request, page_of(pipeline), toast=_("The changes are thrown away"))


@access.requires("administer")
@require_http_methods(["GET", "POST"])
@once
def version_new(request: Request, pk: int) -> HttpResponse:
    """Names what is going to change and for how many deals; a POST publishes."""
    pipeline = get_object_or_404(Pipeline, pk=pk)
    draft, today = drafts.read(pipeline), timezone.localdate()
    if draft.row is None:
        return htmx.redirect(request, page_of(pipeline), toast=_("There is nothing to publish."))
    form = PublishForm(request.POST or None, initial={"seen": draft.version, "starts_on": today})
    if request.method == "GET" or not form.is_valid():
        return _ask(request, draft, form, 422 if form.errors else 200)
    try:
        version = publishing.publish(pipeline, by=request.user, today=today, **form.cleaned_data)
    except versions.Stale:
        return _ask(
            request, draft, form, 409, _("Somebody changed the draft meanwhile. Look at it once more.")
        )
    except publishing.Waiting:
        return _ask(request, draft, form, 409, _("A version waits for its day already. Take it back first."))
    except publishing.StageInUse as used:
        return _ask(request, draft, form, 409, in_the_way(used.stage, used.count))
    if version.in_force_at:
        toast = _("Version %(number)s holds from now on") % {"number": version.number}
    else:
        day = f"{version.starts_on:%Y/%-m/%-d}"
        toast = _("Version %(number)s holds from %(day)s") % {"number": version.number, "day": day}
    return htmx.redirect(request, page_of(pipeline), toast=toast)


def in_the_way(stage: object, count: int) -> str:
    text = _("%(n)s open deals stand in %(stage)s. Move them first, then the stage can be taken out.")
    return text % {"n": count, "stage": stage}


def _ask(
    request: Request, draft: drafts.Draft, form: PublishForm, status: int = 200, problem: str = ""
) -> HttpResponse:
    preview = publishing.preview(draft)
    context = {
        "pipeline": draft.pipeline, "draft": draft, "form": form, "preview": preview, "problem": problem,
        "heading": _("Publish the draft"), "changes": [change_in_words(c) for c in draft.changes],
        "seen": draft.version,
    }  # fmt: skip
    return dialogs.show(request, "pipeline/_publish.html", context, status)


@access.requires("administer")
@require_GET
def method_versions(request: Request, pk: int) -> HttpResponse:
    """Every version: when, by whom, what it changed, and what it asked of deals in flight."""
    pipeline = get_object_or_404(Pipeline, pk=pk)
    rows = MethodVersion.objects.filter(pipeline=pipeline).select_related("published_by")[:50]
    context = {
        "pipeline": pipeline,
        "rows": [
            (row, [change_in_words(c) for c in drafts.differences(row.base, row.content)]) for row in rows
        ],
    }
    return render(request, "pipeline/versions.html", context)


@access.requires("administer")
@require_POST
def version_withdrawal(request: Request, pk: int, number: int) -> HttpResponse:
    """Takes back a version that waits for its day."""
    version = get_object_or_404(MethodVersion.objects.select_related("pipeline"), pipeline=pk, number=number)
    try:
        publishing.withdraw(version, by=request.user)
        toast = _("Version %(number)s is taken back; its changes are the draft again") % {"number": number}
    except versions.Stale:
        toast = _("Version %(number)s does not wait any more.") % {"number": number}
    return htmx.redirect(request, page_of(version.pipeline), toast=toast)


@access.requires("administer")
@require_http_methods(["GET", "POST"])
@once
def pipeline_new(request: Request) -> HttpResponse:
    """A further pipeline, as a copy of one there is."""
    form = PipelineForm(request.POST or None)
    context = {"form": form, "heading": _("New pipeline"), "action": reverse("pipeline:pipeline-new")}
    if request.method == "GET" or not form.is_valid():
        return dialogs.show(request, "pipeline/_pipeline.html", context, 422 if form.errors else 200)
    values = form.cleaned_data
    made = publishing.add_pipeline(values["name_ja"], values["name_en"], values["copy_of"], by=request.user)
    publishing.give_to_teams(made, values["teams"], by=request.user)
    toast = _("%(pipeline)s is ready; change its stages in a draft") % {"pipeline": made}
    return htmx.redirect(request, page_of(made), toast=toast)


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def pipeline_teams(request: Request, pk: int) -> HttpResponse:
    """Which teams begin their new deals in this pipeline."""
    pipeline = get_object_or_404(Pipeline, pk=pk)
    given = [row.team_id for row in pipeline.teams.all()]
    initial = {"name_ja": pipeline.name_ja, "name_en": pipeline.name_en, "teams": given}
    form = PipelineForm(request.POST or None, initial=initial)
    del form.fields["copy_of"]
    context = {
        "form": form,
        "heading": str(pipeline),
        "action": reverse("pipeline:pipeline-teams", args=[pk]),
    }
    if request.method == "GET" or not form.is_valid():
        return dialogs.show(request, "pipeline/_pipeline.html", context, 422 if form.errors else 200)
    values = form.cleaned_data
    publishing.rename_pipeline(pipeline, values["name_ja"], values["name_en"], by=request.user)
    publishing.give_to_teams(pipeline, values["teams"], by=request.user)
    return htmx.redirect(request, page_of(pipeline), toast=_("Saved"))
