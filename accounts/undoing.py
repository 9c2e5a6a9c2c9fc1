"""Taking back what an import brought: companies and people go into the bin, filled fields get what they held before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts import companies, contacts, matching
from accounts.company_events import CompanyEvent, ContactEvent
from accounts.models import (
    Company,
    CompanyName,
    Contact,
    Division,
    DuplicatePair,
    FactsQuestion,
    Position,
    Site,
)
from staff import bulk, events
from staff.models import User


@transaction.atomic
def remove_companies(rows: Sequence[Company], *, by: User, source: str = "") -> None:
    """Puts the companies into the bin; questions about them are no longer asked."""
    _remove(Company, rows, CompanyEvent.REMOVED, by=by, source=source)
    pks = [row.pk for row in rows]
    about = Q(company_a__in=pks) | Q(company_b__in=pks)
    DuplicatePair.objects.waiting().filter(about).delete()
    FactsQuestion.objects.waiting().filter(company__in=pks).delete()


@transaction.atomic
def remove_contacts(rows: Sequence[Contact], *, by: User, source: str = "") -> None:
    """Puts the people into the bin; questions about them are no longer asked."""
    _remove(Contact, rows, ContactEvent.REMOVED, by=by, source=source)
    pks = [row.pk for row in rows]
    DuplicatePair.objects.waiting().filter(Q(contact_a__in=pks) | Q(contact_b__in=pks)).delete()


def _remove(model: Any, rows: Sequence[Any], kind: str, *, by: User, source: str) -> None:
    model.objects.filter(pk__in=[row.pk for row in rows]).update(
        deleted_at=timezone.now(), version=F("version") + 1
    )
    events.record_all(events.build(kind, row, by=by, name=str(row), source=source) for row in rows)


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
def remove_places(model: type[Site] | type[Division], pks: Iterable[int]) -> None:
    """Sites or divisions that nobody needs: people in the bin are no longer of them."""
    pks, name = list(pks), str(model._meta.model_name)
    Contact.objects.filter(**{f"{name}__in": pks}).exclude(deleted_at=None).update(**{name: None})
    Position.objects.filter(**{f"{name}__in": pks}).exclude(contact__deleted_at=None).update(**{name: None})
    model.objects.filter(pk__in=pks).delete()


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
