import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import companies
from accounts.models import Channel, CompanyAccess
from leads import intake
from leads.models import Lead
from staff.models import Event
from tests.factories import make_lead


@pytest.fixture
def form(db):
    return Channel.objects.get(code="web_form")


def known(by):
    """The company as somebody has entered it before, with a switchboard number that proves it."""
    return companies.create_company({"name": "みなと物流株式会社", "phone": "045-201-3344"}, by=by)


def test_a_lead_is_stored_clean_with_its_touch_and_its_event(sato, form):
    lead = intake.receive_lead(
        {
            "company_name": " ㈱みなと物流\x00 ",
            "family_name": "成田",
            "email": "Narita@Minato.example.jp",
            "phone": "０３（１２３４）５６７８",
            "employees": "210",
            "state": "converted",
        },
        channel=form,
        by=sato,
        touch_detail="資料請求フォーム",
    )

    lead.refresh_from_db()
    assert (lead.company_name, lead.phone) == ("㈱みなと物流", "+81312345678")
    assert (lead.email, lead.employees, lead.state) == ("narita@minato.example.jp", 210, "new")
    assert [(t.kind, t.detail) for t in lead.touches.all()] == [("form", "資料請求フォーム")]
    event = Event.objects.get(kind="lead.received")
    assert (event.lead_id, event.actor_id) == (lead.pk, sato.pk)
    assert "みなと" in lead.search_text or lead.search_grams


def test_a_lead_that_names_nobody_is_refused(sato, form):
    with pytest.raises(intake.NobodyNamed):
        intake.receive_lead({"phone": "03-1234-5678"}, channel=form, by=sato)

    assert not Lead.objects.exists()


def test_a_company_that_is_certainly_the_same_is_recognised(sato, form):
    company = known(sato)

    lead = intake.receive_lead(
        {"company_name": "㈱みなと物流", "phone": "045-201-3344"}, channel=form, by=sato
    )

    assert lead.company == company


def test_a_namesake_is_not_taken_for_the_same(sato, form):
    known(sato)

    assert intake.receive_lead({"company_name": "みなと物流"}, channel=form, by=sato).company is None


def test_a_restricted_company_stays_unnamed_for_an_owner_who_may_not_see_it(sato, tanaka, form):
    company = companies.restrict(known(tanaka), [tanaka], [], by=tanaka)
    values = {"company_name": "みなと物流", "phone": "045-201-3344"}

    lead = intake.receive_lead(values, channel=form, by=sato, owner=sato)

    assert lead.company is None
    assert Lead.objects.visible_to(sato).get() == lead
    CompanyAccess.objects.create(company=company, user=sato)
    assert intake.receive_lead(values, channel=form, by=sato, owner=sato).company == company


def test_a_longer_list_costs_no_more_statements(sato, watanabe, form):
    def statements(count):
        rows = [{"company_name": f"会社{n}", "email": f"a{n}@x{n}.example.jp"} for n in range(count)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            intake.receive_many(rows, channel=form, by=sato)
        return len(queries)

    # A few rows go by INSERT, many by COPY, which asks for the ids of each table first.
    assert statements(3) <= 20
    assert statements(30) == statements(90) <= 20
    assert Lead.objects.count() == 123
    assert Event.objects.filter(kind="lead.received").count() == 123


def test_an_empty_list_is_no_lead(sato, form):
    assert intake.receive_many([], channel=form, by=sato) == []


def test_leads_in_work_that_may_be_the_same_are_named(sato, tanaka):
    mine = make_lead(sato, "葵メディカル", email="hashimoto@aoi.example.jp")
    make_lead(tanaka, "葵メディカル", email="hashimoto@aoi.example.jp")

    assert intake.similar_open({"email": "HASHIMOTO@aoi.example.jp"}, sato) == [mine]
    assert intake.similar_open({}, sato) == []
