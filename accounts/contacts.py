"""People at customers: created, changed, filled from other sources. Every door comes through here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import matching, positions
from accounts.access import require_in_use
from accounts.company_events import ContactEvent
from accounts.models import Company, Contact
from crm.lib import kana, names, phones
from crm.lib.text import clean_text
from staff import bulk, events, versions
from staff.models import User

_LENGTHS = {
    "family_name": 40,
    "given_name": 40,
    "family_kana": 40,
    "given_kana": 40,
    "department": 80,
    "title": 80,
}
FIELDS = (*_LENGTHS, "email", "phone", "mobile", "decision_role", "notes", "division", "site")
# What stands on the position as well.
WORK_FIELDS = frozenset({"department", "title", "decision_role", "division", "site"})
_MATCHED_FIELDS = frozenset({"family_name", "given_name", "email", "phone", "mobile"})


class Cleaned(dict[str, Any]):
    """Values that went through `clean`."""


def clean(values: dict[str, Any]) -> Cleaned:
    """The values as they are stored; `name` in one field becomes 姓 and 名. Raises ValidationError by field."""
    if isinstance(values, Cleaned):
        return values
    unknown = values.keys() - {*FIELDS, "name", "kana"}
    if unknown:
        raise LookupError(sorted(unknown))
    values = dict(values)
    if name := values.pop("name", ""):
        values["family_name"], values["given_name"] = names.split_person(clean_text(str(name)))
    if reading := values.pop("kana", ""):
        values["family_kana"], values["given_kana"] = names.split_person(clean_text(str(reading)))
    cleaned = Cleaned()
    problems: dict[str, str] = {}
    for name, value in values.items():
        try:
            cleaned[name] = _clean_one(name, value)
        except ValidationError as problem:
            problems[name] = str(problem.message)
    if "family_name" in cleaned and not cleaned["family_name"]:
        problems["family_name"] = _("Enter the family name.")
    if problems:
        raise ValidationError(problems)
    return cleaned


@transaction.atomic
def create_contact(
    company: Company,
    values: dict[str, Any],
    *,
    by: User,
    at: datetime | None = None,
    source: str = "form",
) -> Contact:
    """The new person; others that may be the same go into the queue."""
    [contact] = create_many([(company, values)], by=by, at=at)
    queue_similar(contact, source=source)
    return contact


@transaction.atomic
def create_many(
    rows: Sequence[tuple[Company, dict[str, Any]]], *, by: User, at: datetime | None = None
) -> list[Contact]:
    """New people of companies, in the order of the rows, set-wise. Whoever calls has matched the rows before."""
    at = at or timezone.now()
    contacts = [_build(company, clean(values), at) for company, values in rows]
    bulk.create(contacts)
    bulk.create(positions.begin(contacts))
    matching.store_contact_keys(contacts)
    events.record_all(
        events.build(
            ContactEvent.CREATED, contact, by=by, at=at, name=contact.family_name + contact.given_name
        )
        for contact in contacts
    )
    return contacts


@transaction.atomic
def edit_contact(
    contact: Contact,
    changes: dict[str, Any],
    base: dict[str, Any],
    *,
    by: User,
    at: datetime | None = None,
    source: str = "form",
) -> Contact:
    """Sets what the person changed against the `base` they saw. Raises versions.Conflict."""
    changes, base = clean(changes), clean(base)
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    require_in_use(contact)
    changed = versions.merge(contact, changes, base)
    if not changed:
        return contact
    _require_same_company(contact)
    _derive(contact)
    contact.save(update_fields=[*FIELDS, *_KEYS, "version"])
    if changed.keys() & WORK_FIELDS:
        positions.correct([contact])
    if changed.keys() & _MATCHED_FIELDS:
        matching.renew_contact_keys([contact])
        queue_similar(contact, source=source)
    events.record(ContactEvent.EDITED, contact, by=by, at=at, **_before_after(changed))
    return contact


@transaction.atomic
def append(contact: Contact, values: dict[str, Any], *, by: User, at: datetime | None = None) -> Contact:
    """Fills the empty fields of a person who is there already; what is there stays."""
    return append_many([(contact, values)], by=by, at=at)[0]


@transaction.atomic
def append_many(
    rows: Sequence[tuple[Contact, dict[str, Any]]], *, by: User, at: datetime | None = None
) -> list[Contact]:
    """`append` for many, set-wise; rows about one person are taken in their order."""
    return [contact for contact, _is_news in append_each(rows, by=by, at=at)]


@transaction.atomic
def append_each(
    rows: Sequence[tuple[Contact, dict[str, Any]]], *, by: User, at: datetime | None = None
) -> list[tuple[Contact, bool]]:
    """`append_many`, and for each row whether it said anything that was not known."""
    pks = sorted({contact.pk for contact, _values in rows})
    locked = {c.pk: c for c in Contact.objects.select_for_update().filter(pk__in=pks).order_by("pk")}
    changes: dict[int, dict[str, tuple[Any, Any]]] = {pk: {} for pk in pks}
    appended = []
    for given, values in rows:
        contact, known = locked[given.pk], len(changes[given.pk])
        for name, value in clean(values).items():
            if value not in (None, "") and getattr(contact, name) in (None, ""):
                changes[contact.pk][name] = (getattr(contact, name), value)
                setattr(contact, name, value)
        appended.append((contact, len(changes[contact.pk]) > known))
    touched = [locked[pk] for pk in pks if changes[pk]]
    for contact in touched:
        contact.version += 1
        _require_same_company(contact)
    store_changed(touched)
    events.record_all(
        events.build(ContactEvent.APPENDED, contact, by=by, at=at, **_before_after(changes[contact.pk]))
        for contact in touched
    )
    return appended


def store_changed(contacts: Sequence[Contact]) -> None:
    """Saves changed people set-wise, with all that is computed from their fields."""
    for contact in contacts:
        _derive(contact)
        contact.prepare_search()
    bulk.change(contacts, [*FIELDS, *_KEYS, "version", "search_text", "search_grams"])
    positions.correct(contacts)
    matching.renew_contact_keys(contacts)


def recompute(people: Sequence[Contact]) -> None:
    """Stores what is computed from the fields, after somebody else wrote these: keys and search."""
    for contact in people:
        _derive_keys(contact)
        contact.prepare_search()
    bulk.change(people, [*_KEYS, "search_text", "search_grams"])
    matching.renew_contact_keys(people)


def queue_similar(contact: Contact, *, source: str) -> list[matching.Match]:
    """Puts other people of the company who may be this one into the queue, and returns them."""
    candidate = matching.Candidate(
        person=f"{contact.family_name} {contact.given_name}".strip(),
        person_kana=f"{contact.family_kana} {contact.given_kana}".strip(),
        email=contact.email,
        mobile=contact.mobile or contact.phone,
    )
    found = [m for m in matching.find_contacts(contact.company, candidate) if m.record.pk != contact.pk]
    matching.propose_pairs([(contact, match.record, match) for match in found], source=source)
    return found


def _clean_one(name: str, value: Any) -> Any:
    if name in _LENGTHS:
        text = " ".join(clean_text(str(value or "")).split())
        if len(text) > _LENGTHS[name]:
            raise ValidationError(_("At most %(count)d characters.") % {"count": _LENGTHS[name]})
        return kana.to_katakana(text) if name in ("family_kana", "given_kana") else text
    if name in ("phone", "mobile"):
        number = phones.to_e164(str(value)) if value else ""
        if value and (not number or len(number) > 20):
            raise ValidationError(_("Enter a phone number with its area code."))
        return number
    if name == "email":
        email = clean_text(str(value or "")).strip().lower()
        if email:
            try:
                validate_email(email)
            except ValidationError as problem:
                raise ValidationError(_("Enter a mail address like name@example.co.jp.")) from problem
        return email
    if name == "decision_role":
        if value and value not in Contact.Role.values:
            raise ValidationError(_("Choose one of the roles."))
        return value or ""
    if name == "notes":
        return clean_text(str(value or "")).strip()
    return value or None  # division, site


def _build(company: Company, values: Cleaned, at: datetime) -> Contact:
    if "family_name" not in values:
        raise ValidationError({"family_name": _("Enter the family name.")})
    contact = Contact(company=company, created_at=at, **values)
    _require_same_company(contact)
    _derive(contact)
    contact.prepare_search()
    return contact


_KEYS = ("person_key", "sort_key")


def _derive_keys(contact: Contact) -> None:
    contact.person_key = names.person_key(contact.family_name, contact.given_name)[:80]
    contact.sort_key = names.person_sort_key(
        contact.family_name, contact.given_name, contact.family_kana, contact.given_kana
    )


def _derive(contact: Contact) -> None:
    _derive_keys(contact)
    # A site says which division it is in.
    if contact.site and contact.site.division_id and not contact.division_id:
        contact.division_id = contact.site.division_id


def _require_same_company(contact: Contact) -> None:
    for field in ("division", "site"):
        place = getattr(contact, field)
        if place and place.company_id != contact.company_id:
            raise ValidationError({field: _("This belongs to another company.")})


def _before_after(changed: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {
        "before": {name: before for name, (before, _after) in changed.items()},
        "after": {name: after for name, (_before, after) in changed.items()},
    }
