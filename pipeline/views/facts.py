"""Changing one thing of a deal where it stands: a field, the answer to a question, a file."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.lib import htmx
from pipeline import deals, exit_criteria, files, gate, measuring, own_values
from pipeline.deal_events import DealEvent
from pipeline.forms import FACTS, FactForm, FillForm, ProbabilityForm, can_be_filled
from pipeline.models import Deal, DealFile, ExitCriterion
from pipeline.views import dialogs
from pipeline.wording import in_words
from staff import access, versions
from staff.access import get_for
from staff.fields import FileForm
from staff.files import download
from staff.http import Request
from staff.models import CustomField, Event
from staff.once import once


@access.signed_in
@require_http_methods(["GET", "POST"])
def deal_fact(request: Request, pk: int, name: str) -> HttpResponse:
    """One field, edited in place. Somebody else's change of the same field is shown beside one's own, and one chooses."""
    if name not in FACTS:
        raise Http404
    deal = get_for(request.user, Deal.objects.for_page(), pk, to="edit deal")
    form = FactForm(deal, name, request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"deal": deal, "form": form, "name": name, "heading": form.typed.label}
    context["back"] = dialogs.page_of(request, deal)
    if request.method == "GET":
        return _fact(request, context)
    if not form.is_valid():
        return _fact(request, context, 422)
    try:
        edited = deals.edit_deal(deal, form.changes, form.base, by=request.user)
    except versions.Conflict as conflict:
        mine, theirs = conflict.fields[name]
        context.update(
            form=FactForm(conflict.record, name),
            mine=in_words(name, mine),
            theirs=in_words(name, theirs),
            typed=form.typed.value(),
        )
        return _fact(request, context, 409)
    if edited.version == deal.version:
        return dialogs.saved(request, deal)
    return dialogs.saved(request, edited, _("Saved"), _undo_of(edited))


def _fact(request: Request, context: dict[str, Any], status: int = 200) -> HttpResponse:
    fragment = "pipeline/_fact.html"
    template = fragment if request.htmx else "pipeline/dialog_page.html"
    return render(request, template, {**context, "fragment": fragment}, status=status)


@access.signed_in
@require_http_methods(["GET", "POST"])
def deal_probability(request: Request, pk: int) -> HttpResponse:
    """One's own probability beside the stage's and the measured one. Somebody else's change meanwhile is shown first."""
    deal = get_for(request.user, Deal.objects.for_page(), pk, to="edit deal")
    if not deal.is_open:
        return htmx.redirect(request, deal)
    if request.method == "GET":
        return _probability(request, deal, ProbabilityForm.of(deal))
    form = ProbabilityForm(request.POST)
    if not form.is_valid():
        return _probability(request, deal, form, 422)
    try:
        edited = deals.edit_deal(deal, form.changes, form.base_values, by=request.user)
    except versions.Conflict as conflict:
        theirs: Any = conflict.record
        form = ProbabilityForm.of(theirs)
        return _probability(request, theirs, form, 409)
    if edited.version == deal.version:
        return htmx.redirect(request, deal)
    return htmx.redirect(request, edited, toast=_("Saved"), undo=_undo_of(edited))


def _probability(request: Request, deal: Deal, form: ProbabilityForm, status: int = 200) -> HttpResponse:
    context = {
        "deal": deal,
        "form": form,
        "measured": measuring.of(deal.stage),
        "heading": _("Probability"),
        "is_stale": status == 409,
    }
    return dialogs.show(request, "pipeline/_probability.html", context, status)


def _undo_of(deal: Deal) -> str:
    edit = Event.objects.filter(deal_id=deal.pk, kind=DealEvent.EDITED).order_by("-pk").first()
    return reverse("pipeline:edit-undo", args=[deal.pk, edit.pk]) if edit else ""


@access.signed_in
@require_POST
def edit_undo(request: Request, pk: int, event: int) -> HttpResponse:
    """Gives every field of one edit the value it had before."""
    deal = get_for(request.user, Deal.objects.all(), pk, to="edit deal")
    edit = get_object_or_404(Event, pk=event, kind=DealEvent.EDITED, deal_id=deal.pk)
    try:
        deals.take_back_edit(deal, edit, by=request.user)
        toast = _("Taken back")
    except versions.Conflict:
        toast = _("%(deal)s was changed meanwhile, so the edit stays.") % {"deal": deal.name}
    return htmx.redirect(request, dialogs.page_of(request, deal), toast=toast)


@access.signed_in
@require_http_methods(["GET", "POST"])
@once
def deal_criterion(request: Request, pk: int, criterion: int) -> HttpResponse:
    """What one exit criterion asks for: an answer with the words it was heard in, a field, a file.

    What somebody else has written there meanwhile is shown beside one's own, and one chooses.
    """
    deal = get_for(request.user, Deal.objects.for_page(), pk, to="log on deal")
    asked = get_object_or_404(
        ExitCriterion.objects.select_related("stage"), pk=criterion, stage__pipeline=deal.stage.pipeline_id
    )
    own = own_values.asked_by([asked])
    if request.method == "POST":
        # Two people may answer at once; the second is shown what the first has heard.
        own_values.lock_besides(deal, own.values())
        Deal.objects.select_for_update().get(pk=pk)
        deal = Deal.objects.for_page().get(pk=pk)
    bound = asked.for_deal(deal)
    if bound is None or not can_be_filled(bound, own, deal, request.user):
        raise Http404
    asked, now = bound, exit_criteria.Standing(deal).status(bound)
    context: dict[str, Any] = {"deal": deal, "criterion": asked, "status": now, "heading": str(asked)}
    if asked.kind == ExitCriterion.Kind.FIELD:
        access.require(request.user, "edit deal", deal)
    sent = (_with_evidence(request, asked), request.FILES) if request.method == "POST" else ()
    form = FillForm(
        deal,
        [asked],
        request.user,
        *sent,
        initial={f"c{asked.pk}": now.value} if asked.kind != "file" else {},
    )
    context.update(form=form, field=form[f"c{asked.pk}"], seen=_seen(deal, asked, now))
    if request.method == "GET":
        return dialogs.show(request, "pipeline/_criterion.html", context)
    if not form.is_valid():
        return dialogs.show(request, "pipeline/_criterion.html", context, 422)
    if _was_changed(request, context["seen"]) and str(now.value) != str(form.found.get(asked, "")):
        context["theirs"] = _in_words(deal, asked, now)
        return dialogs.show(request, "pipeline/_criterion.html", context, 409)
    _keep(request, deal, asked, now, form)
    return htmx.redirect(request, deal, toast=_("Saved"))


def _seen(deal: Deal, asked: ExitCriterion, now: exit_criteria.Status) -> str:
    """What the form is based on: the version of the answer, or the value of the field."""
    if asked.kind == ExitCriterion.Kind.QUESTION:
        return str(now.answer.version if now.answer else 0)
    if asked.kind != ExitCriterion.Kind.FIELD:
        return ""
    own = bool(CustomField.pk_of(asked.field))
    return str(now.value if own else getattr(deal, asked.field))


def _in_words(deal: Deal, asked: ExitCriterion, now: exit_criteria.Status) -> str:
    is_plain = asked.kind == ExitCriterion.Kind.FIELD and not CustomField.pk_of(asked.field)
    return in_words(asked.field, getattr(deal, asked.field)) if is_plain else str(now.value)


def _was_changed(request: Request, there: str) -> bool:
    return request.POST.get("seen", there) != there


def _with_evidence(request: Request, asked: ExitCriterion) -> QueryDict:
    """What was sent, with the evidence under the name that the gate's form gives it."""
    sent = request.POST.copy()
    sent[f"c{asked.pk}-evidence"] = sent.get("evidence", "")[:2000]
    return sent


def _keep(
    request: Request, deal: Deal, asked: ExitCriterion, now: exit_criteria.Status, form: FillForm
) -> None:
    value = form.found.get(asked)
    if asked.kind != ExitCriterion.Kind.QUESTION:
        gate.fill(deal, form.found, form.evidence, by=request.user)
    elif value:
        evidence = request.POST.get("evidence", "")[:2000]
        if (value, evidence.strip()) != (now.value, now.evidence):
            exit_criteria.answer(deal, asked, value, evidence=evidence, by=request.user)
    elif now.answer:
        exit_criteria.take_back_answer(deal, asked, by=request.user)


@access.signed_in
@require_POST
@once
def deal_files(request: Request, pk: int) -> HttpResponse:
    """Attaches a file."""
    deal = get_for(request.user, Deal.objects.for_page(), pk, to="log on deal")
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        context = {
            "deal": deal,
            "file_form": form,
            "files": deal.files.filter(deleted_at=None),
            "heading": _("Files"),
            "may_log": True,
        }
        return htmx.answer(request, "pipeline/_files.html", context, full="pipeline/files.html", status=422)
    data = form.cleaned_data
    if data["content"]:
        kept = files.attach(deal, data["content"], data["kind"], by=request.user)
    else:
        kept = files.link(deal, data["name"], data["link"], data["kind"], by=request.user)
    return htmx.redirect(request, deal, toast=_("%(name)s is attached") % {"name": kept.name})


def _file(request: Request, pk: int, file: int, *, to: str, removed: bool = False) -> tuple[Deal, DealFile]:
    """The file of a deal that the person may see."""
    deal = get_for(request.user, Deal.objects.all(), pk, to=to)
    return deal, get_object_or_404(DealFile, pk=file, deal=deal, deleted_at__isnull=not removed)


@access.signed_in
@require_GET
def deal_file(request: Request, pk: int, file: int) -> FileResponse:
    """The bytes, always as a download: what somebody uploaded never runs as a page of ours."""
    _deal, kept = _file(request, pk, file, to="see")
    return download(kept)


@access.signed_in
@require_POST
def file_removal(request: Request, pk: int, file: int) -> HttpResponse:
    """Takes a file off the deal; the toast puts it back."""
    deal, kept = _file(request, pk, file, to="log on deal")
    files.remove(kept, by=request.user)
    undo = reverse("pipeline:file-restoration", args=[deal.pk, kept.pk])
    return htmx.redirect(request, deal, toast=_("%(name)s is removed") % {"name": kept.name}, undo=undo)


@access.signed_in
@require_POST
def file_restoration(request: Request, pk: int, file: int) -> HttpResponse:
    """Undoes a removal."""
    deal, kept = _file(request, pk, file, to="log on deal", removed=True)
    files.put_back(kept, by=request.user)
    return htmx.redirect(request, deal, toast=_("%(name)s is back") % {"name": kept.name})
