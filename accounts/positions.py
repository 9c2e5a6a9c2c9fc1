"""The position that holds, as a row of its own beside the contact on which it stands, and who may succeed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q

from accounts.models import Contact, Position
from staff import bulk


def begin(people: Sequence[Contact]) -> list[Position]:
    """The unsaved first positions of new people, since a day that nobody knows."""
    return [Position(contact=person, **_of(person)) for person in people]


def correct(people: Sequence[Contact]) -> None:
    """The record of these (locked) people was corrected: the position that holds says the same. Set-wise."""
    kept: dict[int, Position] = {}
    for row in Position.objects.filter(contact__in=people, is_planned=False, is_additional=False):
        kept.setdefault(row.contact_id, row)
    wrong, missing = [], []
    for person in people:
        position, now = kept.get(person.pk), _of(person)
        if position is None or position.company_id != person.company_id:
            missing.append(Position(contact=person, **now))
        elif any(getattr(position, name) != value for name, value in now.items()):
            for name, value in now.items():
                setattr(position, name, value)
            wrong.append(position)
    bulk.create(missing)
    bulk.change(wrong, ["division", "site", "department", "title", "decision_role"])


def holding(contact: Contact) -> Position:
    """The position that stands on the contact; made of it where none is kept."""
    kept = Position.objects.filter(
        contact=contact, company=contact.company_id, is_planned=False, is_additional=False
    )
    last_day = Q(until_on=None) | Q(until_on=contact.left_on) if contact.left_on else Q(until_on=None)
    planned = Position.objects.filter(contact=contact, is_planned=True).values("from_on")
    position = kept.filter(last_day | Q(until_on__in=planned)).first()
    return position or Position.objects.create(contact=contact, **_of(contact))


def successors(contact: Contact, today: date) -> list[Contact]:
    """Who may take over what the person does, likeliest first: same site, division, role in decisions, department."""
    others = (
        Contact.objects.active()
        .filter(Q(left_on=None) | Q(left_on__gt=today), company=contact.company_id)
        .exclude(pk=contact.pk)
    )
    rows = list(
        others.defer("search_text", "search_grams", "notes").order_by("-last_activity_at", "pk")[:300]
    )
    weights = {"site_id": 8, "division_id": 4, "decision_role": 2, "department": 2, "title": 1}

    def likeness(other: Contact) -> int:
        return sum(
            weight
            for name, weight in weights.items()
            if getattr(contact, name) and getattr(contact, name) == getattr(other, name)
        )

    return sorted(rows, key=likeness, reverse=True)


def _of(contact: Contact) -> dict[str, Any]:
    return {
        "company_id": contact.company_id, "division_id": contact.division_id, "site_id": contact.site_id,
        "department": contact.department, "title": contact.title, "decision_role": contact.decision_role,
    }  # fmt: skip
