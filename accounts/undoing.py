"""Taking back what an import brought: companies and people go into the bin, filled fields get what they held before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from accounts import bin, companies, contacts, matching
from accounts.company_events import CompanyEvent, ContactEvent
from accounts.models import (
    Company,
    CompanyName,
    Contact,
    Division,
    DuplicatePair,
    FactsQuestion,
    FurtherValue,
    Site,
)
from staff import bulk, events
from staff.models import User


def remove_companies(rows: Sequence[Company], *, by: User, source: str = "") -> None:
    """Puts the locked companies into the bin, each by itself, with the open questions about it."""
    bin.remove_many(rows, by=by, kind_of_event=CompanyEvent.REMOVED, source=source)


def remove_contacts(rows: Sequence[Contact], *, by: User, source: str = "") -> None:
    """Puts the locked people into the bin, with the open questions about them."""
    bin.remove_many(rows, by=by, kind_of_event=ContactEvent.REMOVED, source=source)


def remove_places(rows: Sequence[Site | Division], *, by: User, source: str = "") -> None:
    """Puts sites or divisions that nobody needs into the bin; people in the bin are still of them."""
    bin.remove_many(rows, by=by, kind_of_event=CompanyEvent.PLACE_REMOVED, source=source)


@transaction.atomic
def restore_companies(
    rows: Sequence[tuple[Company, Mapping[str, Any]]], *, by: User, source: str = ""
) -> None:
    """Gives the named fields (by attribute, ids for links) of locked companies the values they held before."""
    changed = _set(rows)
    companies.recompute([company for company, _changes in changed])
    events.record_all(
        events.build(CompanyEvent.RESTORED, company, by=by, source=source, **_told(changes))
        for company, changes in changed
    )


@transaction.atomic
def restore_contacts(
    rows: Sequence[tuple[Contact, Mapping[str, Any]]], *, by: User, source: str = ""
) -> None:
    """`restore_companies` for people."""
    changed = _set(rows)
    contacts.store_changed([contact for contact, _changes in changed])
    events.record_all(
        events.build(ContactEvent.RESTORED, contact, by=by, source=source, **_told(changes))
        for contact, changes in changed
    )


@transaction.atomic
def remove_names(pks: Iterable[int]) -> None:
    """Former names that nobody gave but the source that is taken back."""
    rows = CompanyName.objects.filter(pk__in=list(pks))
    known = list(Company.objects.filter(pk__in=rows.values("company")))
    rows.delete()
    for company in known:
        company.prepare_search()
    bulk.change(known, ["search_text", "search_grams"])
    matching.renew_company_keys(known)


@transaction.atomic
def forget_values(pks: Iterable[int]) -> None:
    """Further phones, domains, spellings that nobody gave but the source that is taken back: matching forgets them."""
    rows = FurtherValue.objects.filter(pk__in=list(pks))
    known = list(Company.objects.filter(pk__in=rows.values("company")))
    rows.delete()
    matching.renew_company_keys([company for company in known if company.merged_into_id is None])


@transaction.atomic
def forget_questions(source: str, since: Any, until: Any) -> None:
    """Questions that the source asked and nobody has answered."""
    asked = {"source": source, "found_at__gte": since, "found_at__lte": until}
    DuplicatePair.objects.waiting().filter(**asked).delete()
    FactsQuestion.objects.waiting().filter(**asked).delete()


def _set(rows: Sequence[tuple[Any, Mapping[str, Any]]]) -> list[tuple[Any, dict[str, tuple[Any, Any]]]]:
    changed = []
    for record, values in rows:
        changes = {}
        for name, value in values.items():
            field = next(f for f in record._meta.concrete_fields if f.attname == name)
            value = field.to_python(value) if not field.is_relation else value
            changes[name] = (getattr(record, name), value)
            setattr(record, name, value)
        record.version += 1
        changed.append((record, changes))
    return changed


def _told(changes: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {
        "before": {name: before for name, (before, _after) in changes.items()},
        "after": {name: after for name, (_before, after) in changes.items()},
    }
