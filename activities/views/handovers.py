"""Handing accounts over to a colleague, and the page that tells them what they get."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Company
from activities import handing_back, handovers
from activities.forms import HandoverForm
from activities.models import Handover
from crm.lib import htmx
from staff import access
from staff.access import get_for
from staff.http import Request
from staff.models import User
from staff.once import once


@access.requires("sell")
@once
@require_http_methods(["GET", "POST"])
def handover_new(request: Request) -> HttpResponse:
    """Which accounts go to whom. `?company=` chooses one, `?owner=` shows those of a colleague, `all=1` chooses all."""
    owner, one = _asked(request)
    offered = handovers.candidates(request.user, owner)
    chosen = [c.pk for c in offered if c.pk == one or request.GET.get("all") == "1"]
    form = HandoverForm(offered, request.POST if request.method == "POST" else None, chosen=chosen)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = handovers.hand_over(data["companies"], data["taker"], by=request.user, note=data["note"])
        text = _("Handed over to %(person)s") % {"person": data["taker"].full_name}
        if made:
            may_undo = len(made) == 1 and access.allows(request.user, "take back handover", made[0])
            undo = reverse("activities:handover-undoing", args=[made[0].pk]) if may_undo else ""
            return htmx.redirect(request, made[0], toast=text, undo=undo)
        form.add_error("taker", _("They have these accounts already."))
    context: dict[str, Any] = {
        "form": form,
        "owner": owner,
        "owners": User.objects.people(),
        "offered": offered,
    }
    return render(request, "activities/handover_new.html", context, status=422 if form.errors else 200)


def _asked(request: Request) -> tuple[User, int | None]:
    """Whose accounts are shown, and which one is chosen."""
    pk = _number(request.GET.get("company", ""))
    company = (
        Company.objects.visible_to(request.user).filter(pk=pk).select_related("owner__team").first()
        if pk
        else None
    )
    if company and company.owner:
        return company.owner, company.pk
    owner = _number(request.POST.get("owner") or request.GET.get("owner", ""))
    found = User.objects.people().filter(pk=owner).select_related("team").first() if owner else None
    return found or request.user, None


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else None


@access.signed_in
@require_GET
def handover(request: Request, pk: int) -> HttpResponse:
    """Open promises, deals with what they miss, who knows whom, the last conversations, files: for the new owner."""
    rows = Handover.objects.select_related("giver", "taker", "by")
    record = get_for(request.user, rows, pk, to="see")
    sheets = handovers.sheets(record, request.user, timezone.now())
    kept = handing_back.kept(record, request.user)
    can_undo = (
        kept is None
        and access.allows(request.user, "take back handover", record)
        and not handing_back.why_not(record)
    )
    context = {"handover": record, "sheets": sheets, "can_undo": can_undo, "kept": kept}
    return render(request, "activities/handover.html", context)


@access.signed_in
@once
@require_POST
def handover_undoing(request: Request, pk: int) -> HttpResponse:
    """The accounts go back to who gave them."""
    rows = Handover.objects.select_related("giver", "taker", "by")
    record = get_for(request.user, rows, pk, to="take back handover")
    try:
        stay = handing_back.take_back(record, by=request.user)
    except handing_back.NotUndoable as reason:
        return htmx.redirect(request, record, toast=str(reason))
    toast = ngettext(
        "Taken back; %(n)s record that was changed since stays",
        "Taken back; %(n)s records that were changed since stay",
        stay,
    )
    return htmx.redirect(request, record, toast=toast % {"n": stay} if stay else _("Taken back"))
