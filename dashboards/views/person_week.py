"""What somebody did in a week: the activities behind 自分の今週 and メンバーの動き."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from activities.models import Activity
from dashboards.figures import periods
from dashboards.figures.team import LOAD_KINDS
from dashboards.figures.today import EFFORTS
from staff import access, roles
from staff.http import Request
from staff.models import User

MOST_ROWS = 200
_LONG = ("search_text", "search_grams")
# Public key → what is counted under it on the pages.
KINDS: dict[str, Q] = {"": Q(), "load": Q(kind__in=LOAD_KINDS), **EFFORTS}


@require_safe
@access.signed_in
def person_week(request: Request) -> HttpResponse:
    """One's own week, or that of somebody in one's teams (`?who=`), as far as one may see what it was about."""
    person, today = _person(request), timezone.localdate()
    week, kind = periods.week_of(_day(request.GET.get("week", ""), today)), request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    rows = (
        Activity.objects.visible_to(request.user)
        .filter(KINDS[kind], week.has_moment("at"), by=person)
        .select_related("deal", "lead", "company")
        .defer(*_LONG, *(f"{of}__{name}" for of in ("deal", "lead", "company") for name in _LONG))
        .order_by("-at", "-pk")
    )  # fmt: skip
    found = list(rows[: MOST_ROWS + 1])
    context = {
        "person": person,
        "week": week,
        "rows": found[:MOST_ROWS],
        "is_cut": len(found) > MOST_ROWS,
        "most": MOST_ROWS,
        "kind": kind,
        "kinds": _kinds(),
        "before": week.first - timedelta(weeks=1),
        "after": week.first + timedelta(weeks=1) if week.last < today else None,
    }
    return render(request, "dashboards/person_week.html", context)


def _person(request: Request) -> User:
    """Whom the address names, if the reader leads a team that they are in; the reader without a name in it."""
    who, user = request.GET.get("who", ""), request.user
    if not who or who == str(user.pk):
        return user
    people = User.objects.people().filter(pk=who if who.isascii() and who.isdigit() and len(who) < 19 else 0)
    if not roles.can(user, "read everything"):
        people = (
            people.filter(team__in=access.team_ids(user)) if roles.can(user, "lead a team") else people.none()
        )
    found = people.first()
    if found is None:
        raise Http404
    return found


def _day(text: str, today: date) -> date:
    """`2026-07-06`; anything else, or a day that nobody writes of, is today."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if 2000 <= day.year <= today.year + 1 else today


def _kinds() -> list[tuple[str, str]]:
    labels = {
        "": _("Everything"), "load": _("Contacts"), "calls": _("Calls"), "first_contacts": _("First contacts"),
        "proposals": _("Proposals"),
    }  # fmt: skip
    return [(key, labels[key]) for key in KINDS]
