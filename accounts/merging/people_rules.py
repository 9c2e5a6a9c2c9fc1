"""What is particular about people, divisions and sites that become one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import company_values, contacts
from accounts.merging import pairs
from accounts.merging.journal import Journal
from accounts.merging.refusals import Refused
from accounts.models import Contact, MatchKey, Position
from staff.models import User


def check_people(winner: Contact, loser: Contact, picks: dict[str, Any]) -> None:
    """People of two companies become one (somebody has changed the employer), but none of a restricted company."""
    if winner.company_id != loser.company_id and (
        winner.company.is_restricted or loser.company.is_restricted
    ):
        raise Refused(_("One of them belongs to a restricted company. Its people stay in it."))


def check_places(winner: Any, loser: Any, picks: dict[str, Any]) -> None:
    if winner.company_id != loser.company_id:
        raise Refused(
            _("They belong to two companies. Merge the companies, or make one a site of the other.")
        )


def settle_people(journal: Journal, winner: Contact, loser: Contact, by: User) -> None:
    pairs.repoint(journal, winner, loser, by)
    for place in ("division", "site"):
        row = getattr(winner, place)
        # A place that was filled in from the other company's card is no place of this company.
        if row and row.company_id != winner.company_id:
            journal.change(winner, {f"{place}_id": None})
    _one_position_holds(journal, winner)


def _one_position_holds(journal: Journal, winner: Contact) -> None:
    """Of two positions that hold at one company one is enough; one at another company has ended."""
    came = {
        pk
        for change in journal.changes
        if (change.table, change.action) == ("accounts.position", "moved")
        and change.fields.get("contact_id", [0, 0])[1] == winner.pk
        for pk in change.rows
    }
    rows = list(Position.objects.filter(contact=winner, until_on=None, is_planned=False).order_by("pk"))
    own = [row for row in rows if row.pk not in came]
    for row in rows:
        if row.pk not in came:
            continue
        if row.company_id != winner.company_id:
            ended = max(timezone.localdate(), row.from_on or timezone.localdate())
            journal.change(row, {"until_on": ended}, moved=True)
        elif own:
            journal.remove(row)
    facts = ("division_id", "site_id", "department", "title", "decision_role")
    for row in own[:1]:
        journal.change(row, {name: getattr(winner, name) for name in facts}, moved=True)


def recompute_people(pks: Iterable[int]) -> None:
    rows = list(Contact.objects.filter(pk__in=pks).select_related("company"))
    MatchKey.objects.filter(contact__in=[c.pk for c in rows if c.merged_into_id]).delete()
    contacts.recompute([c for c in rows if not c.merged_into_id])


def clean_place(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a division or site as they are stored."""
    cleaned = dict(values)
    if "name" in values:
        cleaned["name"] = company_values.one_line(values["name"], 120)
        if not cleaned["name"]:
            raise ValidationError({"name": _("Enter the name.")})
    places = {k: v for k, v in values.items() if k not in ("name", "division")}
    return {**cleaned, **company_values.clean(places)}
