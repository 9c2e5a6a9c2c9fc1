"""When the company and its people work: hours, Saturdays, closures, half days, absences.

`crm.lib.workdays` counts; here is what it counts by, and how administrators and people change it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.lib import holidays, workdays
from crm.lib.text import clean_text
from staff import access, events, versions
from staff.models import Absence, CompanyProfile, User

HOURS = (
    "opens_at", "closes_at", "lunch_from", "lunch_to", "closed_at_year_end", "working_saturdays", "saturday_closes_at",
)  # fmt: skip


class CalendarEvent:
    CHANGED = "calendar.changed"
    ABSENCE_ADDED = "absence.added"
    ABSENCE_REMOVED = "absence.removed"


class DayKind:
    """What a day of the company's own is."""

    CLOSED, WORKED, HALF = "closed", "worked", "half"


def of_company() -> workdays.Calendar:
    return CompanyProfile.load().calendar()


def of_person(user: User, calendar: workdays.Calendar | None = None) -> workdays.Calendar:
    """The company's calendar without the days on which the person is away."""
    return of_people([user], calendar)[user.pk]


def of_people(
    users: Iterable[User], calendar: workdays.Calendar | None = None
) -> dict[int, workdays.Calendar]:
    """Person's id → their calendar, in one statement for any number of people."""
    users, calendar = list(users), calendar or of_company()
    away: dict[int, list[Absence]] = {user.pk: [] for user in users}
    for absence in Absence.objects.filter(user__in=users):
        away[absence.user_id].append(absence)
    return {pk: _without(calendar, absences) if absences else calendar for pk, absences in away.items()}


def _without(calendar: workdays.Calendar, absences: list[Absence]) -> workdays.Calendar:
    parts: dict[str, list[date]] = {part: [] for part in Absence.Part.values}
    for absence in absences:
        parts[absence.part] += absence.days()
    return calendar.without(
        parts[Absence.Part.DAY], parts[Absence.Part.MORNING], parts[Absence.Part.AFTERNOON]
    )


def away_on(day: date) -> set[int]:
    """Ids of those who are away all day."""
    return set(Absence.objects.on(day).filter(part=Absence.Part.DAY).values_list("user_id", flat=True))


# What administrators change ---------------------------------------------------------------------------


@transaction.atomic
def change_hours(changes: dict[str, Any], *, seen: int, by: User) -> CompanyProfile:
    """Other hours. What rests on them (first-contact deadlines, stall days) follows in a worker.

    `seen` is the version of the calendar that the person decided on; raises versions.Stale.
    """
    unknown = set(changes) - set(HOURS)
    if unknown:
        raise ValueError(f"not edited here: {sorted(unknown)}")
    profile = _locked()
    versions.require(profile, seen)
    changed = versions.merge(profile, changes, {})
    if changed:
        profile.calendar()  # hours that make no day are refused before they are stored
        _save(
            profile, {n: b for n, (b, _a) in changed.items()}, {n: a for n, (_b, a) in changed.items()}, by=by
        )
    return profile


@transaction.atomic
def add_day(
    day: date, kind: str, *, by: User, name: str = "", opens: time | None = None, closes: time | None = None
) -> CompanyProfile:
    """A day of the company's own: closed, worked although a day off, or worked for a half. It replaces what was said of it."""
    profile, iso = _locked(), day.isoformat()
    before = _told(profile, iso)
    _forget(profile, iso)
    if kind == DayKind.CLOSED:
        profile.closures = sorted([*profile.closures, iso])
    elif kind == DayKind.WORKED:
        profile.extra_workdays = sorted([*profile.extra_workdays, iso])
    else:
        hours = opens or profile.opens_at, closes or profile.closes_at
        profile.half_days = {**profile.half_days, iso: [f"{hours[0]:%H:%M}", f"{hours[1]:%H:%M}"]}
    if clean_text(name).strip():
        profile.day_names = {**profile.day_names, iso: clean_text(name).strip()[:40]}
    profile.calendar()
    after = _told(profile, iso)
    if after != before:
        profile.version += 1
        _save(profile, {"day": before}, {"day": after}, by=by)
    return profile


@transaction.atomic
def remove_day(day: date, *, by: User) -> CompanyProfile:
    """The day is like any other again."""
    profile, iso = _locked(), day.isoformat()
    before = _told(profile, iso)
    _forget(profile, iso)
    if before:
        profile.version += 1
        _save(profile, {"day": before}, {"day": {}}, by=by)
    return profile


def _locked() -> CompanyProfile:
    return CompanyProfile.objects.select_for_update().get(pk=1)


def _save(profile: CompanyProfile, before: dict[str, Any], after: dict[str, Any], *, by: User) -> None:
    profile.save()
    events.record(CalendarEvent.CHANGED, profile, by=by, before=before, after=after)


def _forget(profile: CompanyProfile, iso: str) -> None:
    profile.closures = [d for d in profile.closures if d != iso]
    profile.extra_workdays = [d for d in profile.extra_workdays if d != iso]
    profile.half_days = {d: hours for d, hours in profile.half_days.items() if d != iso}
    profile.day_names = {d: name for d, name in profile.day_names.items() if d != iso}


def _told(profile: CompanyProfile, iso: str) -> dict[str, Any]:
    """What the company says of the day, as the log keeps it; empty when nothing."""
    kind = (
        DayKind.CLOSED
        if iso in profile.closures
        else DayKind.WORKED
        if iso in profile.extra_workdays
        else DayKind.HALF
        if iso in profile.half_days
        else ""
    )
    if not kind:
        return {}
    return {
        "on": iso,
        "kind": kind,
        "name": profile.day_names.get(iso, ""),
        "hours": profile.half_days.get(iso, []),
    }


def days_ahead(profile: CompanyProfile, today: date, days: int = 400) -> list[dict[str, Any]]:
    """The public holidays and the company's own days from today on, in order, each with what it is and its name."""
    last, found = today + timedelta(days=days), []
    for year in range(today.year, last.year + 1):
        for day, name in holidays.of_year(year).items():
            if today <= day <= last:
                found.append({"day": day, "kind": "holiday", "name": name, "hours": []})
    own = {*profile.closures, *profile.extra_workdays, *profile.half_days}
    for iso in own:
        told, day = _told(profile, iso), date.fromisoformat(iso)
        if today <= day:
            found.append({"day": day, "kind": told["kind"], "name": told["name"], "hours": told["hours"]})
    return sorted(found, key=lambda row: (row["day"], row["kind"]))


# Absences ---------------------------------------------------------------------------------------------


@access.rule("edit absence")
def edit_absence(user: User, person: User) -> str:
    """One's own; managers those of their teams; administrators everybody's."""
    if user.pk == person.pk or access.may_edit_owned(user, person.pk, person.team_id):
        return ""
    return _("Only the person, their manager or an administrator can enter this.")


@transaction.atomic
def add_absence(person: User, first: date, last: date, part: str, *, by: User) -> Absence:
    """The person is away; the same days twice are one absence."""
    access.require(by, "edit absence", person)
    absence, made = Absence.objects.get_or_create(
        user=person, first_on=first, last_on=last, part=part, defaults={"created_by": by}
    )
    if made:
        events.record(
            CalendarEvent.ABSENCE_ADDED, absence, by=by, after={"first_on": first, "last_on": last}, part=part,
            person=person.pk,
        )  # fmt: skip
    return absence


@transaction.atomic
def remove_absence(absence: Absence, *, by: User) -> None:
    """They are here after all."""
    access.require(by, "edit absence", absence.user)
    events.record(
        CalendarEvent.ABSENCE_REMOVED, absence, by=by,
        before={"first_on": absence.first_on, "last_on": absence.last_on}, person=absence.user_id,
    )  # fmt: skip
    absence.delete()
