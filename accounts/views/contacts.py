"""People at customers: the page, a new one, and what is changed in place."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import contacts as domain
from accounts import facts, lists, moving, positions, timelines
from accounts.contact_list import CONTACTS, WORK
from accounts.forms import CONTACT_FACTS, AdditionalForm, LeaveForm, MoveForm, NewContactForm, NewPersonForm
from accounts.merging import absorbed
from accounts.models import Company, Contact, Position
from accounts.views.companies import dialog, filters_of
from accounts.views.survivors import on_to_survivor
from crm.lib import htmx
from staff import access, events, versions
from staff.access import get_for
from staff.custom import filling
from staff.http import Request
from staff.once import once


@access.signed_in
@require_GET
def contacts(request: Request) -> HttpResponse:
    """The people at customers, narrowed by what stands in the address."""
    listing = CONTACTS.listing(request.user, request.GET)
    shown = listing.rows.for_rows()  # type: ignore[attr-defined]
    context = {"listing": listing, "page": listing.page(shown, request.GET), "limit": lists.COUNTED}
    return render(request, "accounts/contacts.html", {**context, "today": timezone.localdate()})


@access.signed_in
@require_GET
def contacts_filters(request: Request) -> HttpResponse:
    """What the list may be narrowed by; loaded when somebody wants to."""
    choices = {"roles": Contact.Role.choices, "works": WORK.items()}
    return filters_of(request, CONTACTS, "accounts:contacts", "accounts/_contacts_filters.html", choices)


@access.signed_in
@require_GET
def contact(request: Request, pk: int) -> HttpResponse:
    """A person: how to reach them, what they decide, what happened."""
    record = get_for(request.user, absorbed.with_absorbed(_rows()), pk, to="see")
    if record.merged_into_id:
        return on_to_survivor(request, record)
    if record.deleted_at:
        return htmx.redirect(request, "accounts:bin")
    if request.htmx and "events" in request.GET:
        page = events.page_of(timelines.of_contact(request.user, record), request.GET)
        return render(request, "components/_timeline_page.html", {"events": page})
    return render(request, "accounts/contact.html", _page(request, record, request.GET.get("edit", "")))


def _rows() -> Any:
    return Contact.objects.select_related("company", "division", "site")


def _page(request: Request, record: Contact, editing: str = "") -> dict[str, Any]:
    can_edit = access.allows(request.user, "edit contact", record)
    kept = Position.objects.filter(contact=record).visible_to(request.user)
    return {
        "contact": record,
        "can_edit": can_edit,
        "can_remove": access.allows(request.user, "remove", record),
        "can_merge": access.allows(request.user, "merge", [record]),
        "today": timezone.localdate(),
        "has_left": record.has_left(timezone.localdate()),
        "positions": kept.select_related("company", "division", "site", "successor"),
        "facts": facts.of(record, can_edit=can_edit, editing=editing),
        "events": events.page_of(timelines.of_contact(request.user, record), request.GET),
    }


# A new one ---------------------------------------------------------------------------------------


@access.requires("sell")
@once
@require_http_methods(["GET", "POST"])
def person_new(request: Request) -> HttpResponse:
    """A person more, at a company that is named first."""
    form = NewPersonForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        company = form.cleaned_data["company"]
        access.require(request.user, "add to company", company)
        if record := _created(request, form, company):
            return htmx.redirect(request, record, toast=_("Added %(name)s") % {"name": record.full_name})
    return dialog(request, None, form, _("Add a person"), _("Add"))


@access.signed_in
@once
@require_http_methods(["GET", "POST"])
def contact_new(request: Request, pk: int) -> HttpResponse:
    """A person more at the company."""
    company = get_for(request.user, Company.objects.all(), pk, to="add to company")
    form = NewContactForm(company, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and (record := _created(request, form, company)):
        return htmx.redirect(request, company, toast=_("Added %(name)s") % {"name": record.full_name})
    return dialog(request, company, form, _("Add a person"), _("Add"))


def _created(request: Request, form: NewPersonForm, company: Company) -> Contact | None:
    """The person that the form speaks of; a refusal stands on the form."""
    try:
        with transaction.atomic():
            record = domain.create_contact(company, form.cleaned_data["values"], by=request.user)
            filling.fill_new("contact", record, form.said, by=request.user)
    except ValidationError as problem:
        form.add_error(None, problem.messages)
        return None
    return record


# In place ----------------------------------------------------------------------------------------


@access.signed_in
@require_http_methods(["GET", "POST"])
def contact_fact(request: Request, pk: int, fact: str) -> HttpResponse:
    """One fact: shown, open for editing (`?edit=1`), or saved."""
    if fact not in CONTACT_FACTS:
        raise Http404
    record = get_for(request.user, _rows(), pk, to="edit contact")
    if request.method == "GET":
        return _fact_answer(
            request, record, facts.one(record, fact, can_edit=True, editing="edit" in request.GET)
        )
    form = facts.form_for(record, fact, request.POST)
    shown = facts.one(record, fact, can_edit=True)
    shown.form = form
    if not form.is_valid():
        return _fact_answer(request, record, shown, status=422)
    try:
        saved = domain.edit_contact(record, form.cleaned_data["values"], form.base(), by=request.user)
    except versions.Conflict as conflict:
        shown.theirs = facts.side_by_side(form, conflict.fields)
        form.record = _rows().get(pk=record.pk)
        return _fact_answer(request, record, shown, status=409)
    except ValidationError as problem:
        form.add_error(None, problem.messages)
        return _fact_answer(request, record, shown, status=422)
    shown = facts.one(_rows().get(pk=saved.pk), fact, can_edit=True)
    shown.saved = True
    return _fact_answer(request, saved, shown)


def _fact_answer(request: Request, record: Contact, fact: facts.Fact, status: int = 0) -> HttpResponse:
    if request.htmx or status:
        full = "" if request.htmx else "accounts/contact.html"
        context: dict[str, Any] = {"fact": fact, "record": record}
        if full:
            context |= _page(request, record)
            context["facts"] = [fact if other.key == fact.key else other for other in context["facts"]]
        return htmx.answer(request, "accounts/_fact.html", context, full=full, status=status)
    page = record.get_absolute_url()
    return htmx.redirect(request, f"{page}?edit={fact.key}" if fact.form else page)


# Moving and leaving --------------------------------------------------------------------------------


@access.signed_in
@once
@require_http_methods(["GET", "POST"])
def contact_move(request: Request, pk: int) -> HttpResponse:
    """The person works elsewhere from a day: another site, division, company, or as something else."""
    record = get_for(request.user, _rows(), pk, to="edit contact")
    form = MoveForm(request.user, record, _heirs(record), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            moving.move(record, by=request.user, **form.as_arguments())
        except ValidationError as problem:
            form.add_error(None, problem.messages)
        except versions.Stale as stale:
            form.is_stale(stale.record.version)
        else:
            return htmx.redirect(request, record.company, toast=_("%(name)s is moved") % {"name": record})
    title = _("Move %(name)s") % {"name": record.full_name}
    return dialog(request, record.company, form, title, _("Move"))


@access.signed_in
@once
@require_http_methods(["GET", "POST"])
def contact_leave(request: Request, pk: int) -> HttpResponse:
    """The person works there no longer."""
    record = get_for(request.user, _rows(), pk, to="edit contact")
    form = LeaveForm(record, _heirs(record), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            moving.leave(record, by=request.user, **form.cleaned_data)
        except ValidationError as problem:
            form.add_error(None, problem.messages)
        except versions.Stale as stale:
            form.is_stale(stale.record.version)
        else:
            text = _("%(name)s has left") % {"name": record}
            undo = reverse("accounts:contact-return", args=[record.pk])
            return htmx.redirect(request, record.company, toast=text, undo=undo)
    title = _("%(name)s has left the company") % {"name": record.full_name}
    return dialog(request, record.company, form, title, _("Save"))


@access.signed_in
@require_POST
def contact_return(request: Request, pk: int) -> HttpResponse:
    """Takes back that the person left, or a move that is only planned."""
    record = get_for(request.user, _rows(), pk, to="edit contact")
    moving.stay(record, by=request.user, seen=record.version)
    return htmx.redirect(request, record, toast=_("%(name)s is still there") % {"name": record})


@access.signed_in
@once
@require_http_methods(["GET", "POST"])
def contact_position(request: Request, pk: int) -> HttpResponse:
    """兼務: one more position of the person."""
    record = get_for(request.user, _rows(), pk, to="edit contact")
    form = AdditionalForm(request.user, record, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            moving.take_on(record, by=request.user, **form.as_arguments())
        except ValidationError as problem:
            form.add_error(None, problem.messages)
        except versions.Stale as stale:
            form.is_stale(stale.record.version)
        else:
            return htmx.redirect(request, record, toast=_("Saved"))
    title = _("Additional position of %(name)s") % {"name": record.full_name}
    return dialog(request, record.company, form, title, _("Add"))


@access.signed_in
@require_POST
def contact_position_end(request: Request, pk: int, position: int) -> HttpResponse:
    """The additional position is held no longer, from today."""
    record = get_for(request.user, _rows(), pk, to="edit contact")
    held = get_for(
        request.user,
        Position.objects.select_related("contact").filter(contact=record, is_additional=True),
        position,
        to="see",
    )
    moving.give_up(held, by=request.user, on=timezone.localdate(), seen=record.version)
    return htmx.redirect(request, record, toast=_("Saved"))


def _heirs(record: Contact) -> list[Contact]:
    return positions.successors(record, timezone.localdate())
