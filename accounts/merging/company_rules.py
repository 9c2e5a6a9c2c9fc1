"""What is particular about companies that become one: numbers, former names, who may see them, people in both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from accounts import companies, further, groups
from accounts.merging import closing, joining, kinds, pairs
from accounts.merging.journal import Journal
from accounts.merging.refusals import TwoNumbers
from accounts.models import Company, Contact, MatchKey
from accounts.settling import former_name
from staff.models import User


def check(winner: Company, loser: Company, picks: dict[str, Any]) -> None:
    """Two legal entities do not become one by rule; a person may know that one has absorbed the other."""
    numbers = {winner.corporate_number, loser.corporate_number} - {""}
    if len(numbers) == 2 and "corporate_number" not in picks:
        raise TwoNumbers


def settle(journal: Journal, winner: Company, loser: Company, by: User) -> None:
    _remember_names(journal, winner, loser)
    _remember_values(journal, winner, loser)
    closing.close(journal, winner, loser)
    pairs.repoint(journal, winner, loser, by)
    _join_groups(journal, winner, loser)
    _join_same_people(journal, winner, by)


def _join_groups(journal: Journal, winner: Company, loser: Company) -> None:
    """What belonged to the loser belongs to the winner; a winner that stood below the loser takes the loser's place."""
    if loser.pk in groups.above(winner):
        journal.change(winner, {"parent_id": loser.parent_id}, moved=True)
    for child in loser.subsidiaries.exclude(pk=winner.pk).order_by("pk"):
        journal.change(child, {"parent_id": winner.pk}, moved=True)
        journal.touch(child)
    heir = loser.parent_id if winner.parent_id is None else None
    if heir and winner.pk not in groups.above(Company(pk=heir)):
        journal.change(winner, {"parent_id": heir}, moved=True)


def _remember_names(journal: Journal, winner: Company, loser: Company) -> None:
    """The company is known by the names given up, too: written so today, not former ones. The current name is no such."""
    was = next(
        (c.fields["name"][0] for c in journal.changes if c.rows == [winner.pk] and _renames(c)), winner.name
    )
    known = set(winner.former_names.values_list("name", flat=True))
    for name in dict.fromkeys([was, loser.name]):
        if name != winner.name and name not in known:
            journal.create(former_name(winner, name, None))
    for row in winner.former_names.filter(name=winner.name):
        journal.remove(row)


def _remember_values(journal: Journal, winner: Company, loser: Company) -> None:
    """By what the loser was known the winner is known from now: its phone, domain, address, spelling."""
    told = set(winner.further_values.values_list("kind", "value"))
    for row in further.rows(winner, further.of_absorbed(winner, loser), told):
        journal.create(row)


def _renames(change: Any) -> bool:
    return change.table == "accounts.company" and change.action == "changed" and "name" in change.fields


def _join_same_people(journal: Journal, winner: Company, by: User) -> None:
    """Somebody who is written down at both with the same name and the same mail address or mobile is one person."""
    moved: set[int] = set()
    for change in journal.changes:
        if (change.table, change.action) != ("accounts.contact", "moved"):
            continue
        if change.fields.get("company_id", [0, 0])[1] == winner.pk:
            moved.update(change.rows)
    theirs = Contact.objects.active().filter(company=winner)
    ours = {}
    for person in theirs.exclude(pk__in=moved).order_by("-pk"):
        for sign in _signs(person):
            ours[sign] = person
    kind = kinds.named("contact")
    for person in theirs.filter(pk__in=moved).order_by("pk"):
        twin = next((ours[sign] for sign in _signs(person) if sign in ours), None)
        if twin:
            joining.join(kind, twin, person, journal, {}, by)


def _signs(person: Contact) -> Iterable[tuple[str, str]]:
    for value in (person.email, person.mobile):
        if value and person.person_key:
            yield person.person_key, value


def recompute(pks: Iterable[int]) -> None:
    """Sort keys, search and match keys; an absorbed company is found by nothing."""
    rows = list(Company.objects.filter(pk__in=pks))
    MatchKey.objects.filter(contact=None, company__in=[c.pk for c in rows if c.merged_into_id]).delete()
    companies.recompute([c for c in rows if not c.merged_into_id])


def number_is_taken(company: Company) -> bool:
    """Whether its corporate number is another's by now."""
    same = Q(corporate_number=company.corporate_number)
    return bool(company.corporate_number) and (
        Company.objects.active().filter(same).exclude(pk=company.pk).exists()
    )
