"""What nobody types and somebody sends: every form and list says no, or takes it for nothing; none of them breaks."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import DuplicatePair
from activities import todos
from activities.models import Automation, TextTemplate, TextUse
from activities.texts import editing
from leads.models import Lead
from pipeline.models import Deal, Stage
from staff.models import CustomField
from tests.factories import make_company, make_contact, make_deal, make_lead

HX = {"headers": {"HX-Request": "true"}}
LONG = "9" * 5000
NESTED = "[" * 100_000


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


CROOKED = [True, {"a": 1}, [1], "x", 10**30, float("inf"), "\ud800", "\x00", "2026-13-45", "NaN"]


@pytest.mark.parametrize("value", CROOKED, ids=repr)
@pytest.mark.parametrize(
    ("page", "columns"),
    [
        ("pipeline:list", 2),
        ("accounts:companies", 2),
        ("accounts:contacts", 2),
        ("leads:leads", 3),
        ("integrations:imports", 1),
    ],
)
def test_a_cursor_that_nobody_gave_out_shows_a_page(client, ito, page, columns, value):
    client.force_login(ito)

    response = client.get(reverse(page), {"after": cursor(*[value] * columns)})

    assert response.status_code == 200


def test_a_crooked_cursor_counts_as_none(client, ito):
    make_company("青嶺精工株式会社")
    client.force_login(ito)

    for after in (cursor({"a": 1}, "x"), base64.urlsafe_b64encode(NESTED.encode()).decode()):
        response = client.get(reverse("accounts:companies"), {"after": after})
        assert [row.name for row in response.context["page"].rows] == ["青嶺精工株式会社"]


@pytest.mark.parametrize(
    ("fact", "typed"),
    [
        ("name", {"name": "青嶺", "base-name": ""}),
        ("phone", {"phone": "03-1234-5678", "base-phone": "zz"}),
        ("employees", {"employees": "5", "base-employees": "9" * 30}),
        ("corporate_number", {"corporate_number": "", "base-corporate_number": "7"}),
        ("address", {"city": "松本市", "base-prefecture": "y" * 100}),
    ],
)
def test_what_nobody_can_have_seen_of_a_company_counts_as_what_is_there(client, ito, fact, typed):
    company = make_company()
    client.force_login(ito)

    response = client.post(reverse("accounts:company-fact", args=[company.pk, fact]), typed, **HX)

    assert response.status_code in (200, 422)


@pytest.mark.parametrize(
    "typed",
    [
        {"kind": "phone", "typed": "123"},
        {"kind": "domain", "typed": "gmail.com"},
        {"kind": "address", "typed": "長野県"},
        {"kind": "corporate_number", "typed": "7010601060823"},
        {"kind": "name", "typed": LONG},
        {"kind": "former", "typed": "青嶺精工株式会社"},
        {"kind": "name", "typed": "\x00 "},
        {},
    ],
)
def test_what_is_no_further_name_or_value_of_a_company_is_refused(client, ito, typed):
    company = make_company("青嶺精工株式会社")
    client.force_login(ito)

    response = client.post(reverse("accounts:known-addition", args=[company.pk]), typed, **HX)

    assert response.status_code == 422
    assert not company.former_names.exists()
    assert not company.further_values.exists()


def test_a_base_of_a_person_that_cannot_be_is_not_taken_for_the_typed(client, ito):
    contact = make_contact(make_company())
    client.force_login(ito)

    url = reverse("accounts:contact-fact", args=[contact.pk, "email"])
    response = client.post(url, {"email": "tadokoro@aomine.example", "base-email": "x"}, **HX)

    contact.refresh_from_db()
    assert (response.status_code, contact.email) == (200, "tadokoro@aomine.example")


@pytest.mark.parametrize("back", [LONG, "9" * 30, "²", "x"])
def test_a_decision_leads_somewhere_whatever_the_way_back_is(client, ito, back):
    pair = DuplicatePair.objects.create(
        company_a=make_company("A社"), company_b=make_company("B社"), score=80, reasons=[], source="form"
    )
    client.force_login(ito)

    url = reverse("accounts:duplicate-decision", args=[pair.pk])

    assert client.post(url, {"state": "later", "back": back}, **HX).status_code == 200


@pytest.mark.parametrize(
    "typed",
    [
        {"company": LONG, "name": "検査ライン"},
        {"company": "9" * 30, "name": "x"},
        {"company": "٣", "name": "\x01"},
    ],
)
def test_a_new_deal_refuses_what_is_no_company(client, sato, typed):
    client.force_login(sato)

    assert client.post(reverse("pipeline:deal-new"), typed, **HX).status_code == 422
    assert not Deal.objects.exists()


@pytest.mark.parametrize("base", [NESTED, LONG, "[]"])
def test_a_stage_takes_no_base_that_is_no_number(client, ito, base):
    stage = Stage.objects.get(name_en="Discovery")
    client.force_login(ito)

    typed = {
        "name_ja": "聞く",
        "name_en": "Discovery",
        "probability": "20",
        "patience_days": "9",
        "base": base,
    }
    response = client.post(reverse("pipeline:stage", args=[stage.pipeline_id, stage.pk]), typed)

    assert response.status_code == 302


@pytest.mark.parametrize(
    "typed",
    [
        {"email": "a" * 60 + "@" + ".".join(["b" * 60] * 4) + ".jp"},
        {"company_name": "\x01"},
        {"family_name": "成田", "base": NESTED},
        {"family_name": "成田", "base": LONG},
    ],
)
def test_a_lead_refuses_what_cannot_be_stored(client, sato, typed):
    lead = make_lead(sato)
    client.force_login(sato)

    assert client.post(reverse("leads:lead-edit", args=[lead.pk]), typed).status_code == 422
    assert Lead.objects.get(pk=lead.pk).company_name == "みなと物流株式会社"


def test_a_name_of_control_characters_names_nobody(client, sato):
    channel = make_lead(sato).channel
    client.force_login(sato)

    response = client.post(reverse("leads:lead-new"), {"channel": channel.pk, "company_name": "\x01"})

    assert response.status_code == 422
    assert Lead.objects.count() == 1


@pytest.mark.parametrize(
    "typed",
    [
        {"company": "zzz", "deal_name": "検査ライン"},
        {"company": "new", "company_name": "\x01", "deal_name": "検査ライン"},
        {"company": "new", "company_name": "青嶺精工", "deal_name": "\x01"},
        {"company": "9" * 18, "deal_name": "検査ライン"},
    ],
)
def test_a_lead_without_a_company_asks_for_it_before_it_is_a_deal(client, sato, typed):
    lead = make_lead(sato, "", email="narita@minato.example")
    client.force_login(sato)

    url = reverse("leads:lead-deal", args=[lead.pk])
    response = client.post(url, {"seen": lead.version, **typed}, **HX)

    assert response.status_code == 422
    assert not Deal.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "/deals/coverage/?by=x&team=" + "9" * 30, "/deals/coverage/?owner=%00&pipeline=-1", "/deals/outcomes/?quarter=9999-9",
        "/deals/outcomes/?quarter=%00&channel=" + "9" * 40, "/deals/list/?has=x&lacks=" + "9" * 30,
        "/deals/list/?text=%00&closed=won", "/deals/?text=" + "9" * 30, "/deals/list/?forecast=sure&win=%00&reached=0", "/deals/list/?competitor=%00",
    ],
)  # fmt: skip
def test_a_crooked_address_of_the_comparisons_shows_a_page(client, ito, address):
    client.force_login(ito)

    assert client.get(address).status_code == 200


@pytest.mark.parametrize("value", ["", "\x00", "９" * 50, "9" * 5000, "nan", "-1", "2026-13-45", "{}"])
def test_a_crooked_filter_by_an_own_field_counts_as_none_or_finds_nothing(client, ito, value):
    fields = [
        CustomField.objects.create(
            subject=subject, kind=kind, name_ja="x", name_en="x", purpose="x", owner=ito,
            choices=["a"] if kind == "choice" else [],
        )
        for subject in ("deal", "company", "contact", "lead")
        for kind in CustomField.Kind.values
    ]  # fmt: skip
    client.force_login(ito)

    for field in fields:
        page = {
            "deal": "pipeline:list",
            "company": "accounts:companies",
            "contact": "accounts:contacts",
            "lead": "leads:leads",
        }[field.subject]
        ends = {f"{field.key}_from": value, f"{field.key}_to": value, "cf" + "9" * 40: value}
        ordered = {"sort": f"-{field.key}", "after": cursor(value, 1)}
        for asked in ({field.key: value}, ends | ordered):
            assert client.get(reverse(page), asked).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "who=x",
        "who=-1",
        "who=99999999999999999999",
        "week=never",
        "week=0001-01-01",
        "week=9999-12-31",
        "kind=%00",
        "who=%EF%BC%91",
    ],
)
def test_a_crooked_address_of_a_week_shows_a_page_or_nobody(client, ito, address):
    client.force_login(ito)
    assert client.get(f"{reverse('dashboards:person-week')}?{address}").status_code in (200, 404)


A_TEXT = {"kind": "mail", "name": "お礼", "subject": "お礼", "body": "{{ contact }}"}


@pytest.mark.parametrize(
    "typed",
    [
        {"kind": "letter"}, {"kind": "\x00"}, {"name": "\x01"}, {"name": LONG}, {"body": "\x00"},
        {"subject": LONG}, {"stage_ids": "9" * 30}, {"stage_ids": "²"}, {"stage_ids": "x"}, {"body": "\x01"}, {"body": "{{ x }}"},
    ],
)  # fmt: skip
def test_a_template_refuses_what_is_no_wording(client, ito, typed):
    client.force_login(ito)

    assert client.post(reverse("activities:text-new"), {**A_TEXT, **typed}).status_code == 422
    assert not TextTemplate.objects.exists()


@pytest.mark.parametrize("sent", ["", LONG, "²", "x", "0", "-1", "\x00"])
def test_what_names_no_template_begins_nothing_and_counts_as_no_use(client, ito, sato, sent):
    text = editing.save(A_TEXT, by=ito)
    deal = make_deal(sato)
    client.force_login(ito)

    edited = client.post(reverse("activities:text-edit", args=[text.pk]), {**A_TEXT, "seen": sent or "x"})
    begun = client.post(reverse("activities:compose-from"), {"deal": deal.pk, "begin": sent}, **HX)
    kept = client.post(
        reverse("activities:compose"), {"deal": deal.pk, "kind": "mail", "body": "x", "text": sent}
    )
    offered = client.get(reverse("activities:offered-texts"), {"deal": sent})

    assert edited.status_code in (409, 422)
    assert begun.status_code == 404
    assert kept.status_code == (302 if sent == "" else 422)
    assert offered.status_code == 404
    assert not TextUse.objects.exists()
    assert text.versions.count() == 1


@pytest.mark.parametrize("sent", ["cf", "cf0", "cf" + "9" * 30, "lead:base", "lead:", "deleted_at", "\x00"])
def test_an_automation_sets_no_field_that_nobody_edits(client, ito, sent):
    client.force_login(ito)
    typed = {"trigger": "won", "do0_kind": "set", "do0_field": sent, "do0_value": "1"}

    assert client.get(reverse("activities:automation-new"), {"do0_field": sent}).status_code == 200
    assert client.post(reverse("activities:automation-new"), typed).status_code == 422
    assert not Automation.objects.exists()


def test_rows_of_a_statement_that_was_asked_for_wrongly_are_refused_in_words(client, kobayashi, ito):
    for person in (kobayashi, ito):
        client.force_login(person)
        assert client.get(reverse("dashboards:roi-rows"), {"first": "[[1]]"}).status_code == 422


def test_a_todo_due_when_nobody_lives_is_refused(client, sato):
    todo = todos.add_todo("電話", owner=sato, by=sato, due_on=timezone.localdate(), deal=make_deal(sato))
    client.force_login(sato)

    for day in ("9999-12-31", "0001-01-01"):
        url = reverse("activities:todo-due", args=[todo.pk])
        assert client.post(url, {"due_on": day}, **HX).status_code == 422
    todo.refresh_from_db()
    assert todo.due_on == timezone.localdate()
