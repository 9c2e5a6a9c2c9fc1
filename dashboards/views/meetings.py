"""営業定例: the list of meetings, the screen of the one that runs, and its minutes."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.lib import htmx, pdf
from dashboards.meeting import agenda, drafts, minutes, promises, showing
from dashboards.meeting.forms import DecisionForm, PlaceForm, StartForm
from dashboards.meeting.models import Meeting
from staff import access, roles
from staff.http import Request
from staff.models import Team, User
from staff.once import once

MOST_MEETINGS = 50


@require_safe
@access.signed_in
def meetings(request: Request) -> HttpResponse:
    """Which meetings were held, what they decided, and whether it was done; and the way into the next one."""
    return _list(request, StartForm(_teams(request.user)))


def _list(request: Request, form: StartForm, status: int = 200) -> HttpResponse:
    user = request.user
    rows = Meeting.objects.visible_to(user).select_related("team", "led_by").order_by("-started_at", "-pk")
    found = list(rows[:MOST_MEETINGS])
    # The team whose meeting the person led last is the likely one; else the own, which stands first.
    form.initial["team"] = next((str(m.team_id) for m in found if m.led_by_id == user.pk), None)
    held = promises.held(found, user, timezone.localdate())
    context = {
        "form": form,
        "may_start": bool(form.fields["team"].choices),  # type: ignore[attr-defined]
        "running": [meeting for meeting in found if meeting.is_running],
        "rows": [(meeting, held[meeting.pk]) for meeting in found if not meeting.is_running],
    }
    return render(request, "dashboards/meetings.html", context, status=status)


def _teams(user: User) -> list[Team]:
    """Teams whose meeting the person may hold; the own one first."""
    if not roles.can(user, "lead a team"):
        return []
    teams = Team.objects.order_by("path")
    if not roles.can(user, "read everything"):
        teams = teams.filter(pk__in=access.team_ids(user))
    return sorted(teams, key=lambda team: (team.pk != user.team_id, team.path))


@require_POST
@access.requires("lead a team")
@once
def meeting_new(request: Request) -> HttpResponse:
    """Begins a meeting, or leads into the one that the team is already in."""
    form = StartForm(_teams(request.user), request.POST)
    if not form.is_valid():
        return _list(request, form, 422)
    values = form.cleaned_data
    begun = agenda.start(values["team"], by=request.user, now=timezone.now(), minutes=values["minutes"])
    return htmx.redirect(request, begun)


@require_safe
@access.signed_in
def meeting(request: Request, pk: int) -> HttpResponse:
    """The screen: with its controls for whoever leads, following by itself for everybody else."""
    found = _get(request, pk)
    if not found.is_running:
        return redirect(found.minutes_url)
    return render(request, "dashboards/meeting.html", context_of(request, found))


def context_of(request: Request, found: Meeting, form: DecisionForm | None = None) -> dict[str, Any]:
    """What the screen shows to this person."""
    now, user = timezone.now(), request.user
    shown = showing.screen(found, user, now)
    context: dict[str, Any] = {
        "screen": shown,
        "meeting": found,
        "leads": showing.may_lead(found, user),
        "seconds": int((now - found.started_at).total_seconds()),
        **shown.of,
    }
    if context["leads"] and shown.deal is not None:
        context |= _to_decide(request, found, shown, form)
    return context


def form_of(
    request: Request, found: Meeting, deal: Any, people: list[User], sent: Any = None, **more: Any
) -> DecisionForm:
    profile = request.user.company
    return DecisionForm(
        found,
        deal,
        people,
        profile.calendar(),
        timezone.localdate(),
        profile.fiscal_start_month,
        sent,
        **more,
    )


def _to_decide(
    request: Request, found: Meeting, shown: showing.Screen, form: DecisionForm | None
) -> dict[str, Any]:
    """The form of a decision, filled in with the first proposal, and the others for the keys."""
    assert shown.deal is not None
    people = showing.people_of(found)
    offered = drafts.drafts(found, shown.deal, shown.of["statuses"], people, request.user.company.calendar())
    first = {
        "deal": shown.deal.pk, "seen": shown.deal.version, "kind": offered[0].kind, "title": offered[0].title,
        "owner": str(offered[0].owner), "due_on": offered[0].due_on,
        "close_on": drafts.proposed_close(shown.deal, timezone.localdate()),
    }  # fmt: skip
    form = form or form_of(request, found, shown.deal, people, initial=first)
    refused = access.refusal(request.user, "edit deal", shown.deal)
    return {"form": form, "drafts": offered, "refused": refused}


@require_safe
@access.signed_in
def meeting_following(request: Request, pk: int) -> HttpResponse:
    """The screen for those who follow, when it is another than the one they have (`?seen=`); nothing otherwise."""
    found = _get(request, pk)
    if not found.is_running:
        return htmx.redirect(request, found.minutes_url)
    if request.GET.get("seen") == str(found.version):
        return HttpResponse(status=204)
    return render(request, "dashboards/_meeting.html", context_of(request, found))


@require_POST
@access.signed_in
def meeting_place(request: Request, pk: int) -> HttpResponse:
    """Puts another item on everybody's screen."""
    found = _get(request, pk, to="lead meeting")
    form = PlaceForm(request.POST)
    if not form.is_valid():
        return _stage(request, found, 422)
    try:
        moved = agenda.go_to(
            found, form.cleaned_data["topic"], form.cleaned_data["place"] or 0, by=request.user
        )
    except agenda.MeetingOver:
        return over(request, found)
    return _stage(request, moved)


@require_POST
@access.signed_in
def meeting_step(request: Request, pk: int) -> HttpResponse:
    """The item before (`by=-1`) or after."""
    found = _get(request, pk, to="lead meeting")
    back = request.POST.get("by") == "-1"
    try:
        moved = agenda.go_to(found, *agenda.step(found, -1 if back else 1), by=request.user)
    except agenda.MeetingOver:
        return over(request, found)
    return _stage(request, moved)


@require_POST
@access.signed_in
def meeting_end(request: Request, pk: int) -> HttpResponse:
    """Ends the meeting; its minutes are ready."""
    found = _get(request, pk, to="lead meeting")
    try:
        agenda.end(found, by=request.user, now=timezone.now())
    except agenda.MeetingOver:
        return over(request, found)
    return htmx.redirect(
        request,
        found.minutes_url,
        toast=_("The meeting is over. Its minutes are here."),
        undo=reverse("dashboards:meeting-reopening", args=[found.pk]),
    )


@require_POST
@access.signed_in
def meeting_reopening(request: Request, pk: int) -> HttpResponse:
    """The meeting goes on after all."""
    found = agenda.reopen(_get(request, pk, to="lead meeting"), by=request.user)
    return htmx.redirect(request, found if found.is_running else found.minutes_url)


@require_safe
@access.signed_in
def meeting_minutes(request: Request, pk: int) -> HttpResponse:
    """What was decided, by whom until when; last week's promises; what moved; the figures."""
    found = _get(request, pk)
    context = {"minutes": minutes.of(found, request.user, timezone.localdate()), "meeting": found}
    return render(request, "dashboards/meeting_minutes.html", context)


@require_safe
@access.signed_in
def meeting_pdf(request: Request, pk: int) -> HttpResponse:
    """The minutes as a file."""
    found = _get(request, pk)
    document = minutes.as_document(minutes.of(found, request.user, timezone.localdate()))
    response = HttpResponse(pdf.render("dashboards/minutes.typ", document), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="minutes-{found.held_on:%Y-%m-%d}.pdf"'
    return response


def _get(request: Request, pk: int, to: str = "see") -> Meeting:
    return access.get_for(request.user, Meeting.objects.select_related("team", "led_by"), pk, to=to)


def over(request: Request, found: Meeting) -> HttpResponse:
    return htmx.redirect(request, found.minutes_url, toast=_("This meeting is over."))


def _stage(request: Request, found: Meeting, status: int = 0) -> HttpResponse:
    """The screen again; without htmx by way of its address."""
    if not request.htmx:
        return redirect(found)
    return htmx.answer(request, "dashboards/_meeting.html", context_of(request, found), status=status)
