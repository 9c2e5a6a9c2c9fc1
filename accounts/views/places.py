"""Divisions, sites and the group of a company: changed, moved, closed."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import groups, places
from accounts.forms import DivisionEditForm, GroupForm, SiteEditForm
from accounts.models import Company, Division, Site
from accounts.views.companies import dialog
from crm.lib import htmx
from crm.lib.text import clean_text
from staff import access, search, versions
from staff.access import get_for
from staff.http import Request
from staff.once import once


@access.signed_in
@require_http_methods(["GET", "POST"])
def division(request: Request, pk: int) -> HttpResponse:
    """Its name, and whether it still exists."""
    record = get_for(request.user, Division.objects.select_related("company"), pk, to="edit place")
    initial = {"name": record.name, "closed_on": record.closed_on, "seen": record.version}
    form = DivisionEditForm(request.POST if request.method == "POST" else None, initial=initial)
    if (
        request.method == "POST"
        and form.is_valid()
        and _done(form, lambda: places.edit_division(record, by=request.user, **form.cleaned_data))
    ):
        return htmx.redirect(request, record.company, toast=_("Saved"))
    return dialog(request, record.company, form, record.name, _("Save"))


@access.signed_in
@once
@require_http_methods(["GET", "POST"])
def site(request: Request, pk: int) -> HttpResponse:
    """Its name and place, the day it moved, whether it still exists, or with which company it goes on."""
    record = get_for(request.user, Site.objects.select_related("company", "division"), pk, to="edit place")
    form = SiteEditForm(request.user, record, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _done(form, lambda: _save(request, record, form)):
        return htmx.redirect(request, record.company, toast=_("Saved"))
    return dialog(request, record.company, form, record.name, _("Save"))


def _save(request: Request, record: Site, form: SiteEditForm) -> None:
    data = form.cleaned_data
    if data["company"]:
        access.require(request.user, "add to company", data["company"])
        places.hand_site_over(record, data["company"], on=data["since"], by=request.user, seen=data["seen"])
        return
    values = {**data["values"], "name": data["name"]}
    named = {name: data[name] for name in ("division", "closed_on", "since", "seen")}
    places.edit_site(record, values, by=request.user, **named)


@access.signed_in
@require_http_methods(["GET", "POST"])
def company_group(request: Request, pk: int) -> HttpResponse:
    """Which company this one belongs to."""
    record = get_for(
        request.user, Company.objects.select_related("owner__team", "parent"), pk, to="group company"
    )
    form = GroupForm(request.user, record, request.POST if request.method == "POST" else None)
    if (
        request.method == "POST"
        and form.is_valid()
        and _done(form, lambda: groups.set_parent(record, by=request.user, **form.cleaned_data))
    ):
        return htmx.redirect(request, record, toast=_("Saved"))
    return dialog(request, record, form, _("Group of %(name)s") % {"name": record.short_name}, _("Save"))


@access.signed_in
@require_GET
def company_names(request: Request) -> HttpResponse:
    """Names of companies while somebody types one into a form."""
    typed = clean_text(request.GET.get("company") or request.GET.get("parent") or "").strip()[:80]
    rows = Company.objects.active().visible_to(request.user)
    found = search.matching(rows, typed).order_by("sort_key", "pk")[:12] if typed else []
    return render(request, "accounts/_company_names.html", {"names": [company.name for company in found]})


def _done(form: Any, change: Any) -> bool:
    """Whether the change was made; a refusal stands on the form."""
    try:
        change()
    except ValidationError as problem:
        form.add_error(None, problem.messages)
    except versions.Stale as stale:
        form.is_stale(stale.record.version)
    else:
        return True
    return False
