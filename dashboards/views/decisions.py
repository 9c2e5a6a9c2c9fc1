"""Deciding about the deal on the screen, and taking it back."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.lib import htmx
from dashboards.meeting import agenda, deciding, showing
from dashboards.meeting.forms import DecisionForm
from dashboards.meeting.models import Decision, Meeting
from dashboards.views import meetings
from pipeline.exit_criteria import NotMet
from pipeline.models import Deal
from staff import access, versions
from staff.http import Request
from staff.once import once


@require_POST
@access.signed_in
@once
def decisions(request: Request, pk: int) -> HttpResponse:
    """Decides about one deal of the agenda, and goes on to the next item."""
    found = access.get_for(
        request.user, Meeting.objects.select_related("team", "led_by"), pk, to="lead meeting"
    )
    deal = access.get_for(request.user, Deal.objects.for_cards(), _deal_of(request), to="edit deal")
    if deal.pk != showing.deal_on_screen(found):
        return _again(request, found, None, 409, is_stale=True)
    form = meetings.form_of(request, found, deal, showing.people_of(found), request.POST)
    if not form.is_valid():
        return _again(request, found, form, 422)
    try:
        made = deciding.decide(
            found, deal, form.choice(), by=request.user, seen=form.cleaned_data["seen"], now=timezone.now()
        )
    except agenda.MeetingOver:
        return meetings.over(request, found)
    except (versions.Stale, versions.Conflict):
        return _again(request, found, None, 409, is_stale=True)
    except PermissionDenied as refusal:
        form.add_error("owner", str(refusal))
        return _again(request, found, form, 422)
    toast = _("%(deal)s: %(decision)s") % {"deal": deal.name, "decision": made.get_kind_display()}
    undo = reverse("dashboards:decision-undo", args=[found.pk, made.pk])
    return _next(request, found, toast, undo)


def _deal_of(request: Request) -> int:
    sent = request.POST.get("deal", "")
    if not (sent.isascii() and sent.isdigit() and len(sent) < 19):
        raise Http404
    return int(sent)


@require_POST
@access.signed_in
def decision_undo(request: Request, pk: int, decision: int) -> HttpResponse:
    """Takes a decision of today back: its todo, its date, its loss."""
    found = access.get_for(
        request.user, Meeting.objects.select_related("team", "led_by"), pk, to="lead meeting"
    )
    rows = Decision.objects.filter(meeting=found).select_related("meeting", "deal", "todo__deal")
    made = access.get_for(request.user, rows, decision, to="see")
    try:
        deciding.take_back(made, by=request.user, now=timezone.now())
        toast = _("Taken back")
    except agenda.MeetingOver:
        return meetings.over(request, found)
    except (versions.Stale, versions.Conflict, NotMet):
        toast = _("%(deal)s was changed meanwhile, so the decision stays.") % {"deal": made.deal.name}
    return _next(request, found, toast, tell="meeting-changed")


def _next(request: Request, found: Meeting, toast: str, undo: str = "", tell: str = "") -> HttpResponse:
    """The item that is on the screen now. A toast swaps nothing: it `tell`s the screen to ask for itself again."""
    found = Meeting.objects.visible_to(request.user).select_related("team", "led_by").get(pk=found.pk)
    if not request.htmx:
        return htmx.redirect(request, found, toast=toast, undo=undo)
    context = meetings.context_of(request, found)
    return htmx.answer(request, "dashboards/_meeting.html", context, toast=toast, undo=undo, tell=tell)


def _again(
    request: Request, found: Meeting, form: DecisionForm | None, status: int, is_stale: bool = False
) -> HttpResponse:
    """The same item with what is wrong; the deal as it stands now."""
    context = meetings.context_of(request, found, form) | {"is_stale": is_stale}
    return htmx.answer(
        request, "dashboards/_meeting.html", context, full="dashboards/meeting.html", status=status
    )
