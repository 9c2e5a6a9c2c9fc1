"""Two records of one company, as tests of merging begin with them."""

from __future__ import annotations

from datetime import date

import pytest

from accounts import companies, contacts
from accounts.models import (
    CompanyName,
    Contact,
    Division,
    DuplicatePair,
    Site,
)
from activities import log, todos
from tests.accounts.merged import settled
from tests.factories import make_company, make_contact, make_deal, make_lead


@pytest.fixture
def aomine(sato):
    return make_company(
        "青嶺精工株式会社",
        owner=sato,
        kana="アオミネセイコウ",
        phone="+81263000000",
        industry="精密部品の製造",
    )


@pytest.fixture
def factory(sato):
    return make_company(
        "(株)青嶺精工 松本工場", owner=sato, domain="aomine-seiko.example", prefecture="長野県",
        city="松本市", street="中央0-0-0", industry="製造業", employees=180, notes="名刺から",
    )  # fmt: skip


@pytest.fixture
def world(aomine, factory, sato, takahashi):
    """Both with children of every kind, some of them the same."""
    for company in (aomine, factory):
        division = Division.objects.create(company=company, name="生産本部")
        site = Site.objects.create(company=company, name="本社", division=division)
        person = make_contact(company, "小林", "直樹", email="k@aomine-seiko.example", site=site)
        deal = make_deal(sato, "New lead", company, contact=person, division=division, site=site)
        log.log_activity("call", by=sato, deal=deal)
        todos.add_todo("電話", owner=sato, by=sato, due_on=date(2026, 12, 1), deal=deal)
        make_lead(sato, company=company, contact=person)
        CompanyName.objects.create(company=company, name="アオミネ", name_key="アオミネ")
    third = make_company("青嶺")
    DuplicatePair.objects.create(company_a=aomine, company_b=factory, score=93)
    DuplicatePair.objects.create(company_a=factory, company_b=third, score=60, reasons=[])
    companies.restrict(factory, [takahashi], [], by=sato)
    settled(aomine, factory, third)
    contacts.recompute(list(Contact.objects.all()))
    return aomine, factory
