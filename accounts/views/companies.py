"""Companies: the list, the page, a new one, and what is changed in place."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import companies as domain
from accounts import (
    company_list,
    facts,
    hierarchy,
    hints,
    known_by,
    lists,
    matching,
    timelines,
    touches,
    tree,
)
from accounts.company_list import COMPANIES
from accounts.forms import COMPANY_FACTS, AccessForm, DivisionForm, NewCompanyForm
from accounts.merging import absorbed
from accounts.models import Company
from accounts.views.survivors import on_to_survivor
from crm.lib import htmx, keyset
from crm.lib.addresses import PREFECTURES
from crm.lib.kept import kept
from crm.lib.text import clean_text
from staff import access, events, readers, versions
from staff.access import get_for
from staff.custom import filling
from staff.custom import lists as own_fields
from staff.http import Request
from staff.models import Event, User
from staff.once import once
from staff.readers import Reader


@access.signed_in
@require_GET
def companies(request: Request) -> HttpResponse:
    """The list, narrowed by what stands in the address."""
    listing = COMPANIES.listing(request.user, request.GET)
    rows = company_list.with_open_deals(listing.rows.for_rows(), request.user)  # type: ignore[attr-defined]
    context = {"listing": listing, "page": listing.page(rows, request.GET), "limit": lists.COUNTED}
    return render(request, "accounts/companies.html", context)


@access.signed_in
@require_GET
def companies_filters(request: Request) -> HttpResponse:
    """What the list may be narrowed by; loaded when somebody wants to."""
    choices = {"prefectures": PREFECTURES, "industries": company_list.industries()}
    return filters_of(request, COMPANIES, "accounts:companies", "accounts/_companies_filters.html", choices)


def filters_of(
    request: Request, kind: lists.Kind, to: str, fields: str, choices: dict[str, Any]
) -> HttpResponse:
    """The dialog that narrows a list: by owner, by its own `fields` with their choices, and by the company's own fields."""
    context = {
        "to": reverse(to),
        "fields": fields,
        "listing": kind.listing(request.user, request.GET),
        "owners": User.objects.people(),
        "own": own_fields.offered(kind.subject, request.GET),
        **choices,
    }
    return htmx.piece(request, "accounts/_list_filters.html", context)


@access.signed_in
@require_GET
def company(request: Request, pk: int) -> HttpResponse:
    """Who works there, how far we are with whom, and what is known.

    `?at=site-12` looks at one site or division, `?group=1` at the group below, `?events=` at what came before.
    """
    record = readers.get_for(request.user, _record, pk)
    if record.merged_into_id:
        return on_to_survivor(request, record)
    if record.deleted_at:
        return htmx.redirect(request, "accounts:bin")
    if request.htmx and "events" in request.GET:
        return render(
            request,
            "components/_timeline_page.html",
            {"events": _history(request, _members(request, record))},
        )
    return render(request, "accounts/company.html", _page(request, record, request.GET.get("edit", "")))


@kept
def _record(reader: Reader, *, pk: int) -> QuerySet[Company]:
    rows = Company.objects.visible_to(reader.user).select_related("owner__team").with_group(reader.user)
    return known_by.with_count(absorbed.with_absorbed(rows)).filter(pk=pk)


def _page(request: Request, record: Company, editing: str = "") -> dict[str, Any]:
    user, now = request.user, timezone.now()
    can_edit = access.allows(user, "edit company", record)
    is_group = _is_group(request, record)
    members = _members(request, record)
    seen_touches = touches.of_companies(user, [member.pk for member in members], now)
    seen_tree = tree.of_company(
        record, user, timezone.localdate(now), seen_touches, request.GET.get("at", "")
    )
    lines = touches.strengths(seen_tree.people, seen_touches, now)
    return {
        "company": record,
        "facts": facts.of(record, can_edit=can_edit, editing=editing),
        "can_add": access.allows(user, "add to company", record),
        "can_edit": can_edit,
        "can_remove": access.allows(user, "remove", record),
        "can_merge": access.allows(user, "merge", [record]),
        "can_restrict": access.allows(user, "restrict company", record),
        "allowed": hints.who_sees(record),
        "hint": hints.duplicate_of(record, user),
        "tree": seen_tree,
        "at": hierarchy.figures(members, user, seen_touches) if is_group else seen_tree.chosen,
        "is_group": is_group,
        "members": members,
        "strengths": lines[:12],
        "gaps": touches.gaps(lines),
        "last_touch": max((touch.last for touch in seen_touches), default=None),
        "events": _history(request, members),
    }


def _is_group(request: Request, record: Company) -> bool:
    return "group" in request.GET and bool(getattr(record, "group", None))


def _members(request: Request, record: Company) -> list[Company]:
    """The companies that the page is about: the one, first, and those below it where the group is looked at."""
    return hierarchy.members(record, request.user) if _is_group(request, record) else [record]


def _history(request: Request, members: list[Company]) -> keyset.Page:
    """A page of what happened with them."""
    record, *others = members
    ids = [*absorbed.ids(record), *(other.pk for other in others)]
    if len(ids) == 1 and events.is_beginning(request.GET):
        return events.opened(_newest(Reader.of(request.user), company=record.pk))
    return events.page_of(timelines.of_company(request.user, ids), request.GET)


@kept
def _newest(reader: Reader, *, company: int) -> QuerySet[Event]:
    return events.opening(timelines.of_company(reader.user, [company]))


# A new one ---------------------------------------------------------------------------------------


@access.requires("sell")
@once
@require_http_methods(["GET", "POST"])
def company_new(request: Request) -> HttpResponse:
    """Five fields; one that is there already is shown before it is made twice."""
    if request.method == "GET":
        context = {"form": NewCompanyForm(), "similar": hints.Similar()}
        return render(request, "accounts/company_new.html", context)
    form = NewCompanyForm(request.POST)
    similar = hints.Similar()
    if form.is_valid():
        values = form.cleaned_data["values"]
        similar = hints.similar(_candidate(values), request.user)
        if similar.certain and not form.cleaned_data["is_another"]:
            form.add_error(None, _("This company is there already. Open it, or say that it is another one."))
    if form.is_valid():
        try:
            with transaction.atomic():
                record = domain.create_company({**values, "owner": request.user}, by=request.user)
                filling.fill_new("company", record, form.said, by=request.user)
        except domain.NumberTaken as refusal:
            form.add_error("corporate_number", hints.number_taken(refusal, request.user))
        else:
            return htmx.redirect(request, record, toast=_("Added %(name)s") % {"name": record.short_name})
    context = {"form": form, "similar": similar}
    return htmx.answer(request, "accounts/_company_form.html", context, full="accounts/company_new.html")


@access.requires("sell")
@require_GET
def company_similar(request: Request) -> HttpResponse:
    """While typing: companies that may be the one being written down."""
    typed = {name: clean_text(request.GET.get(name, "")).strip()[:250] for name in NewCompanyForm.base_fields}
    context = {"similar": hints.similar(_candidate(typed), request.user)}
    return render(request, "accounts/_company_similar.html", context)


def _candidate(values: dict[str, Any]) -> matching.Candidate:
    try:
        where = domain.clean({"address": values["address"]}) if values.get("address") else values
    except ValidationError:
        where = {}
    return matching.Candidate(
        name=values.get("name", ""),
        phone=values.get("phone", ""),
        domain=values.get("domain", ""),
        corporate_number=values.get("corporate_number", ""),
        prefecture=where.get("prefecture", ""),
        city=where.get("city", ""),
        street=where.get("street", ""),
    )


# In place ----------------------------------------------------------------------------------------


@access.signed_in
@require_http_methods(["GET", "POST"])
def company_fact(request: Request, pk: int, fact: str) -> HttpResponse:
    """One fact: shown, open for editing (`?edit=1`), or saved."""
    if fact not in COMPANY_FACTS:
        raise Http404
    rows = Company.objects.select_related("owner__team").with_group(request.user)
    record = get_for(request.user, rows, pk, to="edit company")
    if request.method == "GET":
        shown = facts.one(record, fact, can_edit=True, editing="edit" in request.GET)
        return _fact_answer(request, record, shown)
    form = facts.form_for(record, fact, request.POST)
    shown = facts.one(record, fact, can_edit=True)
    if not form.is_valid():
        shown.form = form
        return _fact_answer(request, record, shown, status=422)
    try:
        saved = domain.edit_company(record, form.cleaned_data["values"], form.base(), by=request.user)
    except versions.Conflict as conflict:
        shown.form, shown.theirs = form, facts.side_by_side(form, conflict.fields)
        form.record = conflict.record.__class__.objects.get(pk=record.pk)
        return _fact_answer(request, record, shown, status=409)
    except domain.NumberTaken as refusal:
        form.add_error("corporate_number", hints.number_taken(refusal, request.user))
        shown.form = form
        return _fact_answer(request, record, shown, status=422)
    still = access.allows(request.user, "edit company", saved)
    shown = facts.one(saved, fact, can_edit=still)
    shown.saved = True
    return _fact_answer(request, saved, shown)


def _fact_answer(request: Request, record: Company, fact: facts.Fact, status: int = 0) -> HttpResponse:
    if request.htmx or status:
        full = "" if request.htmx else "accounts/company.html"
        context: dict[str, Any] = {"fact": fact, "record": record}
        if full:
            context |= _page(request, record)
            context["facts"] = [fact if other.key == fact.key else other for other in context["facts"]]
        return htmx.answer(request, "accounts/_fact.html", context, full=full, status=status)
    page = record.get_absolute_url()
    return htmx.redirect(request, f"{page}?edit={fact.key}" if fact.form else page)


@access.signed_in
@require_http_methods(["GET", "POST"])
def company_access(request: Request, pk: int) -> HttpResponse:
    """Who may see the company."""
    record = get_for(request.user, Company.objects.select_related("owner__team"), pk, to="restrict company")
    given = record.access_list.all()
    initial = {
        "is_restricted": record.is_restricted,
        "seen": record.version,
        "people": [row.user_id for row in given if row.user_id],
        "teams": [row.team_id for row in given if row.team_id],
    }
    form = AccessForm(request.POST if request.method == "POST" else None, initial)
    if request.method == "POST" and form.is_valid():
        try:
            toast = _set_access(record, form.cleaned_data, by=request.user)
        except versions.Stale as stale:
            form.add_error(
                None, _("Somebody has changed this meanwhile. Look at it once more, then save again.")
            )
            sent = request.POST.copy()
            sent["seen"] = str(stale.record.version)
            form.data = sent
        else:
            return htmx.redirect(request, record, toast=toast)
    title = _("Who sees %(name)s") % {"name": record.short_name}
    return dialog(request, record, form, title, _("Save"))


def _set_access(record: Company, wanted: dict[str, Any], *, by: User) -> str:
    """The words of the toast."""
    if wanted["is_restricted"]:
        domain.restrict(record, wanted["people"], wanted["teams"], by=by, seen=wanted["seen"])
        return _("Only the people named see %(name)s now") % {"name": record.short_name}
    domain.open_to_all(record, by=by, seen=wanted["seen"])
    return _("Everyone sees %(name)s now") % {"name": record.short_name}


@access.signed_in
@once
@require_http_methods(["GET", "POST"])
def company_division(request: Request, pk: int) -> HttpResponse:
    """A division more."""
    record = get_for(request.user, Company.objects.all(), pk, to="add to company")
    form = DivisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            division = domain.add_division(record, form.cleaned_data["name"], by=request.user)
        except ValidationError as problem:
            form.add_error("name", problem)
        else:
            return htmx.redirect(request, record, toast=_("Added %(name)s") % {"name": division.name})
    return dialog(request, record, form, _("Add a division"), _("Add"))


def dialog(
    request: Request, record: Company | None, form: Any, title: str, action: str, **more: Any
) -> HttpResponse:
    """A small form: a dialog over the page for htmx, a page of its own without. `record` is the company it is about."""
    context = {"form": form, "title": title, "action": action, "company": record, **more}
    status = 422 if form.errors else 200
    if request.htmx:
        return render(request, "accounts/_dialog.html", context, status=status)
    return render(request, "accounts/dialog.html", context, status=status)
