"""A lead comes in: cleaned, recognised, given to somebody, with its clock running. One or thousands, by the same rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import matching
from accounts.models import Channel, Company
from crm.lib import addresses, domains, phones
from crm.lib.text import clean_text
from leads import assignment, first_contact, scoring
from leads.lead_events import LeadEvent
from leads.models import Lead, Touch
from staff import bulk, events
from staff.models import User

# What a caller may give; everything else about a lead is decided here.
FIELDS = (
    "company_name", "company_kana", "family_name", "given_name", "family_kana", "given_kana", "department", "title",
    "email", "phone", "industry", "employees", "postal_code", "prefecture", "city", "street", "interest",
)  # fmt: skip

# The first touch of a lead that came over a channel, unless the caller knows better.
TOUCH_OF_CHANNEL = {
    "exhibition": Touch.Kind.EXHIBITION,
    "web_form": Touch.Kind.FORM,
    "download": Touch.Kind.DOWNLOAD,
    "webinar": Touch.Kind.WEBINAR,
    "referral": Touch.Kind.REFERRAL,
    "partner": Touch.Kind.REFERRAL,
    "ad": Touch.Kind.AD,
}


class NobodyNamed(ValueError):
    """A lead must say who it is: a company, a person or a mail address."""


@transaction.atomic
def receive_lead(
    values: Mapping[str, Any],
    *,
    channel: Channel,
    by: User,
    at: datetime | None = None,
    campaign: str = "",
    touch_kind: str = "",
    touch_detail: str = "",
    owner: User | None = None,
) -> Lead:
    """The new lead with its company (when recognised), owner, deadline and score.

    `owner` given: that person's, without asking the rules.
    """
    return receive_many(
        [values],
        channel=channel,
        by=by,
        at=at,
        campaign=campaign,
        touch_kind=touch_kind,
        touch_detail=touch_detail,
        owner=owner,
    )[0]


@transaction.atomic
def receive_many(
    rows: Sequence[Mapping[str, Any]],
    *,
    channel: Channel,
    by: User,
    at: datetime | None = None,
    campaign: str = "",
    touch_kind: str = "",
    touch_detail: str = "",
    owner: User | None = None,
) -> list[Lead]:
    """The new leads in the order of the rows, with a number of statements that does not grow with them."""
    received_at = at or timezone.now()
    leads = [
        Lead(**clean(row), channel=channel, campaign=clean_text(campaign)[:120], received_at=received_at)
        for row in rows
    ]
    if not all(lead.company_name or lead.family_name or lead.email for lead in leads):
        raise NobodyNamed
    companies = recognise(leads)
    _start_clocks(leads, channel)
    _assign(leads, channel, by, owner)
    connect(leads, companies)
    kind = touch_kind or TOUCH_OF_CHANNEL.get(channel.code, Touch.Kind.OTHER)
    _score(leads, kind)
    for lead in leads:
        lead.created_at = received_at
        lead.prepare_search()
    bulk.create(leads)
    detail = clean_text(touch_detail or campaign)[:200]
    bulk.store(
        Touch,
        ["lead_id", "kind", "channel_id", "detail", "at"],
        [(lead.pk, kind, channel.pk, detail, received_at) for lead in leads],
    )
    events.record_all(
        events.build(
            LeadEvent.RECEIVED,
            lead,
            by=by,
            at=received_at,
            channel=channel.pk,
            touch=kind,
            detail=detail,
            owner=lead.owner_id,
            owner_name=lead.owner.family_name,
            because=lead.assigned_because,
        )
        for lead in leads
    )
    return leads


@transaction.atomic
def add_touch(
    lead: Lead,
    kind: str,
    *,
    by: User,
    channel: Channel | None = None,
    detail: str = "",
    at: datetime | None = None,
) -> Touch:
    """One more sign of interest, which may raise the score."""
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    touch = Touch.objects.create(
        lead=lead,
        kind=kind,
        channel=channel or lead.channel,
        detail=clean_text(detail)[:200],
        at=at or timezone.now(),
    )
    scoring.refresh(lead)
    events.record(LeadEvent.TOUCHED, lead, by=by, at=touch.at, touch=kind, detail=touch.detail)
    return touch


def clean(values: Mapping[str, Any]) -> dict[str, Any]:
    """The given fields as they are stored. A phone number that is none is left out; forms and imports refuse it before."""
    texts = {name: clean_text(str(values.get(name) or "")).strip() for name in FIELDS if name != "employees"}
    texts["phone"] = phones.to_e164(texts["phone"])
    texts["postal_code"] = addresses.postal(texts["postal_code"])
    texts["email"] = texts["email"].lower()
    cleaned: dict[str, Any] = {
        name: text[: getattr(Lead._meta.get_field(name), "max_length", None)] for name, text in texts.items()
    }
    cleaned["employees"] = int(values["employees"]) if values.get("employees") else None
    return cleaned


def candidate_of(lead: Lead) -> matching.Candidate:
    """What is known of the lead's company and person, as matching asks for it."""
    return matching.Candidate(
        name=lead.company_name,
        kana=lead.company_kana,
        phone="" if phones.is_mobile(lead.phone) else lead.phone,
        mobile=lead.phone if phones.is_mobile(lead.phone) else "",
        domain=domains.matching_domain(lead.email),
        email=lead.email,
        person=f"{lead.family_name} {lead.given_name}".strip(),
        person_kana=f"{lead.family_kana} {lead.given_kana}".strip(),
        prefecture=lead.prefecture,
        city=lead.city,
        street=lead.street,
    )


def recognise(leads: Sequence[Lead]) -> list[Company | None]:
    """For each lead the company that it certainly is from."""
    found = matching.find_many([candidate_of(lead) for lead in leads])
    return [
        next((match.record for match in matches if match.verdict == "certain"), None) for matches in found
    ]


def similar_open(values: Mapping[str, Any], user: User) -> list[Lead]:
    """Leads in work that may be the same person: same mail or phone, or the same company name. For hints; a few at most."""
    cleaned = clean(values)
    same = Q()
    if cleaned["email"]:
        same |= Q(email=cleaned["email"])
    if cleaned["phone"] and not phones.placeholder(cleaned["phone"]):
        same |= Q(phone=cleaned["phone"])
    if cleaned["company_name"]:
        same |= Q(company_name=cleaned["company_name"])
    if not same:
        return []
    rows = Lead.objects.visible_to(user).open().filter(same)
    return list(rows.for_rows().order_by("-received_at", "-pk")[:3])


def _start_clocks(leads: Sequence[Lead], channel: Channel) -> None:
    clocks = first_contact.Clocks()
    rule = clocks.rule_for(channel)
    due_at = clocks.due_at(rule, leads[0].received_at) if leads else None
    for lead in leads:
        lead.clock_rule, lead.first_contact_due_at = rule, due_at


def _assign(leads: Sequence[Lead], channel: Channel, by: User, owner: User | None) -> None:
    desk = None if owner else assignment.Desk.open()
    for lead in leads:
        if desk is None:
            assert owner is not None
            lead.owner = owner
            lead.assigned_because = {"key": "own" if owner.pk == by.pk else "by_hand"}
        else:
            chosen = desk.choose({"prefecture": lead.prefecture, "industry": lead.industry}, channel)
            lead.owner, lead.assigned_because = chosen.owner, chosen.because
        lead.team_id = lead.owner.team_id
        lead.assigned_at = lead.received_at


def connect(leads: Sequence[Lead], companies: Sequence[Company | None]) -> None:
    """A restricted company stays unnamed when the owner may not see it: the lead would vanish from their list."""
    for lead, company in zip(leads, companies, strict=True):
        if company is None:
            continue
        if not company.is_restricted or Company.objects.visible_to(lead.owner).filter(pk=company.pk).exists():
            lead.company = company


def _score(leads: Sequence[Lead], touch_kind: str) -> None:
    rules = scoring.active_rules()
    for lead in leads:
        lead.score, lead.score_reasons = scoring.score(lead, rules, {touch_kind: 1})
