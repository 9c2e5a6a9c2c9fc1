"""A lead becomes a company, a contact and a deal, without anything being typed twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import companies, contacts, matching
from accounts.models import Company, Contact
from crm.lib import domains, phones
from leads import intake
from leads.lead_events import LeadEvent
from leads.models import Lead
from pipeline import deals, exit_criteria
from pipeline.models import Deal, ExitCriterion
from pipeline.way import Way
from staff import events, versions
from staff.models import User


class CompanyUnknown(Exception):
    """A deal needs a company, and the lead names none."""


# What higher apps hang on a lead goes along to the deal, in the same transaction.
Carrier = Callable[[Lead, Deal], None]
_CARRIERS: list[Carrier] = []


def carry_with(carrier: Carrier) -> None:
    """Filled by the apps when they are ready."""
    _CARRIERS.append(carrier)


@transaction.atomic
def convert_lead(
    lead: Lead,
    *,
    by: User,
    seen: int,
    deal_name: str,
    company: Company | None = None,
    contact: Contact | None = None,
    amount: Decimal | None = None,
    close_on: date | None = None,
    as_new_company: bool = False,
    answers: Mapping[ExitCriterion, str] | None = None,
    at: datetime | None = None,
) -> Deal:
    """The deal in the first stage; of a lead that has become one before, that very deal.

    The company is the given one, else the one that was recognised, else a new one (always with `as_new_company`).
    `answers` are what was asked for the questions of the first stage.
    """
    # Two people may convert at once; the second gets the first one's deal.
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    if lead.deal_id:
        return Deal.objects.get(pk=lead.deal_id)
    versions.require(lead, seen)
    at = at or timezone.now()
    if company is None and not as_new_company:
        company = lead.company
    company = _company(lead, company, by=by, at=at)
    contact = contact or _contact(lead, company, by=by, at=at)
    deal = deals.create_deal(
        name=deal_name,
        company=company,
        contact=contact,
        owner=lead.owner,
        by=by,
        channel=lead.channel,
        amount=amount,
        close_on=close_on,
        at=at,
        first_contacted_at=lead.first_contacted_at,
    )
    lead.deal, lead.company, lead.contact = deal, company, contact
    lead.state, lead.state_reason, lead.converted_at = Lead.State.CONVERTED, "", at
    lead.version += 1
    lead.save(
        update_fields=["deal", "company", "contact", "state", "state_reason", "converted_at", "version"]
    )
    if answers:
        exit_criteria.answer_all(deal, answers, by=by, at=at)
    for carry in _CARRIERS:
        carry(lead, deal)
    events.record(LeadEvent.CONVERTED, lead, by=by, at=at)
    return Deal.objects.get(pk=deal.pk)


def questions_of_first_stage(lead: Lead) -> list[ExitCriterion]:
    """What the lead's deal is asked in words before it leaves the first stage of the pipeline that it will enter."""
    way = Way.of_team(lead.owner.team)
    asked = way.criteria_of(way.first)
    return [c for c in asked if c.kind == ExitCriterion.Kind.QUESTION and c.retired_at is None]


def company_values(lead: Lead) -> dict[str, Any]:
    """What the lead tells of its company. A mobile phone is a person's."""
    return {
        "name": lead.company_name,
        "kana": lead.company_kana,
        "phone": "" if phones.is_mobile(lead.phone) else lead.phone,
        "domain": domains.matching_domain(lead.email),
        "industry": lead.industry,
        "employees": lead.employees,
        "postal_code": lead.postal_code,
        "prefecture": lead.prefecture,
        "city": lead.city,
        "street": lead.street,
    }


def contact_values(lead: Lead) -> dict[str, Any]:
    mobile = phones.is_mobile(lead.phone)
    return {
        "family_name": lead.family_name,
        "given_name": lead.given_name,
        "family_kana": lead.family_kana,
        "given_kana": lead.given_kana,
        "department": lead.department,
        "title": lead.title,
        "email": lead.email,
        "phone": "" if mobile else lead.phone,
        "mobile": lead.phone if mobile else "",
    }


def _company(lead: Lead, company: Company | None, *, by: User, at: datetime) -> Company:
    if company is not None:
        return companies.append(company, company_values(lead), by=by, at=at, source="lead")
    if not lead.company_name:
        raise CompanyUnknown
    # Others that look alike go into the queue, seen by this person or not.
    return companies.create_company(company_values(lead), by=by, at=at, source="lead")


def _contact(lead: Lead, company: Company, *, by: User, at: datetime) -> Contact | None:
    if not lead.family_name:
        return None
    for match in matching.find_contacts(company, intake.candidate_of(lead)):
        if match.verdict == "certain":
            return contacts.append(match.record, contact_values(lead), by=by, at=at)
    return contacts.create_contact(company, contact_values(lead), by=by, at=at)
