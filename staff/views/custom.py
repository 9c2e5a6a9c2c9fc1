"""Fields of the company's own: the page where administrators keep them, and filling one in on a record."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.lib import htmx
from staff import access, versions
from staff.custom import definitions, lists, records, values
from staff.custom.forms import ValueForm
from staff.custom.settings_forms import FieldForm
from staff.http import Request
from staff.models import CustomField
from staff.once import once


@access.requires("administer")
@require_GET
def custom_fields(request: Request) -> HttpResponse:
    """All of them by their records: what for, whose, due when, and how much they are used."""
    uses = definitions.uses(timezone.now())
    lists = [(key, label, uses[key]) for key, label in CustomField.Subject.choices]
    return render(request, "staff/custom_fields.html", {"lists": lists, "most": definitions.MOST_REQUIRED})


@access.requires("administer")
@require_http_methods(["GET", "POST"])
@once
def custom_field_new(request: Request, subject: str) -> HttpResponse:
    """A further field of these records."""
    if records.kind(subject) is None:
        raise Http404
    if request.method == "GET":
        return _form(request, subject, FieldForm(subject, initial={"owner": request.user.pk}))
    form = FieldForm(subject, request.POST)
    if not form.is_valid():
        return _form(request, subject, form, 422)
    try:
        field = definitions.add(subject, form.cleaned_data["kind"], form.values, by=request.user)
    except definitions.TooMany as refusal:
        return _form(request, subject, form, 422, cost=refusal.cost)
    return htmx.redirect(request, "staff:custom-fields", toast=_("%(name)s is there now") % {"name": field})


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def custom_field(request: Request, pk: int) -> HttpResponse:
    """What may be changed of a field: all but the kind of its values."""
    field = get_object_or_404(CustomField, pk=pk)
    if request.method == "GET":
        return _form(request, field.subject, FieldForm.of(field), field=field)
    form = FieldForm.of(field, request.POST)
    if not form.is_valid():
        return _form(request, field.subject, form, 422, field=field)
    try:
        definitions.edit(field, form.values, by=request.user, seen=form.cleaned_data["seen"] or 0)
    except definitions.TooMany as refusal:
        return _form(request, field.subject, form, 422, field=field, cost=refusal.cost)
    except versions.Stale:
        form.add_error(None, _("Somebody changed this field meanwhile. Look at it once more and save."))
        return _form(request, field.subject, form, 409, field=field)
    return htmx.redirect(request, "staff:custom-fields", toast=_("Saved"))


def _form(request: Request, subject: str, form: FieldForm, status: int = 200, **context: Any) -> HttpResponse:
    context = {
        "form": form,
        "subject": CustomField.Subject(subject),
        "most": definitions.MOST_REQUIRED,
        **context,
    }
    return render(request, "staff/custom_field.html", context, status=status)


@access.requires("administer")
@require_POST
def custom_field_state(request: Request, pk: int) -> HttpResponse:
    """Takes a field out of forms and lists, or back in; what stands in it stays."""
    field = get_object_or_404(CustomField, pk=pk)
    try:
        field = definitions.set_retired(field, "retire" in request.POST, by=request.user)
    except definitions.TooMany:
        toast = _("The first form requires five fields already. Make %(name)s optional first.")
        return htmx.redirect(request, "staff:custom-fields", toast=toast % {"name": field})
    words = _("%(name)s is offered no longer; its values stay") if field.retired_at else _("%(name)s is back")
    return htmx.redirect(request, "staff:custom-fields", toast=words % {"name": field})


@access.signed_in
@require_http_methods(["GET", "POST"])
def custom_value(request: Request, subject: str, pk: int, field: int) -> HttpResponse:
    """What stands in one field of one record. Somebody else's value meanwhile is shown beside one's own."""
    kind = records.kind(subject)
    if kind is None:
        raise Http404
    record = access.get_for(request.user, kind.rows(request.user), pk, to=kind.rule)
    asked = get_object_or_404(CustomField, pk=field, subject=subject, retired_at=None)
    there = values.read(subject, [pk], [field])[pk].get(field)
    form = ValueForm(asked, there, request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "record": record,
        "custom": asked,
        "form": form,
        "heading": str(asked),
        "subject": subject,
    }
    if request.method == "GET":
        return _value(request, context)
    if not form.is_valid():
        return _value(request, context, 422)
    try:
        values.change(subject, record, {asked: form.value}, {asked: form.base}, by=request.user)
    except versions.Conflict:
        context |= {
            "form": ValueForm(asked, there), "theirs": values.in_words(asked, there) or _("not set"),
            "mine": values.in_words(asked, form.value) or _("not set"), "typed": form["value"].value(),
        }  # fmt: skip
        return _value(request, context, 409)
    return htmx.redirect(request, record, toast=_("Saved"))


def _value(request: Request, context: dict[str, Any], status: int = 200) -> HttpResponse:
    fragment = "staff/_custom_value.html"
    template = fragment if request.htmx else "staff/custom_value.html"
    return render(request, template, context, status=status)


@access.signed_in
@require_GET
def custom_filters(request: Request, subject: str) -> HttpResponse:
    """What the list of these records can be narrowed and sorted by, of the company's own fields."""
    kind = records.kind(subject)
    if kind is None or not kind.list_name:
        raise Http404
    kept = {
        key: text
        for key, text in request.GET.items()
        if key not in ("after", "before", "sort") and key[:2] != "cf"
    }
    context = {
        "own": lists.offered(subject, request.GET), "kept": kept, "to": reverse(kind.list_name), "heading": _("Own fields"),
    }  # fmt: skip
    return htmx.piece(request, "staff/_custom_filter_dialog.html", context)
