"""What changes when I change this? Stages and their exit criteria as a draft, for administrators."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.lib import htmx
from pipeline import drafts, publishing, reach
from pipeline.drafts import Draft
from pipeline.forms import DraftCriterionForm, DraftStageForm
from pipeline.models import Pipeline
from pipeline.views import dialogs
from pipeline.wording import change_in_words
from staff import access, versions
from staff.http import Request
from staff.once import once


@access.requires("administer")
@require_GET
def stages(request: Request) -> HttpResponse:
    """Opens with the first stage of the pipeline that is asked for, else of the default one."""
    asked = request.GET.get("pipeline", "")
    wanted = Q(pk=asked) if asked.isdecimal() and len(asked) < 19 else Q(is_default=True)
    draft = drafts.read(get_object_or_404(Pipeline, wanted))
    if not draft.content["stages"]:
        draft = Draft(draft.pipeline, draft.base, draft.base)
    return redirect(page_of(draft.pipeline, draft.content["stages"][0]["key"]))


def page_of(pipeline: Pipeline, key: str = "") -> str:
    if not key:
        return f"{reverse('pipeline:stages')}?pipeline={pipeline.pk}"
    return reverse("pipeline:stage", args=[pipeline.pk, key])


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def stage(request: Request, pk: int, key: str) -> HttpResponse:
    """One stage of the draft: names, probability, patience, and its criteria. A POST changes the draft alone."""
    draft, shown = _stage_of(pk, key)
    if request.method == "GET":
        return _show(request, draft, shown, DraftStageForm(initial=shown))
    form = DraftStageForm(request.POST)
    if not form.is_valid():
        return _show(request, draft, shown, form, 422)
    try:
        drafts.edit_stage(draft.pipeline, key, form.cleaned_data, _base(request), by=request.user)
    except versions.Conflict as conflict:
        return _show(request, draft, shown, form, 409, conflict)
    return htmx.redirect(request, page_of(draft.pipeline, key), toast=_("Kept in the draft"))


def _stage_of(pk: int, key: str) -> tuple[Draft, dict[str, Any]]:
    pipelines = drafts.all_pipelines()
    pipeline = next((p for p in pipelines if p.pk == pk), None)
    if pipeline is None:
        raise Http404
    draft = drafts.of_row(pipeline, getattr(pipeline, "draft", None))
    try:
        return replace(draft, pipelines=pipelines), draft.stage(key)
    except drafts.NotThere as gone:
        raise Http404 from gone


def _base(request: Request) -> dict[str, Any]:
    """The values that the form was opened with; nonsense counts as nothing seen."""
    try:
        found = json.loads(request.POST.get("base", "{}"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _show(
    request: Request,
    draft: Draft,
    shown: dict[str, Any],
    form: DraftStageForm,
    status: int = 200,
    conflict: versions.Conflict | None = None,
) -> HttpResponse:
    key, changes = shown["key"], draft.changes
    ids = [int(s["key"]) for s in draft.content["stages"] if s["key"].isdigit()]
    facts = reach.stage_facts(int(key) if key.isdigit() else 0, ids)
    counted = facts.open_counts
    criteria = drafts.criteria_of(shown)
    was = {c.key: c for c in changes if c.what == "criterion" and c.stage == key}
    preview = publishing.preview(draft) if draft.row else publishing.Preview([])
    shares = reach.met_shares([c for c in criteria if c.pk])
    order = [s["key"] for s in draft.content["stages"]]
    place = order.index(key)
    following = draft.content["stages"][place + 1] if place + 1 < len(order) else None
    context = {
        "pipeline": draft.pipeline,
        "pipelines": draft.pipelines,
        "draft": draft,
        "shown": shown,
        "form": form,
        "base": json.dumps({name: shown[name] for name in drafts.STAGE_FIELDS}, ensure_ascii=False),
        "conflict": _conflict(form, conflict),
        "stages": [(s, n, counted.get(s["key"], 0)) for n, s in enumerate(draft.content["stages"], 1)],
        "changed_stages": {c.stage for c in changes if c.what == "criterion" or c.how in ("edited", "added")},
        "changes": [change_in_words(c) for c in changes],
        "open_count": counted.get(key, 0),
        "facts": facts,
        "criteria": [
            (document["key"], c, shares.get(c.pk), was.get(document["key"]))
            for document, c in zip(shown["criteria"], criteria, strict=True)
        ],
        "removed": [c for c in was.values() if c.how == "removed"],
        "following": following,
        "preview": preview,
        "effect": preview.of(key),
        "waiting": publishing.waiting(draft.pipeline),
    }
    return render(request, "pipeline/stages.html", context, status=status)


def _conflict(form: Any, conflict: versions.Conflict | None) -> list[tuple[Any, Any, Any]]:
    return (
        [(form[n].label, mine, theirs) for n, (mine, theirs) in conflict.fields.items()] if conflict else []
    )


@access.requires("administer")
@require_POST
@once
def stage_new(request: Request, pk: int) -> HttpResponse:
    """A further stage at the end of the draft; its page asks for the rest."""
    draft = drafts.read(get_object_or_404(Pipeline, pk=pk))
    values = {"name_ja": "新しいステージ", "name_en": "New stage", "probability": 50, "patience_days": 14}
    _draft, key = drafts.add_stage(draft.pipeline, values, by=request.user)
    return htmx.redirect(request, page_of(draft.pipeline, key), toast=_("The draft has a new stage"))


@access.requires("administer")
@require_POST
def stage_place(request: Request, pk: int, key: str) -> HttpResponse:
    """Earlier or later in the order."""
    draft, _shown = _stage_of(pk, key)
    drafts.place_stage(draft.pipeline, key, _step(request), by=request.user)
    at = request.POST.get("at", "")
    there = any(one["key"] == at for one in draft.content["stages"])
    return htmx.redirect(request, page_of(draft.pipeline, at if there else key))


def _step(request: Request) -> int:
    return -1 if request.POST.get("to") == "up" else 1


@access.requires("administer")
@require_POST
def stage_removal(request: Request, pk: int, key: str) -> HttpResponse:
    """Takes the stage out of the draft."""
    draft, _shown = _stage_of(pk, key)
    if len(draft.content["stages"]) == 1:
        return htmx.redirect(request, page_of(draft.pipeline, key), toast=_("One stage has to stay."))
    drafts.remove_stage(draft.pipeline, key, by=request.user)
    return htmx.redirect(request, page_of(draft.pipeline), toast=_("The draft is without this stage"))


# Criteria ---------------------------------------------------------------------------------------------


@access.requires("administer")
@require_http_methods(["GET", "POST"])
@once
def criterion_new(request: Request, pk: int, key: str) -> HttpResponse:
    """A further criterion of the stage, in the draft."""
    draft, shown = _stage_of(pk, key)
    form = DraftCriterionForm(request.POST or None)
    context = {"draft": draft, "pipeline": draft.pipeline, "stage": shown, "form": form}
    context.update(heading=_("New exit criterion"), action=reverse("pipeline:criterion-new", args=[pk, key]))
    if request.method == "GET":
        return dialogs.show(request, "pipeline/_criterion_edit.html", context)
    if not form.is_valid():
        return dialogs.show(request, "pipeline/_criterion_edit.html", context, 422)
    drafts.add_criterion(draft.pipeline, key, form.document, by=request.user)
    return htmx.redirect(request, page_of(draft.pipeline, key), toast=_("Kept in the draft"))


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def criterion(request: Request, pk: int, key: str, criterion: str) -> HttpResponse:
    """Names, rule, question and strength of one criterion of the draft."""
    draft, shown = _stage_of(pk, key)
    document = next((c for c in shown["criteria"] if c["key"] == criterion), None)
    if document is None:
        raise Http404
    form = DraftCriterionForm(request.POST if request.method == "POST" else None, initial=document)
    base = {name: document[name] for name in drafts.CRITERION_FIELDS}
    context = {
        "draft": draft, "pipeline": draft.pipeline, "stage": shown, "form": form, "key": criterion,
        "heading": str(drafts.criterion_of(shown, document)), "base": json.dumps(base, ensure_ascii=False),
        "action": reverse("pipeline:criterion", args=[pk, key, criterion]),
    }  # fmt: skip
    if request.method == "GET":
        return dialogs.show(request, "pipeline/_criterion_edit.html", context)
    if not form.is_valid():
        return dialogs.show(request, "pipeline/_criterion_edit.html", context, 422)
    try:
        drafts.edit_criterion(draft.pipeline, key, criterion, form.document, _base(request), by=request.user)
    except versions.Conflict as conflict:
        context["conflict"] = _conflict(form, conflict)
        return dialogs.show(request, "pipeline/_criterion_edit.html", context, 409)
    return htmx.redirect(request, page_of(draft.pipeline, key), toast=_("Kept in the draft"))


@access.requires("administer")
@require_POST
def criterion_place(request: Request, pk: int, key: str, criterion: str) -> HttpResponse:
    """Earlier or later among the criteria of its stage."""
    draft, _shown = _stage_of(pk, key)
    return _or_gone(
        request, draft, key,
        lambda: drafts.place_criterion(draft.pipeline, key, criterion, _step(request), by=request.user),
    )  # fmt: skip


@access.requires("administer")
@require_POST
def criterion_removal(request: Request, pk: int, key: str, criterion: str) -> HttpResponse:
    """Takes the criterion out of the draft."""
    draft, _shown = _stage_of(pk, key)
    return _or_gone(
        request, draft, key,
        lambda: drafts.remove_criterion(draft.pipeline, key, criterion, by=request.user),
        toast=_("The draft is without this criterion"),
    )  # fmt: skip


def _or_gone(request: Request, draft: Draft, key: str, do: Any, toast: str = "") -> HttpResponse:
    try:
        do()
    except drafts.NotThere as gone:
        raise Http404 from gone
    return htmx.redirect(request, page_of(draft.pipeline, key), toast=toast)
