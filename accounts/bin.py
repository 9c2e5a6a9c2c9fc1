"""ごみ箱: a record is taken out of use with what hangs on it, and comes back with exactly that.

Nothing is deleted for good here. Higher apps register their kinds, their children and their reasons to refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import access as rules
from accounts import matching
from accounts.company_events import BinEvent
from accounts.merging import parting
from accounts.merging.journal import Journal, model_of
from accounts.models import (
    Company,
    Contact,
    Division,
    DuplicatePair,
    FactsQuestion,
    MatchKey,
    MergeChange,
    Removal,
    Site,
)
from accounts.models.removal import RemovalQuerySet
from crm.lib.text import clean_text
from staff import access, events, versions
from staff import kinds as kind_names
from staff.models import User


class Refused(Exception):
    """The reason is the text, in the reader's language."""


@dataclass(frozen=True)
class Kind:
    """What can go into the bin. `children` go along: (model, column); rows without `deleted_at` are kept as copies."""

    name: str
    model: type[Model]
    # The reason why a person may not remove it, "" when they may.
    may: Callable[[User, Any], str]
    children: list[tuple[type[Model], str, Q]] = field(default_factory=list)
    # Each may give a reason why it has to stay.
    reasons: list[Callable[[Any], str]] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What it is called."""
        return kind_names.name_of(self.model)


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _KINDS[kind.name] = kind


def child(of: str, model: type[Model], column: str, only: Q | None = None) -> None:
    """Rows of the model go along with the record that they point at."""
    _KINDS[of].children.append((model, column, only or Q()))


def forbid(of: str, reason: Callable[[Any], str]) -> None:
    """`reason(record)` says why it has to stay; "" when it need not."""
    _KINDS[of].reasons.append(reason)


def named(name: str) -> Kind:
    """The kind of that name. Raises LookupError."""
    return _KINDS[name]


def kinds() -> list[Kind]:
    """All that can go into the bin."""
    return list(_KINDS.values())


@dataclass(frozen=True)
class Listing:
    """What is in the bin for a person, the newest first, narrowed to a kind and to names with some words in them."""

    rows: RemovalQuerySet
    kind: str
    query: str


def listing(user: User, params: Mapping[str, str]) -> Listing:
    """As the address asks for it; an unknown kind counts as none."""
    kind, query = params.get("kind", ""), clean_text(params.get("q", "")).strip()[:80]
    kind = kind if kind in _KINDS else ""
    rows = Removal.objects.visible_to(user).in_bin().select_related("by").order_by("-pk")
    if kind:
        rows = rows.filter(kind=kind)
    return Listing(rows.filter(name__icontains=query) if query else rows, kind, query)


@access.rule("remove")
def may_remove(user: User, record: Any) -> str:
    """The rule of the record's kind."""
    return rules.gone(record) or _KINDS[record._meta.model_name].may(user, record)


@access.rule("restore")
def may_restore(user: User, removal: Removal) -> str:
    """Who might remove it."""
    kind = _KINDS[removal.kind]
    return kind.may(user, kind.model._default_manager.get(pk=removal.record_id))


@transaction.atomic
def remove(record: Any, *, by: User, seen: int | None = None, at: datetime | None = None) -> Removal:
    """Puts the record into the bin with what hangs on it. Raises Refused with the reason, and versions.Stale."""
    at = at or timezone.now()
    kind = _KINDS[record._meta.model_name]
    record = kind.model._default_manager.select_for_update().get(pk=record.pk)
    if getattr(record, "merged_into_id", None):
        raise Refused(rules.gone(record))
    if record.deleted_at:
        return Removal.objects.in_bin().get(kind=kind.name, record_id=record.pk)
    if seen is not None:
        versions.require(record, seen)
    for reason in kind.reasons:
        if text := reason(record):
            raise Refused(text)
    [removal] = _put_in(kind, [record], by=by, at=at)
    events.record(BinEvent.REMOVED, record, by=by, at=at, name=removal.name, moved=removal.moved)
    return removal


@transaction.atomic
def remove_many(
    rows: Sequence[Any], *, by: User, kind_of_event: str, at: datetime | None = None, **told: Any
) -> list[Removal]:
    """`remove` for many locked records of one kind, set-wise. Whoever calls has seen to it that nobody needs them."""
    if not rows:
        return []
    at = at or timezone.now()
    removals = _put_in(_KINDS[rows[0]._meta.model_name], rows, by=by, at=at)
    events.record_all(
        events.build(kind_of_event, row, by=by, at=at, name=removal.name, **told)
        for row, removal in zip(rows, removals, strict=True)
    )
    return removals


def _put_in(kind: Kind, rows: Sequence[Any], *, by: User, at: datetime) -> list[Removal]:
    journal_of = {row.pk: Journal() for row in rows}
    _take_out(kind, journal_of, at)
    return Removal.objects.bulk_create(
        Removal(
            kind=kind.name,
            record_id=row.pk,
            name=str(row)[:200],
            company_id=row.pk if kind.name == "company" else row.company_id,
            team_id=getattr(row, "team_id", None),
            owner_id=getattr(row, "owner_id", None),
            moved=journal_of[row.pk].moved,
            changes=[_plain(change) for change in journal_of[row.pk].changes],
            by=by,
            at=at,
        )
        for row in rows
    )


@transaction.atomic
def restore(removal: Removal, *, by: User, at: datetime | None = None) -> Any:
    """The record with everything that had gone along. Raises Refused when its place has been taken since."""
    at = at or timezone.now()
    kind = _KINDS[removal.kind]
    record: Any = kind.model._default_manager.select_for_update().get(pk=removal.record_id)
    removal = Removal.objects.select_for_update().get(pk=removal.pk)
    if removal.restored_at:
        return record
    company = None if kind.name == "company" else getattr(record, "company", None)
    if company and company.deleted_at:
        raise Refused(_("Its company is in the bin. Restore the company first."))
    for change in reversed(removal.changes):
        parting.put_back(MergeChange(**change))
    record.refresh_from_db()
    if record.deleted_at:
        raise Refused(_("Another record has its name or number by now. Change that one first."))
    _match_again(removal)
    for place in (getattr(record, "site", None), getattr(record, "division", None)):
        if place and place.deleted_at:
            kept = Removal.objects.in_bin().filter(kind=place._meta.model_name, record_id=place.pk)
            for its_removal in kept:  # none where the other place has brought it along
                restore(its_removal, by=by, at=at)
    removal.restored_by, removal.restored_at = by, at
    removal.save(update_fields=["restored_by", "restored_at"])
    events.record(BinEvent.RESTORED, record, by=by, at=at, name=removal.name)
    return record


def _take_out(kind: Kind, journal_of: dict[int, Journal], at: datetime) -> None:
    """The records by their ids, each with the journal of what it goes into the bin with."""
    for model, column, only in kind.children:
        rows: Any = model._default_manager.filter(only, **{f"{column}__in": list(journal_of)}).order_by("pk")
        if not hasattr(model, "deleted_at"):
            for row in rows:
                journal = journal_of[getattr(row, column)]
                journal.remove(row)
                journal.count(model, 1)
            continue
        theirs = {
            pk: journal_of[parent] for pk, parent in rows.filter(deleted_at=None).values_list("pk", column)
        }
        own = _KINDS.get(str(model._meta.model_name))
        if own and theirs:
            _take_out(own, theirs, at)
            for journal in theirs.values():
                journal.count(model, 1)
        else:
            _hide(model, theirs, at)
    _hide(kind.model, journal_of, at)


def _hide(model: type[Model], journal_of: dict[int, Journal], at: datetime) -> None:
    """The rows are out of use from now, and matching looks at them no longer."""
    if not journal_of:
        return
    model._default_manager.filter(pk__in=list(journal_of)).update(deleted_at=at)
    rows: dict[Journal, list[int]] = {}
    for pk, journal in journal_of.items():
        rows.setdefault(journal, []).append(pk)
    for journal, pks in rows.items():
        journal.note_moved(model, "deleted_at", pks, None, at.isoformat())
    if model in _MATCHED:
        MatchKey.objects.filter(**{f"{model._meta.model_name}__in": list(journal_of)}).delete()


_MATCHED: dict[type[Model], Callable[[Any], None]] = {
    Company: matching.renew_company_keys,
    Contact: matching.renew_contact_keys,
}


def _match_again(removal: Removal) -> None:
    """Matching knows what came back."""
    for model, renew in _MATCHED.items():
        back = [
            pk
            for change in removal.changes
            if change["table"] == model._meta.label_lower
            for pk in change["rows"]
        ]
        renew(list(model._default_manager.filter(pk__in=back, deleted_at=None)))


def _plain(change: MergeChange) -> dict[str, Any]:
    return {"table": change.table, "action": change.action, "rows": change.rows, "fields": change.fields}


def moved_words(removal: Removal) -> list[tuple[str, int]]:
    """What hangs on it, by the name of its kind."""
    return [(kind_names.name_of(model_of(label)), number) for label, number in removal.moved.items()]


def _has_subsidiaries(company: Company) -> str:
    if Company.objects.active().filter(parent=company).exists():
        return _("Other companies belong to it. Take them out of the group first.")
    return ""


def _place_is_used(place: Any) -> str:
    people = place.contacts.active().count()
    sites = place.sites.active().count() if hasattr(place, "sites") else 0
    if people or sites:
        return _("People or sites are still there. Move them first.")
    return ""


def _may_change_company_of(user: User, place: Any) -> str:
    return rules.add_to_company(user, place.company)


def register_own() -> None:
    """Called once, when the app is ready."""
    for name, record, may in (
        ("company", Company, rules.edit_company),
        ("contact", Contact, rules.edit_contact),
        ("division", Division, _may_change_company_of),
        ("site", Site, _may_change_company_of),
    ):
        register(Kind(name, record, _unless_gone(may)))
    child("company", Division, "company_id", Q(merged_into=None))
    child("company", Site, "company_id", Q(merged_into=None))
    child("company", Contact, "company_id", Q(merged_into=None))
    # Questions about what is in the bin wait there, too.
    questions: list[tuple[type[Model], str]] = [
        (DuplicatePair, "company_a_id"),
        (DuplicatePair, "company_b_id"),
        (FactsQuestion, "company_id"),
    ]
    for model, column in questions:
        child("company", model, column, Q(state__in=["open", "later"]))
    for column in ("contact_a_id", "contact_b_id"):
        child("contact", DuplicatePair, column, Q(state__in=["open", "later"]))
    forbid("company", _has_subsidiaries)
    forbid("division", _place_is_used)
    forbid("site", _place_is_used)


def _unless_gone(may: Callable[[User, Any], str]) -> Callable[[User, Any], str]:
    """Rules of editing refuse what is in the bin; who may restore it is asked as if it were not."""

    def rule(user: User, record: Any) -> str:
        was, record.deleted_at = record.deleted_at, None
        try:
            return may(user, record)
        finally:
            record.deleted_at = was

    return rule
