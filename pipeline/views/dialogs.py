"""How every dialog about a deal is shown and answered: swapped in where htmx asks, a page of its own where not."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.lib import htmx
from pipeline.models import Deal
from pipeline.views.board import narrowing_of_page, touched_context
from staff.http import Request


def show(request: Request, fragment: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The dialog; `heading` in the context is the title of the page it is without htmx."""
    template = fragment if request.htmx else "pipeline/dialog_page.html"
    return render(request, template, {**context, "fragment": fragment}, status=status)


def saved(request: Request, deal: Deal, toast: str = "", undo: str = "") -> HttpResponse:
    """After a change in place: the list stays where it is and shows itself anew, elsewhere the deal's page is shown."""
    if is_on_list(request):
        return htmx.refresh(request, toast=toast, undo=undo)
    return htmx.redirect(request, deal, toast=toast, undo=undo)


def is_on_list(request: Request) -> bool:
    """Whether htmx asks from the list of deals."""
    return bool(request.htmx) and htmx.page_of(request).partition("?")[0] == reverse("pipeline:list")


def moved(request: Request, before: Deal, deal: Deal) -> HttpResponse:
    """On the board the columns change in place; elsewhere the deal's page is shown. Both say how to take it back."""
    toast = _("%(deal)s: moved to %(stage)s") % {"deal": deal.name, "stage": deal.stage}
    undo = reverse("pipeline:deal-stage-undo", args=[deal.pk, deal.version]) if before.stage.is_open else ""
    narrowing = narrowing_of_page(request) if request.htmx else None
    if narrowing is None:
        return saved(request, deal, toast, undo)
    known = set(request.headers.get("Board-Cards", "").split(","))
    context = touched_context(narrowing, {before.stage_id, deal.stage_id}, known)
    body = render_to_string("pipeline/_board_pieces.html", {**context, "oob": True}, request)
    return HttpResponse(body + htmx.toast_html(request, toast, undo))


def page_of(request: Request, deal: Deal) -> str:
    """The page that the person is on; without htmx the deal's own."""
    return htmx.page_of(request, deal.get_absolute_url())
