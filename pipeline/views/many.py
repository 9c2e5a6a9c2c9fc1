"""Many deals at once, and the filters that people keep."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from crm.lib import htmx
from pipeline import bulk_edit
from pipeline.deal_filters import Narrowing
from pipeline.forms import ViewForm
from pipeline.models import BulkEdit, Deal, SavedView
from pipeline.views import dialogs
from staff import access
from staff.http import Request
from staff.models import User
from staff.once import once


@access.requires("sell")
@require_http_methods(["GET", "POST"])
@once
def deals_bulk(request: Request) -> HttpResponse:
    """Asks for the value, then does it to every picked deal; those that are refused are named with the reason."""
    sent = request.POST if request.method == "POST" else request.GET
    action = bulk_edit.ACTIONS.get(sent.get("action", ""))
    if action is None:
        raise Http404
    picked = _picked(sent)
    form = action.form(request.POST if request.method == "POST" else None)
    rows = list(Deal.objects.visible_to(request.user).filter(pk__in=[pk for pk, _seen in picked]))
    context: dict[str, Any] = {
        "action": action, "form": form, "picked": [f"{pk}-{seen}" for pk, seen in picked], "rows": rows,
        "total": sum((deal.amount or 0) for deal in rows), "heading": action.label,
    }  # fmt: skip
    if request.method == "GET" or not picked or not form.is_valid():
        return dialogs.show(request, "pipeline/_bulk.html", context, 422 if form.errors else 200)
    edit = bulk_edit.apply(action, picked, form.cleaned_data, by=request.user)
    if edit.refused:
        context.update(edit=edit, heading=_("Not all of them"))
        return dialogs.show(request, "pipeline/_bulk_result.html", context)
    n = len(edit.done)
    toast = ngettext("%(n)s deal is changed", "%(n)s deals are changed", n) % {"n": n}
    return htmx.redirect(
        request, _page(request), toast=toast, undo=reverse("pipeline:bulk-undo", args=[edit.pk]) if n else ""
    )


def _picked(sent: QueryDict) -> list[tuple[int, int]]:
    """(deal, version seen) of each row that was picked; what is no such pair is left out."""
    pairs = [value.partition("-") for value in sent.getlist("deal")]
    return [
        (int(pk), int(seen))
        for pk, _dash, seen in pairs
        if pk.isdecimal() and seen.isdecimal() and len(pk) < 19 and len(seen) < 9
    ][: bulk_edit.MOST]


def _page(request: Request) -> str:
    return htmx.page_of(request, reverse("pipeline:list"))


@access.requires("sell")
@require_POST
def bulk_undo(request: Request, pk: int) -> HttpResponse:
    """Takes a change of many deals back; only whoever made it may."""
    edit = get_object_or_404(BulkEdit, pk=pk, by=request.user)
    stay = bulk_edit.take_back(edit, by=request.user)
    toast = _("Taken back")
    if stay:
        toast = ngettext(
            "Taken back, but %(n)s deal was changed meanwhile and stays",
            "Taken back, but %(n)s deals were changed meanwhile and stay",
            len(stay),
        ) % {"n": len(stay)}
    return htmx.redirect(request, _page(request), toast=toast)


# Views that people keep ---------------------------------------------------------------------------------


@access.signed_in
@require_http_methods(["GET", "POST"])
@once
def view_new(request: Request) -> HttpResponse:
    """Keeps the filters of the page under a name."""
    sent = request.POST if request.method == "POST" else request.GET
    query = _clean_query(request.user, sent.get("query", ""))
    form = ViewForm(request.user, request.POST if request.method == "POST" else None)
    context = {"form": form, "query": query, "on": _on(sent), "heading": _("Keep this filter")}
    if request.method == "GET" or not form.is_valid():
        return dialogs.show(request, "pipeline/_view_new.html", context, 422 if form.errors else 200)
    try:
        with transaction.atomic():
            SavedView.objects.create(
                owner=request.user, name=form.cleaned_data["name"], query=query,
                shared_with=request.user.team if form.cleaned_data.get("shared") else None,
            )  # fmt: skip
    except IntegrityError:
        form.add_error("name", _("You have a view of this name."))
        return dialogs.show(request, "pipeline/_view_new.html", context, 422)
    page = reverse(f"pipeline:{_on(sent)}")
    return htmx.redirect(request, f"{page}?{query}" if query else page, toast=_("The view is kept"))


def _on(sent: QueryDict) -> str:
    return "board" if sent.get("on") == "board" else "list"


def _clean_query(user: User, text: str) -> str:
    """Only what the lists know: filters, by fields of the company's own too, added columns, and the order."""
    found = QueryDict(text[:2000])
    return Narrowing.of(user, found, timezone.localdate()).query(sort=found.get("sort"))[:1000]


@access.signed_in
@require_POST
def view_removal(request: Request, pk: int) -> HttpResponse:
    """Forgets one's own view."""
    view = get_object_or_404(SavedView, pk=pk, owner=request.user)
    view.delete()
    return htmx.redirect(request, "pipeline:list", toast=_("The view is forgotten"))
