"""When do we work, and who is away? Hours and days of the company for administrators, absences for everybody."""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.lib import htmx
from staff import access, versions, working_time
from staff.calendar_forms import AbsenceForm, DayForm, HoursForm
from staff.http import Request
from staff.models import Absence, CompanyProfile
from staff.once import once


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def calendar(request: Request) -> HttpResponse:
    """Hours, Saturdays, and the days off that lie ahead."""
    profile = CompanyProfile.load()
    if request.method == "GET":
        return _show(request, profile, HoursForm.of(profile), DayForm())
    form = HoursForm(request.POST)
    if not form.is_valid():
        return _show(request, profile, form, DayForm(), 422)
    hours = {name: form.cleaned_data[name] for name in working_time.HOURS}
    try:
        working_time.change_hours(hours, seen=form.cleaned_data["seen"], by=request.user)
    except versions.Stale:
        form.add_error(None, _("Somebody changed the calendar meanwhile. Check the values and save again."))
        return _show(request, CompanyProfile.load(), form, DayForm(), 409)
    return htmx.redirect(request, "staff:calendar", toast=_saved())


@access.requires("administer")
@require_POST
@once
def calendar_days(request: Request) -> HttpResponse:
    """A day of the company's own, or several in a row."""
    form = DayForm(request.POST)
    profile = CompanyProfile.load()
    if not form.is_valid():
        return _show(request, profile, HoursForm.of(profile), form, 422)
    values = form.cleaned_data
    for n in range(((values["last"] or values["day"]) - values["day"]).days + 1):
        working_time.add_day(
            values["day"] + timedelta(days=n), values["kind"], by=request.user, name=values["name"],
            opens=values["opens"], closes=values["closes"],
        )  # fmt: skip
    return htmx.redirect(request, "staff:calendar", toast=_saved())


@access.requires("administer")
@require_POST
def calendar_day_removal(request: Request) -> HttpResponse:
    """The day is like any other again."""
    try:
        day = parse_date(request.POST.get("day", ""))
    except ValueError:
        day = None
    if day is None:
        raise Http404
    working_time.remove_day(day, by=request.user)
    return htmx.redirect(request, "staff:calendar", toast=_saved())


@access.signed_in
@require_http_methods(["GET", "POST"])
@once
def absences(request: Request) -> HttpResponse:
    """Who is away in the weeks to come; one enters one's own."""
    form = AbsenceForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        working_time.add_absence(
            values["user"], values["first_on"], values["last_on"], values["part"], by=request.user
        )
        return htmx.redirect(request, "staff:absences", toast=_("Saved"))
    ahead = Absence.objects.visible_to(request.user).filter(last_on__gte=timezone.localdate())
    rows = [
        (absence, access.allows(request.user, "edit absence", absence.user))
        for absence in ahead.select_related("user")[:200]
    ]
    context = {"form": form, "rows": rows}
    return render(request, "staff/absences.html", context, status=422 if form.errors else 200)


@access.signed_in
@require_POST
def absence_removal(request: Request, pk: int) -> HttpResponse:
    """They are here after all."""
    found = Absence.objects.visible_to(request.user).select_related("user").filter(pk=pk).first()
    if found is None:
        raise Http404
    working_time.remove_absence(found, by=request.user)
    return htmx.redirect(request, "staff:absences", toast=_("Removed"))


def _show(
    request: Request, profile: CompanyProfile, form: HoursForm, day_form: DayForm, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "day_form": day_form,
        "profile": profile,
        "days": working_time.days_ahead(profile, timezone.localdate()),
    }
    return render(request, "staff/calendar.html", context, status=status)


def _saved() -> str:
    return _("Saved. Deadlines that rest on the calendar follow in a moment.")
