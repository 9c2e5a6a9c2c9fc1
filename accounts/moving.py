"""Where people work: moved with a day, left, succeeded. The position that holds stands on the contact as well.

Both are written here and nowhere else. A correction of what was wrong from the beginning is an edit
(`contacts.edit_contact`) and makes no history; a move does.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import contacts, matching, positions
from accounts.company_events import ContactEvent
from accounts.models import Company, Contact, Division, Position, Site
from staff import events, versions
from staff.models import User


@transaction.atomic
def move(
    contact: Contact,
    *,
    by: User,
    on: date,
    seen: int,
    company: Company | None = None,
    division: Division | None = None,
    site: Site | None = None,
    department: str = "",
    title: str = "",
    decision_role: str = "",
    successor: Contact | None = None,
    today: date | None = None,
) -> Contact:
    """From the day `on` the person works elsewhere: another site, division or company, or as something else.

    It stays one person; the position before is kept with its end. A day to come is planned: `take_effect` does it then.
    Raises versions.Stale, and ValidationError by field.
    """
    today = today or timezone.localdate()
    contact = _locked(contact, seen)
    values = contacts.clean({"department": department, "title": title, "decision_role": decision_role})
    company = company or contact.company
    old = positions.holding(contact)
    new = Position(contact=contact, company=company, division=division, site=site, from_on=on, **values)
    _require_one_company(new)
    _require_after_the_beginning(old, on)
    _require_successor(contact, old, successor)
    Position.objects.filter(contact=contact, is_planned=True).delete()
    old.until_on, old.successor = on, successor
    old.save()
    new.is_planned = on > today
    new.save()
    contact.left_on = None
    if new.is_planned:
        contact.version += 1
        contact.save(update_fields=["left_on", "version"])
    else:
        _stand_on(contact, new)
    _tell_of_the_move(contact, old, new, by=by)
    return contact


@transaction.atomic
def leave(contact: Contact, *, by: User, on: date, seen: int, successor: Contact | None = None) -> Contact:
    """From the day `on` the person works there no longer, and nobody knows where instead. Raises versions.Stale."""
    contact = _locked(contact, seen)
    old = positions.holding(contact)
    _require_after_the_beginning(old, on)
    _require_successor(contact, old, successor)
    Position.objects.filter(contact=contact, is_planned=True).delete()
    old.until_on, old.successor = on, successor
    old.save()
    for besides in _besides(contact).filter(company=old.company_id):
        besides.until_on = max(on, besides.from_on or on)
        besides.save()
    contact.left_on = on
    contact.version += 1
    contact.save(update_fields=["left_on", "version"])
    events.record(
        ContactEvent.LEFT, contact, by=by, name=_name(contact), on=on, from_company=old.company_id,
        successor=successor.pk if successor else None, successor_name=_name(successor) if successor else "",
    )  # fmt: skip
    return contact


@transaction.atomic
def stay(contact: Contact, *, by: User, seen: int) -> Contact:
    """The person is still there: takes back that they left, or a move that is only planned."""
    contact = _locked(contact, seen)
    old = positions.holding(contact)
    Position.objects.filter(contact=contact, is_planned=True).delete()
    old.until_on = old.successor = None
    old.save()
    contact.left_on = None
    contact.version += 1
    contact.save(update_fields=["left_on", "version"])
    events.record(ContactEvent.STAYED, contact, by=by, name=_name(contact))
    return contact


@transaction.atomic
def take_on(
    contact: Contact,
    *,
    by: User,
    on: date,
    seen: int,
    company: Company | None = None,
    division: Division | None = None,
    site: Site | None = None,
    department: str = "",
    title: str = "",
    decision_role: str = "",
) -> Position:
    """兼務: from the day `on` the person works there, too; what stands on the contact stays as it is.

    Raises versions.Stale, and ValidationError by field, when it says nothing, or what is held already.
    """
    contact = _locked(contact, seen)
    values = contacts.clean({"department": department, "title": title, "decision_role": decision_role})
    company = company or contact.company
    new = Position(
        contact=contact,
        company=company,
        division=division,
        site=site,
        from_on=on,
        is_additional=True,
        **values,
    )
    _require_one_company(new)
    same = ("company_id", "division_id", "site_id", "department", "title")
    held = [positions.holding(contact), *_besides(contact)]
    if any(all(getattr(one, name) == getattr(new, name) for name in same) for one in held):
        raise ValidationError({"title": _("They have this position already. Say what is different.")})
    new.save()
    contact.version += 1
    contact.save(update_fields=["version"])
    events.record(
        ContactEvent.TOOK_ON, contact, by=by, company=company.pk, name=_name(contact), on=on,
        position=new.pk, after={"work": new.work},
    )  # fmt: skip
    return new


@transaction.atomic
def give_up(position: Position, *, by: User, on: date, seen: int) -> Position:
    """From the day `on` the person holds the additional position no longer; the same word twice is said once."""
    contact = _locked(position.contact, seen)
    position = Position.objects.select_for_update().get(pk=position.pk, is_additional=True)
    if position.until_on is not None:
        return position
    position.until_on = max(on, position.from_on or on)
    position.save()
    contact.version += 1
    contact.save(update_fields=["version"])
    events.record(
        ContactEvent.GAVE_UP, contact, by=by, company=position.company_id, name=_name(contact),
        on=position.until_on, position=position.pk, before={"work": position.work},
    )  # fmt: skip
    return position


def take_effect(today: date, *, by: User) -> int:
    """Planned moves whose day has come, one transaction each. Returns how many."""
    done = 0
    for pk in list(Position.objects.filter(is_planned=True, from_on__lte=today).values_list("pk", flat=True)):
        with transaction.atomic():
            # The contact first, as everywhere; the position may have been taken back meanwhile.
            owner = Position.objects.filter(pk=pk).values("contact")
            contact = Contact.objects.select_for_update().filter(pk__in=owner).first()
            new = Position.objects.filter(pk=pk, is_planned=True).select_related("company").first()
            if contact is None or new is None:
                continue
            new.is_planned = False
            new.save(update_fields=["is_planned"])
            _stand_on(contact, new)
            events.record(ContactEvent.ARRIVED, contact, by=by, name=_name(contact), on=new.from_on)
            done += 1
    return done


def _besides(contact: Contact) -> QuerySet[Position]:
    """The additional positions that hold."""
    return Position.objects.filter(contact=contact, is_additional=True, until_on=None)


def _locked(contact: Contact, seen: int) -> Contact:
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    versions.require(contact, seen)
    return contact


def _stand_on(contact: Contact, position: Position) -> None:
    """Writes the position onto the contact, and what search and matching know of it."""
    contact.company, contact.division_id, contact.site_id = (
        position.company, position.division_id, position.site_id
    )  # fmt: skip
    contact.department, contact.title = position.department, position.title
    contact.decision_role, contact.since_on, contact.left_on = position.decision_role, position.from_on, None
    contact.version += 1
    contact.save()
    matching.renew_contact_keys([contact])


def _require_one_company(position: Position) -> None:
    if position.site and position.site.division_id and position.division_id is None:
        position.division_id = position.site.division_id
    for name in ("division", "site"):
        place = getattr(position, name)
        if place and place.company_id != position.company_id:
            raise ValidationError({name: _("This belongs to another company.")})


def _require_after_the_beginning(old: Position, on: date) -> None:
    if old.from_on and on <= old.from_on:
        message = _("They have been there since %(day)s. Choose a later day.")
        raise ValidationError({"on": message % {"day": f"{old.from_on:%Y/%-m/%-d}"}})


def _require_successor(contact: Contact, old: Position, successor: Contact | None) -> None:
    if successor and (successor.pk == contact.pk or successor.company_id != old.company_id):
        raise ValidationError({"successor": _("Choose somebody else of the same company.")})


def _tell_of_the_move(contact: Contact, old: Position, new: Position, *, by: User) -> None:
    """On the timeline of the company that loses the person nothing is said of the other one: not everybody sees both."""
    told: dict[str, Any] = {"name": _name(contact), "on": new.from_on, "is_planned": new.is_planned}
    heir = old.successor
    told_old = told | {
        "from_company": old.company_id, "successor": heir.pk if heir else None,
        "successor_name": _name(heir) if heir else "",
    }  # fmt: skip
    if old.company_id == new.company_id:
        told_old |= {"before": {"work": old.work}, "after": {"work": new.work}}
        events.record(ContactEvent.MOVED, contact, by=by, company=old.company_id, **told_old)
        return
    events.record(ContactEvent.LEFT, contact, by=by, company=old.company_id, **told_old)
    events.record(
        ContactEvent.JOINED, contact, by=by, company=new.company_id, after={"work": new.work}, **told
    )


def _name(contact: Contact) -> str:
    return contact.family_name + contact.given_name
