"""Divisions, sites and the group of a company: changed, moved, closed."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import companies, groups, places, site_matching
from accounts.forms import DivisionEditForm, GroupForm, SiteEditForm, SiteForm
from accounts.matching import Match
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
@once
@require_http_methods(["GET", "POST"])
def company_site(request: Request, pk: int) -> HttpResponse:
    """A site more, in a division or directly below the company; one that is there already is not made twice."""
    record = get_for(request.user, Company.objects.all(), pk, to="add to company")
    form = SiteForm(record, request.POST if request.method == "POST" else None)
    similar: list[Match] = []
    if request.method == "POST" and form.is_valid():
        name, division = form.cleaned_data["name"], form.cleaned_data["division"]
        values = form.cleaned_data["values"]
        similar = site_matching.find_sites(record, site_matching.candidate_of(name, values))
        if similar and similar[0].record.name == name:
            form.add_error("name", _("The company has one of this name already."))
        elif similar and similar[0].is_certain and not form.cleaned_data["is_another"]:
            form.ask_whether_it_is_another()
            form.add_error(None, _("This site is there already. Use it, or say that it is another one."))
        else:
            made = companies.add_site(record, name, division=division, by=request.user, **values)
            return htmx.redirect(request, record, toast=_("Added %(name)s") % {"name": made.name})
    return dialog(request, record, form, _("Add a site"), _("Add"), similar=similar)


@access.signed_in
@require_GET
def site_similar(request: Request, pk: int) -> HttpResponse:
    """While typing: sites of the company that may be the one being written down."""
    record = get_for(request.user, Company.objects.all(), pk, to="add to company")
    typed = {
        name: clean_text(request.GET.get(name, "")).strip()[:250] for name in ("name", "phone", "address")
    }
    try:
        values: dict[str, Any] = companies.clean(
            {name: typed[name] for name in ("phone", "address") if typed[name]}
        )
    except ValidationError:
        values = {}
    similar = site_matching.find_sites(record, site_matching.candidate_of(typed["name"], values))
    return render(request, "accounts/_site_similar.html", {"similar": similar})


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
