"""The screens of the import: file → columns → check → run. What is long is done by workers; a page only asks how far they are."""

from __future__ import annotations

import contextlib
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.lib import htmx, keyset, sheets
from integrations.forms import UploadForm
from integrations.imports import (
    columns,
    deciding,
    outcome,
    own_fields,
    pages,
    reading,
    report,
    templates,
    undoing,
    upload,
)
from integrations.imports.import_events import ImportEvent
from integrations.models import Import, ImportRow
from integrations.views import files
from staff import access, events, roles, versions
from staff.http import Request
from staff.once import once

State = Import.State
STEPS = {
    State.READING: 1,
    State.FAILED: 1,
    State.MAPPING: 2,
    State.CHECKING: 3,
    State.READY: 3,
    State.RUNNING: 4,
    State.DONE: 4,
    State.CANCELLED: 4,
    State.UNDOING: 4,
    State.UNDONE: 4,
}


@access.requires("import")
@require_safe
def import_list(request: Request) -> HttpResponse:
    """All lists that came in, newest first."""
    rows = Import.objects.visible_to(request.user).select_related("by", "channel").defer("columns")
    return render(request, "integrations/imports.html", {"page": keyset.page(rows, ("-pk",), request.GET)})


@access.requires("import")
@once
def import_new(request: Request) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            batch = upload.receive_file(
                data["file"],
                kind=data["kind"],
                by=request.user,
                channel=data["channel"],
                campaign=data["campaign"],
                preset=data["preset"],
                options={"enter_at_stage": True} if data["enter_at_stage"] else {},
            )
            return htmx.redirect(request, batch)
        except upload.TooLarge as refusal:
            form.add_error("file", str(refusal))
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "integrations/import_new.html", {"form": form}, status=status)


@access.requires("import")
@require_safe
def import_template(request: Request, kind: str) -> StreamingHttpResponse:
    """A list with the headers that are understood and one line as an example."""
    if kind not in Import.Kind.values:
        raise Http404
    return files.sent(sheets.write_csv(templates.rows(kind)), f"enishi_{kind}.csv", "text/csv")


@access.requires("import")
@require_safe
def import_page(request: Request, pk: int) -> HttpResponse:
    """The step that the import is in."""
    batch = _get(request, pk)
    return render(request, "integrations/import.html", _context(request, batch))


@access.requires("import")
@require_safe
def import_progress(request: Request, pk: int) -> HttpResponse:
    """Asked every two seconds: how far the workers are; the next step's page when they are through."""
    batch = _get(request, pk)
    if not batch.is_working or request.GET.get("state", batch.state) != batch.state:
        return htmx.redirect(request, batch)
    return render(request, "integrations/_import_work.html", _context(request, batch))


@access.requires("import")
@require_POST
def import_sheet(request: Request, pk: int) -> HttpResponse:
    """Another sheet of the workbook is the list."""
    batch = _get(request, pk)
    try:
        batch = reading.read_sheet(batch, request.POST.get("sheet", ""), by=request.user, seen=_seen(request))
    except versions.Stale:
        return htmx.redirect(request, batch, toast=_("Somebody else has changed this import meanwhile."))
    return htmx.redirect(request, batch)


@access.requires("import")
@require_POST
def import_columns(request: Request, pk: int) -> HttpResponse:
    """Shows how the chosen fields are cleaned (`preview`), or says that they are right."""
    batch = _get(request, pk)
    chosen = [request.POST.get(f"field_{n}", "") for n in range(len(batch.columns))]
    context: dict[str, Any] = {"batch": batch}
    if "preview" not in request.POST:
        try:
            batch = columns.confirm(
                batch,
                chosen,
                by=request.user,
                seen=_seen(request),
                enter_at_stage=_enter_at_stage(request, batch),
            )
            return htmx.redirect(request, batch)
        except columns.Unclear as unclear:
            context["unclear"] = unclear.message
        except versions.Stale:
            return htmx.redirect(request, batch, toast=_("Somebody else has changed this import meanwhile."))
    known = {field.key for field in own_fields.of_kind(batch.kind)}
    if batch.kind == Import.Kind.DEALS:
        batch.options = batch.options | {"enter_at_stage": bool(_enter_at_stage(request, batch))}
    context |= _columns(request, batch, [key if key in known else "" for key in chosen])
    status = 422 if context.get("unclear") else 200
    template = "integrations/_import_columns.html" if request.htmx else "integrations/import.html"
    return render(request, template, _frame(batch) | context, status=status)


@access.requires("import")
@require_POST
def import_mapping(request: Request, pk: int) -> HttpResponse:
    """Back to the columns."""
    batch = _get(request, pk)
    with contextlib.suppress(deciding.NotNow):
        batch = deciding.back_to_columns(batch, by=request.user)
    return htmx.redirect(request, batch)


@access.requires("import")
@require_POST
def import_row(request: Request, pk: int, line: int) -> HttpResponse:
    """A correction of a line (fields by their key), or a decision about it."""
    batch = _get(request, pk)
    if not batch.rows.filter(line=line).exists():
        raise Http404
    toast = ""
    try:
        if "decision" in request.POST:
            deciding.decide(batch, line, request.POST["decision"], by=request.user)
        else:
            known = {field.key for field in own_fields.of_kind(batch.kind)}
            given = {key: request.POST[key] for key in request.POST if key in known}
            row = deciding.correct(batch, line, given, by=request.user)
            if row.standing != ImportRow.Standing.BAD:
                toast = _("Line %(line)s is right now.") % {"line": line}
    except deciding.NotNow:
        return htmx.redirect(request, batch)
    except deciding.NotPossible:
        return _checked(request, batch, refusal=_("This cannot be decided for the line."))
    return _checked(request, batch, toast=toast)


@access.requires("import")
@require_POST
def import_repairs(request: Request, pk: int) -> HttpResponse:
    """Accepts every correction that is proposed."""
    batch = _get(request, pk)
    try:
        repaired = deciding.accept_repairs(batch, by=request.user)
    except deciding.NotNow:
        return htmx.redirect(request, batch)
    return _checked(request, batch, toast=_("%(count)s lines corrected.") % {"count": repaired})


@access.requires("import")
@require_POST
def import_sure_ones(request: Request, pk: int) -> HttpResponse:
    """Adds all likenesses of 90 points and more to what is there."""
    batch = _get(request, pk)
    try:
        added = deciding.append_sure_ones(batch, by=request.user)
    except deciding.NotNow:
        return htmx.redirect(request, batch)
    return _checked(
        request, batch, toast=_("%(count)s lines will be added to what is there.") % {"count": added}
    )


@access.requires("import")
@require_POST
@once
def import_run(request: Request, pk: int) -> HttpResponse:
    """Lets it run."""
    batch = _get(request, pk)
    try:
        batch = deciding.confirm(batch, by=request.user, seen=_seen(request))
    except deciding.NotNow:
        pass
    except versions.Stale:
        return htmx.redirect(request, batch, toast=_("Somebody else has changed this import meanwhile."))
    return htmx.redirect(request, batch)


@access.requires("import")
@require_safe
def import_report(request: Request, pk: int) -> StreamingHttpResponse:
    """The lines that did not come in, to be corrected and sent again. Taking data out is itself recorded."""
    batch = _get(request, pk)
    form = request.GET.get("format", "xlsx")
    if form not in report.FORMATS:
        raise Http404
    with transaction.atomic():
        events.record(ImportEvent.REPORTED, batch, by=request.user, format=form)
    stem = batch.name.rsplit(".", 1)[0]
    extension = "xlsx" if form == "xlsx" else "csv"
    return files.sent(
        report.write(batch, form), f"{stem}_{_('to correct')}.{extension}", report.FORMATS[form]
    )


@access.requires("import")
@require_safe
def import_rows(request: Request, pk: int) -> StreamingHttpResponse:
    """What became of each line, with our ids: as xlsx or CSV. Taking data out is itself recorded."""
    batch = _get(request, pk)
    form = request.GET.get("format", "csv")
    if form not in report.FORMATS:
        raise Http404
    with transaction.atomic():
        events.record(ImportEvent.REPORTED, batch, by=request.user, format=form)
    extension = "xlsx" if form == "xlsx" else "csv"
    name = f"{batch.name.rsplit('.', 1)[0]}_{_('result')}.{extension}"
    return files.sent(sheets.pieces(outcome.table(batch), form), name, report.FORMATS[form])


@access.requires("import")
@require_POST
def import_stop(request: Request, pk: int) -> HttpResponse:
    """No further line comes in."""
    batch = _get(request, pk)
    with contextlib.suppress(deciding.NotNow):
        batch = deciding.stop(batch, by=request.user)
    return htmx.redirect(request, batch)


@access.requires("import")
@require_POST
def import_continuation(request: Request, pk: int) -> HttpResponse:
    """A stopped import runs on."""
    batch = _get(request, pk)
    with contextlib.suppress(deciding.NotNow):
        batch = deciding.go_on(batch, by=request.user)
    return htmx.redirect(request, batch)


@access.requires("import")
@require_POST
@once
def import_undo(request: Request, pk: int) -> HttpResponse:
    """What the import made and filled in is taken back."""
    batch = _get(request, pk)
    try:
        batch = undoing.begin(batch, by=request.user, seen=_seen(request))
    except (undoing.NotUndoable, versions.Stale):
        return htmx.redirect(request, batch, toast=_("This import cannot be undone now."))
    return htmx.redirect(request, batch)


@access.requires("import")
@require_POST
def import_removal(request: Request, pk: int) -> HttpResponse:
    """Gives the list up before it runs; nothing of it was written."""
    batch = _get(request, pk)
    upload.remove(batch, by=request.user)
    if Import.objects.filter(pk=pk).exists():
        return htmx.redirect(request, batch)
    return htmx.redirect(
        request, "integrations:imports", toast=_("%(name)s was given up.") % {"name": batch.name}
    )


def _get(request: Request, pk: int) -> Import:
    return access.get_for(request.user, Import.objects.select_related("by", "channel"), pk, to="see")


def _enter_at_stage(request: Request, batch: Import) -> bool | None:
    """What the page of the columns says of it; None where it does not ask."""
    return "enter_at_stage" in request.POST if batch.kind == Import.Kind.DEALS else None


def _seen(request: Request) -> int:
    version = request.POST.get("version", "")
    return int(version) if version.isdecimal() and len(version) < 9 else 0


def _frame(batch: Import) -> dict[str, Any]:
    return {"batch": batch, "step": STEPS[State(batch.state)]}


def _context(request: Request, batch: Import) -> dict[str, Any]:
    """What the page of the import's step shows."""
    context = _frame(batch)
    if batch.is_working:
        return context | {"progress": pages.progress(batch, timezone.now()), "made": pages.made(batch)}
    if batch.state == State.FAILED:
        return context | {"problem": reading.problem_message(batch)}
    if batch.state == State.MAPPING:
        return context | _columns(request, batch, None)
    if batch.state == State.READY:
        return context | _check(request, batch)
    if batch.state == State.UNDONE:
        return context | {"kept": pages.kept(batch, request.user), "removed": pages.removed(batch)}
    return context | _done(batch)


def _columns(request: Request, batch: Import, chosen: list[str] | None) -> dict[str, Any]:
    rows = pages.column_rows(batch, chosen)
    return {
        "columns": rows,
        "groups": own_fields.grouped(batch.kind),
        "placed": sum(bool(row["field"]) for row in rows),
        "may_enter_at_stage": roles.can(request.user, "administer"),
        "askable": sum(not row["is_ours"] for row in rows),
    }


def _check(request: Request, batch: Import) -> dict[str, Any]:
    after = request.POST.get("after") or request.GET.get("after") or "0"
    start = int(after) if after.isdecimal() and len(after) < 8 else 0
    similar, bad = batch.counts.get("similar", 0), pages.bad_lines(batch)
    return {
        "counts": batch.counts,
        "coming": batch.counts.get("create", 0) + batch.counts.get("append", 0) + batch.counts.get("ask", 0),
        "bad": bad,
        "repairable": any(all(p["is_clear"] for p in line.problems) for line in bad),
        "bad_more": max(0, batch.counts.get("bad", 0) - pages.ROWS_SHOWN),
        "similar": pages.similar_lines(batch, request.user, start),
        "after": start,
        "next_after": start + pages.ROWS_SHOWN if similar > start + pages.ROWS_SHOWN else 0,
        "similar_more": max(0, similar - start - pages.ROWS_SHOWN),
    }


def _done(batch: Import) -> dict[str, Any]:
    return {
        "made": pages.made(batch),
        "owners": pages.owners(batch),
        "deadline": pages.first_deadline(batch),
        "failed": report.failed_count(batch),
    }


def _checked(request: Request, batch: Import, *, toast: str = "", refusal: str = "") -> HttpResponse:
    batch = _get(request, batch.pk)
    context = _frame(batch) | _check(request, batch) | {"refusal": refusal}
    return htmx.answer(
        request,
        "integrations/_import_check.html",
        context,
        page=batch,
        full="integrations/import.html",
        status=422 if refusal else 0,
        toast=toast,
    )
