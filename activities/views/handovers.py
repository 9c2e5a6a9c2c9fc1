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
from activities import handing_back, handing_on, handovers
from activities.forms import HandoverForm
from activities.models import Handover
from crm.lib import htmx, keyset
from crm.lib.text import clean_text
from staff import access, roles
from staff.access import get_for
from staff.http import Request
from staff.models import User
from staff.once import once

SHEETS = 20


@access.requires("sell")
@once
@require_http_methods(["GET", "POST"])
def handover_new(request: Request) -> HttpResponse:
    """Which accounts go to whom. `?company=` chooses one, `?owner=` and `?q=` narrow, `all=1` chooses all that are shown."""
    owner, one = _asked(request)
    sent = request.POST if request.method == "POST" else request.GET
    query = clean_text(sent.get("q", "")).strip()[:100]
    offered = handovers.handable(request.user, owner, query)
    form = HandoverForm(
        handovers.handable(request.user, owner),
        offered,
        owner,
        request.POST if request.method == "POST" else None,
    )
    if request.method == "POST" and form.is_valid():
        return _handed(request, owner, form.cleaned_data)
    picked = {pk for value in sent.getlist("companies") if (pk := _number(value))} | ({one} if one else set())
    rows = offered.defer("search_text", "search_grams", "notes")
    page = keyset.page(rows, ("sort_key", "pk"), request.GET)
    shown = {company.pk for company in page}
    context: dict[str, Any] = {
        "form": form, "owner": owner, "owners": handovers.givers(request.user), "query": query, "page": page,
        "total": offered.count(), "picked": picked, "elsewhere": sorted(picked - shown),
        "everything": sent.get("everything") or request.GET.get("all") == "1",
    }  # fmt: skip
    return render(request, "activities/handover_new.html", context, status=422 if form.errors else 200)


def _handed(request: Request, owner: User, data: dict[str, Any]) -> HttpResponse:
    """Done at once, or begun where it is more than a page can wait for."""
    rows, taker = data["companies"], data["taker"]
    if rows.count() > handovers.AT_ONCE:
        made = handing_on.begin(rows, owner, taker, by=request.user, note=data["note"])
        text = _("The accounts go to %(person)s one after the other")
    else:
        [made] = handovers.hand_over(rows, taker, by=request.user, note=data["note"])
        text = _("Handed over to %(person)s")
    may_undo = access.allows(request.user, "take back handover", made)
    undo = reverse("activities:handover-undoing", args=[made.pk]) if may_undo else ""
    return htmx.redirect(request, made, toast=text % {"person": taker.full_name}, undo=undo)


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
    everybody = User.objects.filter(is_system=False).select_related("team")
    found = everybody.filter(pk=owner).first() if owner else None
    return found or request.user, None


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else None


@access.signed_in
@require_GET
def handover(request: Request, pk: int) -> HttpResponse:
    """Open promises, deals with what they miss, who knows whom, the last conversations, files: for the new owner.

    While workers pass the accounts on it shows how far they are, and asks again (`?working=1`) every two seconds.
    """
    rows = Handover.objects.select_related("giver", "taker", "by")
    record = get_for(request.user, rows, pk, to="see")
    going = handing_on.progress(record)
    context: dict[str, Any] = {"handover": record, "going": going}
    if going and going.is_working:
        context["can_undo"] = not going.is_back and _may_take_back(request, record)
        return render(request, "activities/handover.html", context)
    if request.GET.get("working") and request.htmx:
        return htmx.redirect(request, record)
    page = keyset.page(handovers.handed(record, request.user), ("sort_key", "pk"), request.GET, SHEETS)
    kept = handing_back.kept(record, request.user)
    context |= {
        "page": page, "sheets": handovers.sheets(page.rows, request.user, timezone.now()), "kept": kept,
        "can_undo": kept is None and _may_take_back(request, record),
        "left": handing_on.left(record, request.user) if going else [],
        # Who gave it to another team does not see its deals any more: the page must not read as if there were none.
        "is_beyond": record.taker.team_id not in access.team_ids(request.user)
        and not roles.can(request.user, "read everything"),
    }  # fmt: skip
    return render(request, "activities/handover.html", context)


def _may_take_back(request: Request, handover: Handover) -> bool:
    return access.allows(request.user, "take back handover", handover) and not handing_back.why_not(handover)


@access.signed_in
@once
@require_POST
def handover_undoing(request: Request, pk: int) -> HttpResponse:
    """The accounts go back to who gave them."""
    rows = Handover.objects.select_related("giver", "taker", "by")
    record = get_for(request.user, rows, pk, to="take back handover")
    try:
        stay = handing_on.take_back(record, by=request.user)
    except handing_back.NotUndoable as reason:
        return htmx.redirect(request, record, toast=str(reason))
    if stay is None:
        return htmx.redirect(request, record, toast=_("The accounts come back one after the other"))
    toast = ngettext(
        "Taken back; %(n)s record that was changed since stays",
        "Taken back; %(n)s records that were changed since stay",
        stay,
    )
    return htmx.redirect(request, record, toast=toast % {"n": stay} if stay else _("Taken back"))
