"""A new deal in five fields, and the company found while typing."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Company
from crm.lib import htmx
from crm.lib.text import clean_text, query_words
from pipeline import deals
from pipeline.forms import NewDealForm
from pipeline.views import dialogs
from staff import access, search
from staff.custom import values as custom
from staff.custom.forms import taken
from staff.http import Request
from staff.once import once

OPTIONS = 12


@access.requires("sell")
@require_http_methods(["GET", "POST"])
@once
def deal_new(request: Request) -> HttpResponse:
    """At most five fields; the rest is asked when its stage needs it. `?company=` fills the first one."""
    company = _asked_company(request)
    if request.method == "GET":
        return _show(request, NewDealForm(request.user, company=company), company)
    form = NewDealForm(request.user, request.POST)
    if not form.is_valid():
        return _show(request, form, form.cleaned_data.get("company"), 422)
    with transaction.atomic():
        deal = deals.create_deal(owner=request.user, by=request.user, **form.facts)
        if form.own:
            custom.change("deal", deal, taken(form, form.own), {}, by=request.user)
    return htmx.redirect(request, deal, toast=_("%(deal)s is on the board") % {"deal": deal.name})


def _show(request: Request, form: NewDealForm, company: Company | None, status: int = 200) -> HttpResponse:
    words = clean_text(request.GET.get("q", ""))[:80]
    context = {
        "form": form,
        "company": company,
        "heading": _("New deal"),
        "words": words,
        "options": [] if company else _companies(request, words),
    }
    return dialogs.show(request, "pipeline/_deal_new.html", context, status)


def _asked_company(request: Request) -> Company | None:
    pk = request.GET.get("company", "")
    if not pk.isdecimal() or len(pk) > 18:
        return None
    return Company.objects.visible_to(request.user).active().filter(pk=pk).first()


def _companies(request: Request, words: str) -> list[Company]:
    rows = Company.objects.visible_to(request.user).active()
    if not query_words(words):
        return []
    return list(search.matching(rows, words).order_by("sort_key", "pk")[:OPTIONS])


@access.signed_in
@require_GET
def company_options(request: Request) -> HttpResponse:
    """Companies that contain the words: as choices of a form, or as JSON for a search box."""
    words = clean_text(request.GET.get("q", ""))[:80]
    found = _companies(request, words)
    if "application/json" in request.headers.get("Accept", ""):
        options = [{"id": c.pk, "label": f"{c.name} {c.prefecture}{c.city}".strip()} for c in found]
        return JsonResponse({"options": options})
    return render(request, "pipeline/_company_options.html", {"options": found, "words": words})


@access.signed_in
@require_GET
def contact_options(request: Request) -> HttpResponse:
    """The people of the chosen company, as the choices of the contact field."""
    form = NewDealForm(request.user, company=_asked_company(request))
    return render(request, "pipeline/_contact_options.html", {"form": form})
