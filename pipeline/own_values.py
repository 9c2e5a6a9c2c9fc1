"""Fields of the company's own that a criterion may ask for: those of the deal, of its company and of its main contact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Company, Contact
from pipeline.models import Deal, ExitCriterion
from staff import access
from staff.custom import records
from staff.custom import values as custom
from staff.models import CustomField, Event, User

# Whose fields → the column of the deal that says which record it is.
HOLDERS = {"deal": "pk", "company": "company_id", "contact": "contact_id"}
BESIDES: dict[str, type[Company] | type[Contact]] = {"company": Company, "contact": Contact}


def fields() -> list[CustomField]:
    """All fields in use that can be asked for, in their order; one statement."""
    found = CustomField.objects.filter(subject__in=HOLDERS, retired_at=None)
    return sorted(found, key=lambda field: list(HOLDERS).index(field.subject))


def labels() -> dict[str, str]:
    """Key → how a criterion calls the field: those of the company and of the person say whose they are."""
    whose = {"company": _("Company: %(field)s"), "contact": _("Main contact: %(field)s")}
    return {field.key: whose.get(field.subject, "%(field)s") % {"field": field} for field in fields()}


def read(deals: Iterable[Deal], asked: Iterable[int]) -> dict[int, dict[int, Any]]:
    """Deal → field → what stands in it, for fields of any holder; no statement when none is asked for."""
    deals, asked = list(deals), set(asked)
    if not asked:
        return {}
    of = {subject: {getattr(deal, column) for deal in deals} for subject, column in HOLDERS.items()}
    held = custom.read_all({subject: pks for subject, found in of.items() if (pks := found - {None})}, asked)
    found: dict[int, dict[int, Any]] = defaultdict(dict)
    for deal in deals:
        for subject, column in HOLDERS.items():
            found[deal.pk] |= held[subject].get(getattr(deal, column), {})
    return found


def holder(deal: Deal, field: CustomField) -> Any:
    """The record that the field is of; None for a deal without a main contact."""
    return deal if field.subject == "deal" else getattr(deal, field.subject)


def asked_by(criteria: Iterable[ExitCriterion]) -> dict[str, CustomField]:
    """Key → field, of those that the criteria ask for; no statement when none does."""
    pks = {pk for criterion in criteria if (pk := CustomField.pk_of(criterion.field))}
    return {field.key: field for field in CustomField.objects.filter(pk__in=pks)} if pks else {}


def is_filled_by(user: User, deal: Deal, field: CustomField) -> bool:
    """Whether the person may write the field here: one of the company or of the person, whoever may change those."""
    if field.subject == "deal":
        return True
    record, kind = holder(deal, field), records.kind(field.subject)
    return record is not None and kind is not None and access.allows(user, kind.rule, record)


def lock_besides(deal: Deal, asked: Iterable[CustomField]) -> None:
    """Locks the company and the person whose fields are written, before the deal: a merge locks in this order, too."""
    subjects = {field.subject for field in asked}
    for subject, model in BESIDES.items():
        if subject in subjects:
            list(model._default_manager.select_for_update().filter(pk=getattr(deal, HOLDERS[subject])))


def write(deal: Deal, told: Mapping[CustomField, Any], *, by: User) -> list[Event]:
    """Puts the values where they belong. Of the locked deal the events are returned to be recorded, others tell of themselves."""
    of: dict[str, dict[CustomField, Any]] = defaultdict(dict)
    for field, value in told.items():
        of[field.subject][field] = value
    for subject in BESIDES:
        if of[subject] and (record := getattr(deal, subject)):
            custom.change(subject, record, of[subject], {}, by=by)
    return custom.write("deal", deal, of["deal"], by=by) if of["deal"] else []
