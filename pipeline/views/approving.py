"""The approval that a stage asks for: asked for by whoever works on the deal, given by a manager."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.lib import htmx
from pipeline import approvals, exit_criteria
from pipeline.models import Deal, ExitCriterion
from pipeline.views import dialogs
from staff import access, versions
from staff.access import get_for
from staff.http import Request
from staff.models import User
from staff.once import once


@access.signed_in
@require_http_methods(["GET", "POST"])
@once
def deal_approval(request: Request, pk: int, criterion: int) -> HttpResponse:
    """Shows who asked and who approved what; a manager's POST approves, refuses or takes it back, another person's asks."""
    deal = get_for(request.user, Deal.objects.for_page(), pk, to="log on deal")
    asked = get_object_or_404(
        ExitCriterion.objects.current(),
        pk=criterion, stage__pipeline=deal.stage.pipeline_id, kind=ExitCriterion.Kind.APPROVAL,
    )  # fmt: skip
    if request.method == "GET":
        return _show(request, deal, asked)
    seen, note = request.POST.get("seen", ""), request.POST.get("note", "")[:200]
    if not access.allows(request.user, "approve deal", deal):
        approvals.ask(deal, asked, by=request.user, note=note)
        return htmx.redirect(request, deal, toast=_("The managers have been asked"))
    if "withdraw" in request.POST:
        approvals.withdraw(deal, asked, by=request.user)
        return htmx.redirect(request, deal, toast=_("The approval is taken back"))
    if "refuse" in request.POST:
        try:
            approvals.refuse(deal, asked, by=request.user, note=note)
        except approvals.ReasonMissing:
            return _show(request, deal, asked, 422)
        return htmx.redirect(request, deal, toast=_("%(deal)s is not approved") % {"deal": deal.name})
    try:
        seen_version = int(seen) if seen.isdecimal() and len(seen) < 9 else 0
        approvals.approve(deal, asked, by=request.user, seen=seen_version, note=note)
    except versions.Stale:
        return _show(request, deal, asked, 409)
    return htmx.redirect(request, deal, toast=_("%(deal)s is approved") % {"deal": deal.name})


def _show(request: Request, deal: Deal, asked: ExitCriterion, status: int = 200) -> HttpResponse:
    found = exit_criteria.statuses_under([deal], [asked])[deal.pk]
    if not found:
        raise Http404
    refused, said = access.refusal(request.user, "approve deal", deal), approvals.latest(deal, asked)
    context = {
        "deal": deal, "criterion": asked, "heading": str(asked), "status": found[0],
        "may_approve": not refused, "refused": refused, "may_log": True, "is_stale": status == 409,
        "said": said, "who": said and User.objects.filter(pk=said.actor_id).first(),
        "lacks_note": status == 422, "note": request.POST.get("note", "")[:200],
    }  # fmt: skip
    return dialogs.show(request, "pipeline/_approval.html", context, status)
