"""Fields of the company's own: kept by administrators, filled on every kind of record, listed, exported, asked by the gate."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Channel, Company, Contact
from leads.models import Lead
from pipeline import exit_criteria, gate, moves, reach
from pipeline.models import Deal, ExitCriterion
from staff import versions
from staff.custom import definitions, values
from staff.custom.definitions import TooMany
from staff.models import CustomField, CustomValue, Event
from tests.factories import make_company, make_contact, make_deal, make_lead, stage

pytestmark = pytest.mark.django_db
HX = {"headers": {"HX-Request": "true"}}


def add(ito, subject="deal", kind="text", name="用途", **fields) -> CustomField:
    given = {"name_ja": name, "name_en": name, "purpose": "提案書を選ぶため", "owner": ito, **fields}
    return definitions.add(subject, kind, given, by=ito)


def put(field, record, value, by) -> None:
    values.change(field.subject, record, {field: value}, {}, by=by)


def held(field, record):
    return values.read(field.subject, [record.pk])[record.pk].get(field.pk)


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("text", " 検査 ", "検査"),
        ("number", "12.5", Decimal("12.5")),
        ("number", "1000", Decimal(1000)),
        ("money", "128万", Decimal(1_280_000)),
        ("date", "R8.11.30", date(2026, 11, 30)),
        ("choice", "新設", "新設"),
        ("yes_no", "1", True),
        ("yes_no", "0", False),
    ],
)
def test_each_kind_is_filled_in_on_the_page_of_the_deal(client, ito, sato, kind, typed, stored):
    field = add(ito, kind=kind, choices=["新設", "更新"] if kind == "choice" else [])
    deal = make_deal(sato)
    client.force_login(sato)

    response = client.post(
        reverse("staff:custom-value", args=["deal", deal.pk, field.pk]), {"value": typed}, **HX
    )

    assert response.status_code == 200
    assert held(field, deal) == stored
    assert Deal.objects.get(pk=deal.pk).version == deal.version + 1
    assert str(field) in client.get(deal.get_absolute_url()).content.decode()


def test_a_colleague_can_stand_in_a_field(client, ito, sato, takahashi):
    field, deal = add(ito, kind="person", name="技術担当"), make_deal(sato)
    client.force_login(sato)

    client.post(reverse("staff:custom-value", args=["deal", deal.pk, field.pk]), {"value": takahashi.pk})

    assert held(field, deal) == takahashi
    assert takahashi.full_name in client.get(deal.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("number", "たくさん"), ("number", "9" * 40), ("money", "-5"), ("date", "13/45"), ("choice", "その他"),
        ("person", "999999"), ("yes_no", "2"), ("text", "x" * 1001),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_changes_nothing(client, ito, sato, kind, typed):
    field = add(ito, kind=kind, choices=["新設"] if kind == "choice" else [])
    deal = make_deal(sato)
    client.force_login(sato)

    response = client.post(reverse("staff:custom-value", args=["deal", deal.pk, field.pk]), {"value": typed})

    assert response.status_code == 422
    assert not CustomValue.objects.exists()


def test_an_emptied_field_has_no_row(ito, sato):
    field, deal = add(ito), make_deal(sato)
    put(field, deal, "検査", sato)
    put(field, deal, None, sato)

    assert not CustomValue.objects.exists()
    told = [
        event.after for event in Event.objects.filter(kind="custom.changed", deal_id=deal.pk).order_by("pk")
    ]
    assert told == [{field.key: "検査"}, {field.key: ""}]


def test_two_people_at_one_field_see_both_values(client, ito, sato, watanabe):
    field, deal = add(ito), make_deal(sato)
    put(field, deal, "検査", watanabe)
    client.force_login(sato)

    response = client.post(
        reverse("staff:custom-value", args=["deal", deal.pk, field.pk]), {"value": "包装", "base": ""}, **HX
    )

    assert response.status_code == 409
    assert "検査" in response.content.decode()
    assert held(field, deal) == "検査"
    with pytest.raises(versions.Conflict):
        values.change("deal", deal, {field: "包装"}, {field: None}, by=sato)


def test_companies_people_and_leads_have_fields_too(client, ito, sato):
    company = make_company(owner=sato)
    records = {"company": company, "contact": make_contact(company), "lead": make_lead(sato)}
    client.force_login(sato)
    for subject, record in records.items():
        field = add(ito, subject, name=f"項目{subject}")
        client.post(reverse("staff:custom-value", args=[subject, record.pk, field.pk]), {"value": "あり"})

        assert held(field, record) == "あり"
        assert f"項目{subject}" in client.get(record.get_absolute_url()).content.decode()


def test_who_may_not_edit_the_record_may_not_fill_its_fields(client, ito, sato, takahashi, tanaka):
    field, deal = add(ito), make_deal(sato)
    url = reverse("staff:custom-value", args=["deal", deal.pk, field.pk])

    client.force_login(takahashi)
    assert client.post(url, {"value": "x"}).status_code == 403
    client.force_login(tanaka)
    assert client.post(url, {"value": "x"}).status_code == 404
    with pytest.raises(PermissionDenied):
        put(field, deal, "x", takahashi)
    assert not CustomValue.objects.exists()


def test_a_field_of_another_kind_of_record_is_not_found(client, ito, sato):
    field, deal = add(ito, "company"), make_deal(sato)
    client.force_login(sato)

    assert client.get(reverse("staff:custom-value", args=["deal", deal.pk, field.pk])).status_code == 404
    assert client.get(reverse("staff:custom-value", args=["invoice", deal.pk, field.pk])).status_code == 404


def test_the_list_is_narrowed_and_sorted_by_fields(client, ito, sato, tanaka):
    size, kind = (
        add(ito, kind="number", name="台数"),
        add(ito, kind="choice", name="型", choices=["新設", "更新"]),
    )
    deals = [make_deal(sato, name=f"案件{n}") for n in range(4)]
    hidden = make_deal(tanaka)
    for deal, n, what in zip(deals[:3], (30, 10, 20), ("新設", "更新", "新設"), strict=True):
        put(size, deal, Decimal(n), sato)
        put(kind, deal, what, sato)
    put(size, hidden, Decimal(15), tanaka)
    client.force_login(sato)

    def shown(**query):
        response = client.get(reverse("pipeline:list"), query)
        return [card.deal for card in response.context["cards"]]

    assert shown(**{kind.key: "新設"}) == [deals[0], deals[2]]
    assert shown(**{f"{size.key}_from": "15", f"{size.key}_to": "25"}) == [deals[2]]
    # Whichever way, what has no value comes last.
    assert shown(sort=size.key) == [deals[1], deals[2], deals[0], deals[3]]
    assert shown(sort=f"-{size.key}") == [deals[0], deals[2], deals[1], deals[3]]
    # What nobody offers counts as none.
    assert len(shown(**{kind.key: "廃止", "cf99999": "x", "sort": "cf99999"})) == 4


def test_the_sums_of_the_board_are_those_of_its_filter(client, ito, sato):
    kind = add(ito, kind="choice", name="型", choices=["新設", "更新"])
    one, won = make_deal(sato, "Discovery", amount=3_000_000), make_deal(sato, "Won", amount=5_000_000)
    make_deal(sato, "Discovery", amount=4_000_000)
    make_deal(sato, "Won", amount=7_000_000)
    for deal in (one, won):
        put(kind, deal, "新設", sato)
    client.force_login(sato)

    board = client.get(reverse("pipeline:board"), {kind.key: "新設"}).context["board"]

    assert [(board.count, board.total), (board.won.count, board.won.total)] == [
        (1, 3_000_000),
        (1, 5_000_000),
    ]
    assert [card.deal for column in board.columns for card in column.cards] == [one]


def test_companies_and_leads_are_narrowed_and_sorted_too(client, ito, sato):
    rank, hope = add(ito, "company", "text", "ランク"), add(ito, "lead", "date", "希望日")
    one, two = make_company("青嶺精工株式会社"), make_company("みなと物流株式会社")
    early, late = make_lead(sato, "甲社"), make_lead(sato, "乙社")
    for company, text in ((one, "B"), (two, "A")):
        put(rank, company, text, ito)
    for lead, day in ((early, date(2026, 12, 1)), (late, date(2027, 3, 1))):
        put(hope, lead, day, sato)
    client.force_login(ito)

    listed = client.get(reverse("accounts:companies"), {"sort": rank.key}).context["page"].rows
    narrowed = client.get(reverse("accounts:companies"), {rank.key: "b"}).context["page"].rows
    leads = (
        client.get(reverse("leads:leads"), {f"{hope.key}_from": "2027/1/1", "view": "all"})
        .context["list"]
        .rows
    )
    dialog = client.get(reverse("staff:custom-filters", args=["lead"])).content.decode()

    assert (listed, narrowed) == ([two, one], [one])
    assert [row.lead for row in leads] == [late]
    assert "希望日" in dialog


def test_fields_stand_in_exports(client, ito, sato, watanabe):
    field, deal = add(ito, kind="money", name="想定粗利"), make_deal(sato)
    put(field, deal, Decimal(1_200_000), sato)
    client.force_login(watanabe)

    response = client.get(reverse("integrations:export", args=["deals"]), {"format": "csv"})
    head, row = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))

    assert row[head.index("想定粗利")] == "1200000"


def a_criterion(field, **rule) -> ExitCriterion:
    where = stage("New lead")
    ExitCriterion.objects.filter(stage=where).delete()
    return ExitCriterion.objects.create(
        stage=where, code="own", kind="field", field=field.key, name_ja="独自", name_en="Own", **rule
    )


def test_a_field_can_be_asked_by_the_gate(ito, sato):
    field = add(ito, kind="number", name="台数")
    asked = a_criterion(field, condition="at_least", threshold=Decimal(10))
    deal = make_deal(sato)

    with pytest.raises(exit_criteria.NotMet):
        moves.move_deal(deal, stage("First contact"), by=sato, seen=deal.version)
    put(field, deal, Decimal(9), sato)
    deal.refresh_from_db()
    assert deal.lacking_ids == [asked.pk]
    assert reach.met_shares([asked]) == {asked.pk: 0}

    put(field, deal, Decimal(10), sato)
    deal.refresh_from_db()
    assert (deal.criteria_met, deal.met_ids) == (1, [asked.pk])
    assert reach.met_shares([asked]) == {asked.pk: 100}
    moves.move_deal(deal, stage("First contact"), by=sato, seen=deal.version)


def test_the_gate_fills_the_field_and_moves_in_one_step(ito, sato):
    field = add(ito, kind="choice", name="型", choices=["新設"])
    asked, deal = a_criterion(field), make_deal(sato)

    moved = gate.fill_and_move(
        deal, stage("First contact"), by=sato, seen=deal.version, found={asked: "新設"}
    )

    assert moved.stage == stage("First contact")
    assert held(field, deal) == "新設"
    assert Event.objects.filter(kind="custom.changed", deal_id=deal.pk).count() == 1


def test_the_gates_dialog_asks_for_the_field(client, ito, sato):
    field = add(ito, kind="choice", name="設備の型", choices=["新設"])
    asked, deal = a_criterion(field), make_deal(sato)
    client.force_login(sato)
    url = reverse("pipeline:deal-stage", args=[deal.pk])

    dialog = client.get(url, {"to": stage("First contact").pk}, **HX).content.decode()
    client.post(url, {"to": stage("First contact").pk, "seen": deal.version, f"c{asked.pk}": "新設"})

    assert "新設" in dialog
    assert Deal.objects.get(pk=deal.pk).stage == stage("First contact")


def test_many_deals_are_judged_in_as_many_statements_as_one(ito, sato):
    field = add(ito)
    a_criterion(field)
    deals = [make_deal(sato) for _ in range(5)]
    put(field, deals[0], "あり", sato)

    with CaptureQueriesContext(connection) as asked:
        found = exit_criteria.statuses_of_many(deals)

    assert [found[deal.pk][0].is_met for deal in deals] == [True, False, False, False, False]
    assert len(asked) <= 4


def test_the_first_form_asks_for_what_is_required(client, ito, sato):
    field = add(ito, kind="choice", name="設備の型", choices=["新設", "更新"], is_required=True)
    company = make_company(owner=sato)
    client.force_login(sato)
    sent = {"company": company.pk, "name": "更新"}

    refused = client.post(reverse("pipeline:deal-new"), sent)
    assert (refused.status_code, Deal.objects.count()) == (422, 0)

    client.post(reverse("pipeline:deal-new"), {**sent, field.key: "更新"})
    assert held(field, Deal.objects.get()) == "更新"


@pytest.mark.parametrize(
    ("subject", "sent", "model"),
    [
        ("company", {"name": "青嶺精工株式会社"}, Company),
        ("contact", {"name": "小林 直樹"}, Contact),
        ("lead", {"company_name": "青嶺精工株式会社", "reach": "0263-00-0000"}, Lead),
    ],
)
def test_the_first_forms_of_companies_people_and_leads_ask_too(client, ito, watanabe, subject, sent, model):
    """Required ones; with two of them what is optional goes behind 「あとでもよい項目」, five stay."""
    field = add(ito, subject, "choice", "設備の型", choices=["新設", "更新"], is_required=True)
    add(ito, subject, "number", "台数", is_required=True)
    optional = add(ito, subject, "text", "任意")
    there = make_company("みなと物流株式会社", owner=watanabe)
    url = {
        "company": reverse("accounts:company-new"),
        "contact": reverse("accounts:contact-new", args=[there.pk]),
        "lead": reverse("leads:lead-new"),
    }[subject]
    sent |= {"channel": Channel.objects.get(code="list").pk} if subject == "lead" else {}
    before = model.objects.count()
    client.force_login(watanabe)

    page = client.get(url).content.decode()
    refused = client.post(url, sent)
    refused_count = model.objects.count()
    client.post(url, {**sent, field.key: "更新", f"cf{field.pk + 1}": "3"})

    assert (page.count("必須</span>"), optional.key in page) == (3, False)
    assert page.index(field.key) < page.index("<details><summary")
    assert (refused.status_code, refused_count, model.objects.count()) == (422, before, before + 1)
    assert held(field, model.objects.latest("pk")) == "更新"


def test_a_sixth_required_field_needs_a_reason_and_shows_what_it_costs(client, ito, sato):
    for n in range(3):
        add(ito, name=f"必須{n}", is_required=True)
    for _ in range(4):
        make_deal(sato)
    wanted = {
        "name_ja": "六つ目",
        "name_en": "Sixth",
        "kind": "text",
        "purpose": "x",
        "owner": ito.pk,
        "is_required": "on",
    }
    client.force_login(ito)
    url = reverse("staff:custom-field-new", args=["deal"])

    with pytest.raises(TooMany) as refusal:
        add(ito, name="六つ目", is_required=True)
    refused = client.post(url, wanted)

    assert (refusal.value.cost.required, refusal.value.cost.records, refusal.value.cost.without) == (6, 4, 4)
    assert refused.status_code == 422
    assert "新しい4件のうち4件（100%）" in refused.content.decode()
    assert CustomField.objects.count() == 3

    client.post(url, {**wanted, "override": "監査で必要"})
    assert CustomField.objects.get(name_en="Sixth").override == "監査で必要"


def test_the_cost_of_a_field_that_is_there_is_measured(ito, sato):
    field = add(ito)
    for n in range(4):
        deal = make_deal(sato)
        if n < 3:
            put(field, deal, "x", sato)

    found = definitions.cost("deal", field)

    assert (found.records, found.without, found.percent) == (4, 1, 25)


def test_a_field_that_nobody_fills_is_flagged_after_a_month(ito, sato):
    old = add(ito)
    CustomField.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=40))
    add(ito, name="新しい項目")
    make_deal(sato)

    flagged = {str(use.field): use.is_rare for use in definitions.uses(timezone.now())["deal"]}

    assert flagged == {"用途": True, "新しい項目": False}


def test_a_retired_field_leaves_pages_and_lists_and_keeps_its_values(client, ito, sato):
    field, deal = add(ito), make_deal(sato)
    put(field, deal, "検査", sato)
    definitions.set_retired(field, True, by=ito)
    client.force_login(sato)

    assert client.get(deal.get_absolute_url()).context["own_fields"] == []
    assert client.get(reverse("staff:custom-value", args=["deal", deal.pk, field.pk])).status_code == 404

    definitions.set_retired(field, False, by=ito)
    assert held(field, deal) == "検査"
    assert "検査" in client.get(deal.get_absolute_url()).content.decode()


def test_fields_are_due_from_their_stage(client, ito, sato):
    add(ito, name="早い項目", stage=stage("New lead").pk)
    add(ito, name="遅い項目", stage=stage("Negotiation").pk)
    client.force_login(sato)

    parts = client.get(make_deal(sato, "Discovery").get_absolute_url()).context["own_fields"]

    assert [(str(part.stage), part.is_due) for part in parts] == [("新規リード", True), ("交渉", False)]


def test_administrators_keep_the_fields_on_their_page(client, ito, sato):
    field = add(ito)
    client.force_login(ito)
    wanted = {
        "name_ja": "使い道",
        "name_en": "Use",
        "kind": "money",
        "purpose": "x",
        "owner": sato.pk,
        "seen": 1,
    }

    client.post(reverse("staff:custom-field", args=[field.pk]), wanted)
    stale = client.post(reverse("staff:custom-field", args=[field.pk]), {**wanted, "name_ja": "別名"})

    field.refresh_from_db()
    # The kind stays, since values have it.
    assert (field.name_ja, field.kind, field.owner, field.version) == ("使い道", "text", sato, 2)
    assert stale.status_code == 409
    assert "使い道" in client.get(reverse("staff:custom-fields")).content.decode()
    empty = client.post(
        reverse("staff:custom-field-new", args=["deal"]),
        {
            "name_ja": "型",
            "name_en": "Type",
            "kind": "choice",
            "purpose": "x",
            "owner": ito.pk,
            "choices": " \n",
        },
    )
    assert empty.status_code == 422
