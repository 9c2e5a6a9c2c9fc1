"""Who works here: people and teams, for administrators."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.lib import htmx
from staff import access, teams
from staff import people as staff_people
from staff.forms import PersonForm, TeamForm
from staff.http import Request
from staff.models import Team, User
from staff.once import once


@access.requires("administer")
@require_safe
def people(request: Request) -> HttpResponse:
    """Everyone with role, team and last sign-in; the team tree beside."""
    found = User.objects.visible_to(request.user).filter(is_system=False).select_related("team")
    context = {"people": found.order_by("-is_active", "team__path", "family_kana", "pk"), "teams": _tree()}
    return render(request, "staff/people.html", context)


@access.requires("administer")
@never_cache
@require_http_methods(["GET", "POST"])
@once
def person_new(request: Request) -> HttpResponse:
    """A new person; the answer shows the start password, this once."""
    form = PersonForm(request.POST or None, initial={"language": request.user.language})
    if request.method == "POST" and form.is_valid():
        person, password = staff_people.create_person(form.cleaned_data, by=request.user)
        return render(request, "staff/start_password.html", {"person": person, "password": password})
    status = 422 if form.errors else 200
    return render(request, "staff/person.html", {"form": form}, status=status)


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def person(request: Request, pk: int) -> HttpResponse:
    """Role, team, names, whether they may sign in."""
    shown = _person(request, pk)
    form = PersonForm(request.POST or None, instance=_person(request, pk))
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        try:
            staff_people.edit_person(shown, changes, by=request.user)
            return htmx.redirect(request, reverse("staff:people"), toast=_("Saved"))
        except staff_people.LastAdministrator:
            form.add_error("role", _last_administrator())
    context = {"form": form, "person": shown}
    return render(request, "staff/person.html", context, status=422 if form.errors else 200)


@access.requires("administer")
@require_POST
def person_activity(request: Request, pk: int) -> HttpResponse:
    """Lets somebody in again (`active=1`) or no longer."""
    shown = _person(request, pk)
    if request.POST.get("active") == "1":
        staff_people.reactivate_person(shown, by=request.user)
        return htmx.redirect(
            request, "staff:people", toast=_("%(name)s may sign in again.") % {"name": shown.full_name}
        )
    try:
        staff_people.deactivate_person(shown, by=request.user)
    except staff_people.LastAdministrator:
        context = {"form": PersonForm(instance=shown), "person": shown, "refusal": _last_administrator()}
        return render(request, "staff/person.html", context, status=409)
    return htmx.redirect(
        request, "staff:people", toast=_("%(name)s is signed out everywhere.") % {"name": shown.full_name}
    )


@access.requires("administer")
@never_cache
@require_POST
@once
def person_password(request: Request, pk: int) -> HttpResponse:
    """A new start password for somebody who lost theirs, shown this once."""
    shown = _person(request, pk)
    password = staff_people.renew_password(shown, by=request.user)
    return render(request, "staff/start_password.html", {"person": shown, "password": password})


@access.requires("administer")
@require_http_methods(["GET", "POST"])
@once
def team_new(request: Request) -> HttpResponse:
    """A new team below another."""
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        teams.create_team(form.cleaned_data["name"], form.cleaned_data["parent"], by=request.user)
        return htmx.redirect(request, "staff:people", toast=_("Saved"))
    return render(request, "staff/team.html", {"form": form}, status=422 if form.errors else 200)


@access.requires("administer")
@require_http_methods(["GET", "POST"])
def team(request: Request, pk: int) -> HttpResponse:
    """Another name, or another place in the tree."""
    shown = get_object_or_404(Team, pk=pk)
    form = TeamForm(request.POST or None, team=shown)
    if request.method == "POST" and form.is_valid():
        try:
            if "parent" in form.cleaned_data:
                teams.move_team(shown, form.cleaned_data["parent"], by=request.user)
            teams.rename_team(shown, form.cleaned_data["name"], by=request.user)
            return htmx.redirect(request, "staff:people", toast=_("Saved"))
        except teams.BelowItself:
            form.add_error("parent", _("A team cannot stand below itself."))
    context = {"form": form, "team": shown}
    return render(request, "staff/team.html", context, status=422 if form.errors else 200)


@access.requires("administer")
@require_POST
def team_removal(request: Request, pk: int) -> HttpResponse:
    """Takes an unused team away."""
    shown = get_object_or_404(Team, pk=pk)
    try:
        teams.remove_team(shown, by=request.user)
    except teams.InUse:
        refusal = _("People, teams or records belong to %(team)s; move them first.") % {"team": shown.name}
        context = {"form": TeamForm(team=shown), "team": shown, "refusal": refusal}
        return render(request, "staff/team.html", context, status=409)
    return htmx.redirect(request, "staff:people", toast=_("%(team)s is removed.") % {"team": shown.name})


def _person(request: Request, pk: int) -> User:
    return get_object_or_404(User.objects.visible_to(request.user).filter(is_system=False), pk=pk)


def _tree() -> list[tuple[Team, str, int]]:
    """(team, how far it is set in, how many people) from the top down, children behind their parent."""
    teams_ = list(Team.objects.order_by("path").prefetch_related("members"))
    return [
        (t, "\u3000" * (t.path.count("/") - 1), sum(m.is_active and not m.is_system for m in t.members.all()))
        for t in teams_
    ]


def _last_administrator() -> str:
    return _("This is the last administrator. Make somebody else one first.")
