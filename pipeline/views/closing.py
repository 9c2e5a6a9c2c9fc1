"""Losing a deal, and handing it over."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.lib import htmx
from pipeline import bulk_edit, deals, moves
from pipeline.forms import LossForm, OwnerForm
from pipeline.models import Deal
from pipeline.views import dialogs
from staff import access, versions
from staff.access import get_for
from staff.http import Request
from staff.once import once


@access.signed_in
@require_http_methods(["GET", "POST"])
@once
def deal_loss(request: Request, pk: int) -> HttpResponse:
    """Why it was lost: one required reason, and what helps the next time."""
    deal = get_for(request.user, Deal.objects.for_page(), pk, to="move deal")
    if request.method == "GET":
        return show_loss(request, deal)
    form = LossForm(request.POST)
    if not form.is_valid():
        return _loss_dialog(request, deal, form, 422)
    try:
        lost = moves.lose_deal(deal, by=request.user, **form.cleaned_data)
    except versions.Stale as stale:
        return _loss_dialog(request, stale.record, form, 409)
    return dialogs.moved(request, deal, lost)


def show_loss(request: Request, deal: Deal) -> HttpResponse:
    """The empty dialog; a closed deal has nothing to lose."""
    if not deal.is_open:
        return htmx.redirect(request, deal)
    return _loss_dialog(request, deal, LossForm(initial={"competitor": deal.competitor}))


def _loss_dialog(request: Request, deal: Deal, form: LossForm, status: int = 200) -> HttpResponse:
    context = {"deal": deal, "form": form, "heading": _("Close as lost"), "is_stale": status == 409}
    return dialogs.show(request, "pipeline/_loss.html", context, status)


@access.signed_in
@require_http_methods(["GET", "POST"])
@once
def deal_owner(request: Request, pk: int) -> HttpResponse:
    """Gives the deal to a colleague, and with it to their team."""
    deal = get_for(request.user, Deal.objects.for_page(), pk, to="hand over deal")
    form = OwnerForm(request.POST or None, initial={"seen": deal.version, "owner": deal.owner_id})
    before = deal.owner_id
    context = {"deal": deal, "form": form, "heading": _("Hand over %(deal)s") % {"deal": deal.name}}
    if request.method == "GET":
        return dialogs.show(request, "pipeline/_owner.html", context)
    if not form.is_valid():
        return dialogs.show(request, "pipeline/_owner.html", context, 422)
    try:
        deal = deals.hand_over(
            deal, form.cleaned_data["owner"], by=request.user, seen=form.cleaned_data["seen"]
        )
    except versions.Stale as stale:
        context.update(
            deal=stale.record, is_stale=True, form=OwnerForm(initial={"seen": stale.record.version})
        )
        return dialogs.show(request, "pipeline/_owner.html", context, 409)
    except PermissionDenied as refusal:
        form.add_error("owner", str(refusal))
        return dialogs.show(request, "pipeline/_owner.html", context, 422)
    undo = ""
    if deal.owner_id != before:
        edit = bulk_edit.of_one("owner", deal, {"owner": before, "version": deal.version}, by=request.user)
        undo = reverse("pipeline:bulk-undo", args=[edit.pk])
    toast = _("%(deal)s is now with %(owner)s") % {"deal": deal.name, "owner": deal.owner}
    # Whoever gives away a deal of their team may no longer see it.
    still_seen = Deal.objects.visible_to(request.user).filter(pk=deal.pk).exists()
    here = dialogs.page_of(request, deal)
    return htmx.redirect(request, here if still_seen else _elsewhere(here, deal), toast=toast, undo=undo)


def _elsewhere(here: str, deal: Deal) -> str:
    """Whoever stood on the page of the deal goes to the board, everybody else stays where they are."""
    return reverse("pipeline:board") if here.startswith(deal.get_absolute_url()) else here
