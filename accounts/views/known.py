"""What a company is known by beside its fields: a folded part of its page, and a page of its own."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import known_by
from accounts.forms import KnownByForm
from accounts.models import Company
from accounts.views.survivors import on_to_survivor
from crm.lib import htmx
from staff import access
from staff.access import get_for
from staff.http import Request
from staff.once import once

# The list on the page asks for itself again.
CHANGED = "known-changed"
_FRAGMENT, _PAGE = "accounts/_known.html", "accounts/known.html"


@access.signed_in
@require_GET
def company_known(request: Request, pk: int) -> HttpResponse:
    """Names, phones, domains … that lists, leads, merges and people brought."""
    company = get_for(request.user, Company.objects.select_related("owner__team"), pk, to="see")
    if company.merged_into_id:
        return on_to_survivor(request, company)
    template = _FRAGMENT if request.htmx else _PAGE
    return render(request, template, _context(request, company, KnownByForm()))


@access.signed_in
@once
@require_POST
def known_addition(request: Request, pk: int) -> HttpResponse:
    """One more, by hand."""
    company = get_for(request.user, Company.objects.select_related("owner__team"), pk, to="edit company")
    form, toast = KnownByForm(request.POST), ""
    if form.is_valid():
        try:
            row = known_by.add(company, **form.cleaned_data, by=request.user, today=timezone.localdate())
        except ValidationError as problem:
            form.add_error("typed", problem.messages)
        else:
            toast = _("Added %(name)s") % {"name": known_by.text_of(row)}
    context = _context(request, company, form if form.errors else KnownByForm())
    page = reverse("accounts:company-known", args=[pk])
    return htmx.answer(request, _FRAGMENT, context, page=page, full=_PAGE, toast=toast)


def _context(request: Request, company: Company, form: KnownByForm) -> dict[str, Any]:
    rows = known_by.shown(company, request.user)
    return {
        "company": company,
        "known": [row for row in rows if not row.is_struck],
        "struck": [row for row in rows if row.is_struck],
        "known_form": form,
        "is_open": True,
        "can_edit": access.allows(request.user, "edit company", company),
    }


def _row(request: Request, pk: int, of: str, row: int) -> known_by.Row:
    company = get_for(request.user, Company.objects.select_related("owner__team"), pk, to="edit company")
    if of not in known_by.MODELS:
        raise Http404
    found: Any = get_object_or_404(known_by.MODELS[of], pk=row, company=company)
    found.company = company
    return found


@access.signed_in
@require_POST
def known_removal(request: Request, pk: int, of: str, row: int) -> HttpResponse:
    """Strikes one out; the toast puts it back."""
    known = _row(request, pk, of, row)
    known_by.strike(known, by=request.user)
    undo = reverse("accounts:known-restoration", args=[pk, of, row])
    return _answer(request, known, _("%(name)s is struck out"), undo=undo)


@access.signed_in
@require_POST
def known_restoration(request: Request, pk: int, of: str, row: int) -> HttpResponse:
    """Undoes a removal."""
    known = _row(request, pk, of, row)
    known_by.put_back(known, by=request.user)
    # The button stands in the toast, too: the list asks for itself.
    return _answer(request, known, _("%(name)s is back"), tell=CHANGED)


def _answer(request: Request, known: known_by.Row, toast: str, **more: str) -> HttpResponse:
    context = _context(request, known.company, KnownByForm())
    page = reverse("accounts:company-known", args=[known.company_id])
    told = toast % {"name": known_by.text_of(known)}
    return htmx.answer(request, _FRAGMENT, context, page=page, toast=told, **more)  # type: ignore[arg-type]
