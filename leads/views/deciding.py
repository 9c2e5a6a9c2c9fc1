"""What is decided about a lead: it becomes a deal, changes hands, is set aside, is taken back."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import matching
from accounts.models import Company
from crm.lib import htmx
from leads import conversion, editing, intake
from leads.forms import ConvertForm, DisqualifyForm, OwnerForm
from leads.models import Lead
from leads.views.leads import panel_context
from staff import access, versions
from staff.http import Request
from staff.once import once


@access.requires("sell")
@require_http_methods(["GET", "POST"])
@once
def lead_deal(request: Request, pk: int) -> HttpResponse:
    """Makes the lead a deal. Asks for nothing that is known, and shows the companies it may belong to."""
    lead = access.get_for(request.user, Lead.objects.kept().for_panel(), pk, to="convert lead")
    if lead.deal_id:
        return htmx.redirect(request, lead.deal)
    questions = conversion.questions_of_first_stage(lead)
    form = ConvertForm(
        request.POST or None, lead=lead, questions=questions, initial=_proposed(lead, questions)
    )
    if request.method == "POST" and form.is_valid():
        deal = _convert(request, lead, form)
        if deal is not None:
            return htmx.redirect(request, deal, toast=_("The lead is a deal now."))
    context = {"lead": lead, "form": form, **_company_choices(request, lead, form)}
    status = 422 if form.errors else 200
    if request.htmx:
        fragment = "leads/_convert_form.html" if form.is_bound else "leads/_convert_dialog.html"
        return render(request, fragment, context, status=status)
    return render(request, "leads/convert.html", context, status=status)


@access.signed_in
@require_POST
def lead_owner(request: Request, pk: int) -> HttpResponse:
    lead = _get(request, pk)
    form = OwnerForm(request.POST)
    if not form.is_valid():
        return _panel(request, lead, owner_form=form)
    owner = form.cleaned_data["owner"]
    editing.assign(lead, owner, by=request.user)
    text = _("%(owner)s has the lead now.") % {"owner": owner.family_name}
    if not Lead.objects.visible_to(request.user).filter(pk=pk).exists():
        return htmx.redirect(request, "leads:leads", toast=text)
    return _panel(request, lead, toast=text)


@access.signed_in
@require_POST
def lead_nurture(request: Request, pk: int) -> HttpResponse:
    lead = editing.nurture(_get(request, pk), by=request.user)
    return _panel(request, lead, toast=_("Nurturing. The clock has stopped."), undo=_undo(pk))


@access.signed_in
@require_POST
def lead_disqualification(request: Request, pk: int) -> HttpResponse:
    lead = _get(request, pk)
    form = DisqualifyForm(request.POST)
    if not form.is_valid():
        return _panel(request, lead, disqualify_form=form)
    editing.disqualify(lead, form.cleaned_data["reason"], by=request.user)
    return _panel(request, lead, toast=_("Marked as not a fit."), undo=_undo(pk))


@access.signed_in
@require_POST
def lead_reopening(request: Request, pk: int) -> HttpResponse:
    """Takes a lead back that was set aside: also the undo of both."""
    lead = editing.reopen(_get(request, pk), by=request.user)
    return _panel(request, lead, toast=_("Open again"))


def _get(request: Request, pk: int) -> Lead:
    return access.get_for(request.user, Lead.objects.kept(), pk, to="edit lead")


def _undo(pk: int) -> str:
    return reverse("leads:lead-reopening", args=[pk])


def _panel(request: Request, lead: Lead, *, toast: str = "", undo: str = "", **forms: Any) -> HttpResponse:
    """The panel as it is now; out of band when the answer goes elsewhere, as for the undo of a toast."""
    lead = Lead.objects.for_panel().get(pk=lead.pk)
    context = (
        panel_context(request.user, lead)
        | forms
        | {"oob": request.htmx and "panel" not in (request.htmx.target or "")}
    )
    return htmx.answer(
        request, "leads/_panel.html", context, page=lead, full="leads/lead.html", toast=toast, undo=undo
    )


def _proposed(lead: Lead, questions: list[Any]) -> dict[str, Any]:
    """The topic is what they asked; the deal is named after it, or after the company."""
    topic = lead.interest.strip()
    first_sentence = re.split(r"[。.\n]", topic)[0][:60]
    named = first_sentence or _("Inquiry of %(company)s") % {"company": lead.short_name}
    answers = {f"answer_{criterion.pk}": topic for criterion in questions[:1]}
    return {"seen": lead.version, "deal_name": named, "company": str(lead.company_id or ""), **answers}


def _company_choices(request: Request, lead: Lead, form: ConvertForm) -> dict[str, Any]:
    """Companies that the lead may belong to. One that the person may not see is only hinted at."""
    matches = {match.record.pk: match for match in matching.find_companies(intake.candidate_of(lead))[:5]}
    wanted = set(matches) | ({lead.company_id} if lead.company_id else set())
    seen = list(Company.objects.visible_to(request.user).active().filter(pk__in=wanted))
    certain = lead.company_id or next((pk for pk, m in matches.items() if m.verdict == "certain"), None)
    chosen = form["company"].value() or (str(certain) if certain in {c.pk for c in seen} else "new")
    return {
        "companies": [
            {
                "company": company,
                "checked": chosen == str(company.pk),
                "is_certain": company.pk == lead.company_id
                or (company.pk in matches and matches[company.pk].verdict == "certain"),
            }
            for company in seen
        ],
        "is_new": chosen == "new",
        "has_hidden": len(seen) < len(wanted),
    }


def _convert(request: Request, lead: Lead, form: ConvertForm) -> Any:
    """The deal, or None with the reason on the form."""
    data = form.cleaned_data
    company = None
    if data["company"].isdecimal():
        visible = Company.objects.visible_to(request.user).active()
        company = visible.filter(pk=int(data["company"][:18])).first()
        if company is None:
            form.add_error(None, _("Choose the company again."))
            return None
    try:
        if company is None and not lead.company_name:
            versions.require(lead, data["seen"])
            lead = editing.edit_lead(lead, {"company_name": data["company_name"]}, {}, by=request.user)
            data["seen"] = lead.version
        return conversion.convert_lead(
            lead,
            by=request.user,
            seen=data["seen"],
            deal_name=data["deal_name"],
            company=company,
            as_new_company=company is None,
            amount=data["amount"],
            answers=form.answers(),
        )
    except versions.Stale:
        form.add_error(None, _("Somebody changed the lead meanwhile. Look at it once more."))
    except ValidationError as problem:
        form.add_error(None, problem.messages)
    return None
