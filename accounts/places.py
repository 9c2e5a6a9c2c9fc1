"""Divisions and sites: renamed, moved with a day, closed. What was before stays known."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import moving
from accounts.company_events import CompanyEvent
from accounts.company_values import clean, one_line
from accounts.models import Company, Contact, Division, FormerSite, Position, Site
from staff import events, versions
from staff.models import User

_SITE_FIELDS = ("name", "division", "phone", "postal_code", "prefecture", "city", "street")


@transaction.atomic
def edit_division(
    division: Division, *, name: str, closed_on: date | None = None, by: User, seen: int
) -> Division:
    """Its name, and the day from which it is no more. Raises versions.Stale, ValidationError."""
    division = Division.objects.select_for_update().get(pk=division.pk)
    versions.require(division, seen)
    changed = _set(division, {"name": one_line(name, 120), "closed_on": closed_on})
    if changed:
        _save(division)
        _record(CompanyEvent.DIVISION_EDITED, division, changed, by=by)
    return division


@transaction.atomic
def edit_site(
    site: Site,
    values: dict[str, Any],
    *,
    by: User,
    seen: int,
    division: Division | None = None,
    closed_on: date | None = None,
    since: date | None = None,
) -> Site:
    """Sets name, place, division and closing of a site. Raises versions.Stale, ValidationError.

    With `since` it was moved or renamed on that day: search and its page know the name and place before. Without, what
    stood there was wrong. People of the site go with it into another division; deals stay where they are.
    """
    if division and division.company_id != site.company_id:
        raise ValidationError({"division": _("This belongs to another company.")})
    site = Site.objects.select_for_update().get(pk=site.pk)
    versions.require(site, seen)
    name = one_line(values.pop("name", site.name), 120)
    wanted = {**clean(values), "name": name, "division": division, "closed_on": closed_on}
    was = {field: getattr(site, field) for field in _SITE_FIELDS}
    changed = _set(site, wanted)
    if not changed:
        return site
    if since and changed.keys() & {*_SITE_FIELDS} - {"phone"}:
        kept = {field: was[field] for field in _SITE_FIELDS if field != "phone"}
        FormerSite.objects.create(site=site, until_on=since, **kept)
    _save(site)
    if "division" in changed:
        Contact.objects.filter(site=site).update(division=division)
        Position.objects.filter(site=site, until_on=None).update(division=division)
    _record(CompanyEvent.SITE_EDITED, site, changed, by=by, since=since)
    return site


@transaction.atomic
def hand_site_over(site: Site, company: Company, *, on: date, by: User, seen: int) -> Site:
    """The site belongs to another company from a day: it is closed here and goes on there, and its people with it.

    Returns the site there. Deals, closed and open, keep the old one.
    """
    site = Site.objects.select_for_update().get(pk=site.pk)
    versions.require(site, seen)
    if company.pk == site.company_id:
        raise ValidationError({"company": _("The site belongs to this company already.")})
    if Site.objects.filter(company=company, name=site.name).exists():
        raise ValidationError({"company": _("That company has a site of this name already.")})
    there = Site(company=company, **{f: getattr(site, f) for f in _SITE_FIELDS if f != "division"})
    there.save()
    site.closed_on, site.continued_as = on, there
    _save(site)
    for person in Contact.objects.active().filter(site=site, left_on=None).order_by("pk"):
        moving.move(
            person, by=by, on=on, seen=person.version, company=company, site=there,
            department=person.department, title=person.title, decision_role=person.decision_role,
        )  # fmt: skip
    events.record(CompanyEvent.SITE_LEFT, site, by=by, name=site.name, on=on)
    events.record(CompanyEvent.SITE_ADDED, there, by=by, name=there.name, site=there.pk, on=on)
    return there


def _set(place: Division | Site, wanted: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    if not wanted.get("name"):
        raise ValidationError({"name": _("Enter a name.")})
    return versions.merge(place, wanted, {})


def _save(place: Division | Site) -> None:
    try:
        with transaction.atomic():
            place.save()
    except IntegrityError as clash:
        raise ValidationError({"name": _("The company has one of this name already.")}) from clash


def _record(
    kind: str, place: Division | Site, changed: dict[str, tuple[Any, Any]], *, by: User, **more: Any
) -> None:
    events.record(
        kind, place, by=by, name=place.name,
        before={field: _plain(before) for field, (before, _after) in changed.items()},
        after={field: _plain(after) for field, (_before, after) in changed.items()},
        **more,
    )  # fmt: skip


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Division) else value
