"""The people of the company: who works here, in which role and team, and who may still sign in."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.usersessions.models import UserSession
from django.db import transaction

from crm.lib.text import clean_text
from staff import events, teams
from staff.models import Team, User

EDITABLE = (
    "email",
    "family_name",
    "given_name",
    "family_kana",
    "given_kana",
    "title",
    "role",
    "team",
    "language",
)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


class PersonEvent:
    CREATED = "user.created"
    EDITED = "user.edited"
    DEACTIVATED = "user.deactivated"
    REACTIVATED = "user.reactivated"
    PASSWORD_RENEWED = "user.password_renewed"  # noqa: S105 - the name of an event
    SIGNED_IN = "user.signed_in"
    SIGN_IN_FAILED = "user.sign_in_failed"


class LastAdministrator(Exception):
    """The change would leave nobody who can administer."""


@transaction.atomic
def create_person(values: dict[str, Any], *, by: User) -> tuple[User, str]:
    """A new person and their start password, which is kept nowhere in the clear: show it now or never."""
    values = _cleaned(values)
    password = start_password()
    person = User.objects.create_user(values.pop("email"), password, **values)
    events.record(PersonEvent.CREATED, person, by=by, after=_told(person, EDITABLE))
    return person, password


@transaction.atomic
def edit_person(person: User, changes: dict[str, Any], *, by: User) -> User:
    """Sets the fields that differ. What the person owns follows them into another team, at once."""
    administrators = _lock_administrators()
    person = _locked(person)
    values = _cleaned(changes)
    changed = [name for name, value in values.items() if getattr(person, name) != value]
    if not changed:
        return person
    if "role" in changed and values["role"] != User.Role.ADMIN:
        _require_another(administrators, person)
    before = _told(person, changed)
    for name in changed:
        setattr(person, name, values[name])
    person.save(update_fields=changed)
    if "team" in changed:
        teams.follow(person)
    events.record(PersonEvent.EDITED, person, by=by, before=before, after=_told(person, changed))
    return person


@transaction.atomic
def deactivate_person(person: User, *, by: User) -> User:
    """They are signed out everywhere at once and cannot come back; what they own stays where it is."""
    administrators = _lock_administrators()
    person = _locked(person)
    if not person.is_active:
        return person
    _require_another(administrators, person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    end_sessions(person)
    events.record(PersonEvent.DEACTIVATED, person, by=by)
    return person


@transaction.atomic
def reactivate_person(person: User, *, by: User) -> User:
    """They may sign in again with the password they had."""
    person = _locked(person)
    if not person.is_active:
        person.is_active = True
        person.save(update_fields=["is_active"])
        events.record(PersonEvent.REACTIVATED, person, by=by)
    return person


@transaction.atomic
def renew_password(person: User, *, by: User) -> str:
    """A new start password for somebody who has lost theirs; whoever is signed in with the old one is out."""
    person = _locked(person)
    password = start_password()
    person.set_password(password)
    person.save(update_fields=["password"])
    end_sessions(person)
    events.record(PersonEvent.PASSWORD_RENEWED, person, by=by)
    return password


def end_sessions(person: User) -> None:
    """Ends every session of the person."""
    for session in UserSession.objects.filter(user=person):
        session.end()


def start_password() -> str:
    """Four groups of four letters: 79 bits, and easy to read out on the telephone."""
    return "-".join("".join(secrets.choice(_LETTERS) for _n in range(4)) for _group in range(4))


def _locked(person: User) -> User:
    return User.objects.select_for_update().get(pk=person.pk, is_system=False)


def _lock_administrators() -> list[int]:
    """Ids of those who can administer. Locked before the person: two who demote each other come one after the other."""
    rows = User.objects.people().filter(role=User.Role.ADMIN).order_by("pk").select_for_update()
    return [user.pk for user in rows]


def _require_another(administrators: list[int], person: User) -> None:
    if administrators == [person.pk]:
        raise LastAdministrator


def _cleaned(values: dict[str, Any]) -> dict[str, Any]:
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise ValueError(f"not edited here: {sorted(unknown)}")
    cleaned = {name: clean_text(v).strip() if isinstance(v, str) else v for name, v in values.items()}
    if "email" in cleaned:
        cleaned["email"] = cleaned["email"].lower()
    return cleaned


def _told(person: User, names: Any) -> dict[str, Any]:
    """The values as the log keeps them: a team by its name, so that the log reads the same for good."""
    told = {name: getattr(person, name) for name in names}
    return {name: value.name if isinstance(value, Team) else value for name, value in told.items()}
