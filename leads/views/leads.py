"""Lists, the panel beside them, and what people type about a lead."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.merging import absorbed
from accounts.views.survivors import on_to_survivor
from crm.lib import htmx
from crm.lib.kept import kept
from leads import assignment, editing, first_contact, intake, listing, scoring
from leads.forms import DisqualifyForm, LeadForm, NewLeadForm, OwnerForm
from leads.models import Lead
from staff import access, events, roles, versions
from staff.custom import filling
from staff.http import Request
from staff.models import User
from staff.once import once
from staff.readers import Reader


@access.signed_in
@require_GET
def leads(request: Request) -> HttpResponse:
    """Who is called next, and why: the nearest deadline first, one lead open beside the list."""
    now = timezone.now()
    found = listing.listing(request.user, request.GET, now)
    shown, choices = _shown(request, found), listing.choices()
    context: dict[str, Any] = {
        "list": found,
        "tabs": listing.tabs(request.user, found.view, now),
        "orders": [
            {"key": key, "label": label, "current": key == (found.order or _first_order(found))}
            for key, (label, _fields) in listing.ORDERS.items()
        ],
        "may_add": roles.can(request.user, "sell"),
        "may_import": roles.can(request.user, "import"),
        "may_administer": roles.can(request.user, "administer"),
        "choices": choices,
        # Said in every row: looked up once.
        "words": {
            "score": _("Score"), "channel": _("Channel"), "clock": _("First contact"), "owner": _("In charge"),
        },
        "log_url": reverse("activities:log"),
    }  # fmt: skip
    if shown is not None:
        context |= panel_context(request.user, shown, choices.takers) | {"shown_pk": shown.pk}
    return render(request, "leads/leads.html", context)


@access.signed_in
@require_GET
def lead(request: Request, pk: int) -> HttpResponse:
    rows = Lead.objects.filter(Q(deleted_at=None) | Q(merged_into__isnull=False))
    found = access.get_for(request.user, rows.for_panel(), pk, to="see")
    if found.merged_into_id:
        return on_to_survivor(request, found)
    found_by = panel_context(request.user, found)
    found_by["can_remove"] = access.allows(request.user, "remove", found)
    found_by["can_merge"] = access.allows(request.user, "merge", [found])
    return render(request, "leads/lead.html", found_by)


@access.signed_in
@require_GET
def lead_panel(request: Request, pk: int) -> HttpResponse:
    """The fragment beside the list; without htmx the page."""
    found = access.get_for(request.user, Lead.objects.kept().for_panel(), pk, to="see")
    if not request.htmx:
        return htmx.redirect(request, found)
    return render(request, "leads/_panel.html", panel_context(request.user, found) | {"beside": True})


@access.requires("sell")
@require_http_methods(["GET", "POST"])
@once
def lead_new(request: Request) -> HttpResponse:
    """A lead entered by hand: a rep's own, a manager's by the rules."""
    form = NewLeadForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        owner = request.user if request.user.role == User.Role.REP else None
        with transaction.atomic():
            received = intake.receive_lead(
                form.values(), channel=form.cleaned_data["channel"], by=request.user, owner=owner
            )
            filling.fill_new("lead", received, form.said, by=request.user)
        return htmx.redirect(request, received, toast=_assigned_to(received))
    status = 422 if form.errors else 200
    return render(request, "leads/lead_new.html", {"form": form, "similar": []}, status=status)


@access.requires("sell")
@require_GET
def lead_similar(request: Request) -> HttpResponse:
    """While typing: leads in work that may be the same one."""
    reach = request.GET.get("reach", "")[:254]
    values = {
        "company_name": request.GET.get("company_name", "")[:200],
        "email" if "@" in reach else "phone": reach,
    }
    return render(request, "leads/_similar.html", {"similar": intake.similar_open(values, request.user)})


@access.signed_in
@require_http_methods(["GET", "POST"])
def lead_edit(request: Request, pk: int) -> HttpResponse:
    found = access.get_for(request.user, Lead.objects.kept().for_panel(), pk, to="edit lead")
    seen = {name: getattr(found, name) for name in LeadForm.base_fields if name != "base"}
    form = LeadForm(request.POST or None, initial={**seen, "base": seen})
    clashes: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        try:
            editing.edit_lead(found, form.changes(), form.cleaned_data["base"], by=request.user)
            return htmx.redirect(request, found, toast=_("Saved"))
        except versions.Conflict as conflict:
            clashes = [
                {"label": form.fields[name].label, "mine": mine, "theirs": theirs}
                for name, (mine, theirs) in conflict.fields.items()
            ]
            form = LeadForm({**request.POST.dict(), "base": json.dumps(seen)})
    context = {"lead": found, "form": form, "clashes": clashes}
    status = 409 if clashes else 422 if form.errors else 200
    return render(request, "leads/lead_edit.html", context, status=status)


def panel_context(user: User, found: Lead, takers: list[User] | None = None) -> dict[str, Any]:
    """All that the panel shows of one lead, for the page, the list and every action on it."""
    now = timezone.now()
    return {
        "lead": found,
        "timer": first_contact.timer(found, now, first_contact.Clocks.for_reader(user)),
        "because": assignment.reason_text(found.assigned_because),
        "score": scoring.breakdown(found),
        "events": events.newest_of_lead(absorbed.ids(found)),
        "may_edit": access.allows(user, "edit lead", found),
        "may_convert": access.allows(user, "convert lead", found) and found.deal_id is None,
        "may_log": access.allows(user, "log activity", found),
        "owner_form": OwnerForm(initial={"owner": found.owner_id}, offered=takers),
        "disqualify_form": DisqualifyForm(),
    }


@kept
def _panel(reader: Reader, *, pk: int) -> QuerySet[Lead]:
    return Lead.objects.visible_to(reader.user).kept().for_panel().filter(pk=pk)


def _shown(request: Request, found: listing.Listing) -> Lead | None:
    """The lead beside the list: the one of the address, else the first."""
    wanted = request.GET.get("lead", "")
    pk = int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0
    reader = Reader.of(request.user)
    chosen = _panel.first(reader, pk=pk) if pk else None
    return chosen or (_panel.first(reader, pk=found.rows[0].lead.pk) if found.rows else None)


def _first_order(found: listing.Listing) -> str:
    return next(key for key, (_label, fields) in listing.ORDERS.items() if fields == found.view.order)


def _assigned_to(received: Lead) -> str:
    because = assignment.reason_text(received.assigned_because)
    return _("Saved. Owner: %(owner)s (%(because)s)") % {
        "owner": received.owner.family_name,
        "because": because,
    }
