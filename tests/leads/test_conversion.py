import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Channel, Company, Contact
from activities import log
from activities.models import Todo
from leads import conversion, editing, first_contact, intake
from leads.models import Lead
from pipeline.models import Deal
from staff import relay, versions
from staff.models import Event, User
from tests.factories import make_company, make_lead, make_team, make_user, stage


@pytest.fixture
def lead(sato):
    return intake.receive_lead(
        {
            "company_name": "みなと物流株式会社",
            "family_name": "成田",
            "given_name": "翔",
            "title": "物流企画課長",
            "email": "narita@minato.example.jp",
            "phone": "090-1234-5678",
            "industry": "物流",
            "employees": 210,
            "prefecture": "神奈川県",
            "city": "横浜市",
        },
        channel=Channel.objects.get(code="referral"),
        by=sato,
        owner=sato,
    )


def convert(lead, by, **changes):
    values = {"seen": lead.version, "deal_name": "仕分け機の更新", **changes}
    return conversion.convert_lead(lead, by=by, **values)


def test_a_lead_becomes_company_contact_and_deal_without_retyping(lead, sato):
    deal = convert(lead, sato, amount=Decimal(12_000_000), close_on=date(2026, 11, 30))

    lead.refresh_from_db()
    assert (deal.name, deal.stage, deal.owner) == ("仕分け機の更新", stage("New lead"), sato)
    assert (deal.amount, deal.close_on, deal.channel) == (12_000_000, date(2026, 11, 30), lead.channel)
    company, contact = deal.company, deal.contact
    assert (company.name, company.industry, company.employees) == ("みなと物流株式会社", "物流", 210)
    assert (company.prefecture, company.city, company.phone) == ("神奈川県", "横浜市", "")
    assert (contact.family_name, contact.given_name, contact.title) == ("成田", "翔", "物流企画課長")
    assert (contact.email, contact.mobile) == ("narita@minato.example.jp", "+819012345678")
    assert (lead.state, lead.deal, lead.company, lead.contact) == ("converted", deal, company, contact)
    event = Event.objects.get(kind="lead.converted")
    assert (event.lead_id, event.deal_id, event.company_id) == (lead.pk, deal.pk, company.pk)


def test_what_was_done_for_the_lead_goes_along(lead, sato):
    relay.drain()
    called_at = timezone.now() - timedelta(hours=2)
    log.log_activity(
        "call",
        by=sato,
        lead=lead,
        at=called_at,
        next_title="現場を見る",
        next_kind="visit",
        next_on=date(2027, 1, 12),
    )

    deal = convert(lead, sato)

    assert (deal.first_contacted_at, deal.last_activity_at) == (called_at, called_at)
    assert deal.activity_kinds == ["call"]
    assert (deal.next_action_on, deal.next_action_kind) == (date(2027, 1, 12), "visit")
    # The contact is known; what they ask is not written down yet.
    assert (deal.criteria_met, deal.criteria_total) == (1, 2)
    assert [a.deal for a in lead.activities.all()] == [deal]
    assert [(t.title, t.deal) for t in Todo.objects.open()] == [("現場を見る", deal)]


def test_the_recognised_company_is_used_unless_a_new_one_is_wanted(sato, lead):
    known = make_company("みなと物流株式会社", phone="+81451234567")
    Lead.objects.update(company=known)
    lead.refresh_from_db()

    assert convert(lead, sato).company == known
    assert Company.objects.count() == 1

    other = make_lead(sato, "みなと物流", company=known)
    assert convert(other, sato, as_new_company=True).company != known


def test_a_person_the_company_knows_is_not_made_twice(lead, sato):
    first = convert(lead, sato)
    again = make_lead(sato, family_name="成田", given_name="翔", email="narita@minato.example.jp")

    deal = convert(again, sato, company=first.company)

    assert deal.contact == first.contact
    assert Contact.objects.count() == 1


def test_a_lead_without_a_company_says_so(sato):
    lead = make_lead(sato, "", family_name="安藤")

    with pytest.raises(conversion.CompanyUnknown):
        convert(lead, sato)

    lead.refresh_from_db()
    assert lead.state == Lead.State.NEW
    assert not Deal.objects.exists()


def test_who_decided_on_an_older_version_is_stopped(lead, sato, watanabe):
    seen = lead.version
    editing.edit_lead(lead, {"company_name": "みなと物流ホールディングス"}, {}, by=watanabe)

    with pytest.raises(versions.Stale):
        convert(lead, sato, seen=seen)

    assert not Deal.objects.exists()


def test_a_call_or_an_alert_makes_nobody_stale(lead, sato, system):
    seen = lead.version
    first_contact.raise_alerts(timezone.now() + timedelta(days=30), by=system)
    log.log_activity("call", by=sato, lead=lead)

    assert convert(lead, sato, seen=seen).lead == lead


def test_converting_again_gives_the_same_deal(lead, sato, watanabe):
    deal = convert(lead, sato)

    assert convert(lead, watanabe, deal_name="もう一度") == deal
    assert Deal.objects.count() == 1
    assert Event.objects.filter(kind="lead.converted").count() == 1


def test_a_todo_of_a_lead_that_nobody_called_goes_along(lead, sato):
    relay.drain()
    deal = convert(lead, sato)

    todo = Todo.objects.open().get()
    assert (todo.deal, todo.due_on) == (deal, deal.next_action_on)
    log.log_activity("call", by=sato, deal=deal)
    todo.refresh_from_db()
    lead.refresh_from_db()
    assert todo.done_at is not None
    assert lead.first_contacted_at is not None


@pytest.fixture
def committed_lead(transactional_db):
    team = make_team("営業一課")
    return make_lead(make_user("sato@sakura.example", team))


def test_two_people_who_convert_at_once_get_one_deal(committed_lead):
    ready = threading.Barrier(2)
    found = []

    def one():
        try:
            by = User.objects.get(email="sato@sakura.example")
            ready.wait(10)
            found.append(convert(committed_lead, by).pk)
        except Exception as failure:
            found.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    deal = Deal.objects.get()
    assert found == [deal.pk, deal.pk]
    assert Company.objects.count() == 1
