"""Fields of the company's own in lists: proposed, read with care, mended in place, filled, exported, and taken back."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

import pghistory
import pytest
from django.http import QueryDict

from accounts import companies, merging
from accounts.models import Company, Contact
from crm.lib import sheets
from integrations import exports
from integrations.imports import cleaning, columns, deciding, own_cells, own_fields, pages
from pipeline.models import Deal, ExitCriterion
from staff.custom import definitions, filling, values
from staff.models import CustomField, CustomValue, Event
from tests.factories import make_company, make_deal, make_lead, make_team, make_user, stage
from tests.integrations.lists import checked, run
from tests.integrations.test_undo import undo

pytestmark = pytest.mark.django_db


def add(ito, subject, kind, name, english="", **more) -> CustomField:
    given = {"name_ja": name, "name_en": english or name, "purpose": "提案書を選ぶため", "owner": ito}
    return definitions.add(subject, kind, {**given, **more}, by=ito)


def held(record) -> dict[str, Any]:
    found = values.read(str(record._meta.model_name), [record.pk])[record.pk]
    return {CustomField.objects.get(pk=pk).name_ja: value for pk, value in found.items()}


@pytest.fixture
def ground(ito):
    return [
        add(ito, "company", "money", "年間設備予算", "Annual budget"),
        add(ito, "company", "choice", "ランク", "Rank", choices=["A", "B", "なし"]),
        add(ito, "contact", "yes_no", "年賀状", "New year's card"),
    ]


LIST = (
    "会社名,代表電話,氏名,年間設備予算(千円),ランク,年賀状\n"
    "東雲フーズ株式会社,03-1357-2468,村上 由佳,1200,Ａ,○\n"
    "みなと物流株式会社,045-123-4567,成田 翔,128万円,なし,なし\n"
)


def test_a_list_of_companies_fills_the_fields_of_companies_and_people(ground, watanabe):
    batch = run(checked(LIST, watanabe, kind="companies"), watanabe)

    assert [column["field"] for column in batch.columns][3:] == [field.key for field in ground]
    foods, harbour = Company.objects.order_by("pk")
    assert held(foods) == {"年間設備予算": 1_200_000, "ランク": "A"}
    assert held(harbour) == {"年間設備予算": 1_280_000, "ランク": "なし"}
    assert [held(person) for person in Contact.objects.order_by("pk")] == [
        {"年賀状": True},
        {"年賀状": False},
    ]


def test_the_same_list_again_changes_nothing(ground, watanabe):
    run(checked(LIST, watanabe, kind="companies"), watanabe)
    before = list(CustomValue.objects.order_by("pk").values())

    batch = run(checked(LIST, watanabe, kind="companies"), watanabe)

    assert list(CustomValue.objects.order_by("pk").values()) == before
    assert batch.counts["made"] == {"unchanged": 2}


def test_records_that_are_there_get_what_they_lack_and_keep_what_they_have(ground, watanabe, ito):
    run(checked("会社名,代表電話\n東雲フーズ株式会社,03-1357-2468\n", watanabe, kind="companies"), watanabe)
    company = Company.objects.get()
    values.change("company", company, {ground[1]: "B"}, {}, by=ito)

    batch = run(checked(LIST, watanabe, kind="companies"), watanabe)

    assert held(company) == {"年間設備予算": 1_200_000, "ランク": "B"}
    assert batch.rows.get(line=2).outcome == "created", "its person is new"
    told = Event.objects.get(kind=values.CHANGED, subject_id=company.pk, data__field=ground[0].pk)
    assert (told.actor_id, told.after) == (watanabe.pk, {ground[0].key: "¥1,200,000"})


def test_a_value_that_cannot_be_read_is_mended_in_place(ground, watanabe):
    content = LIST.replace("128万円,なし,なし", "たくさん,S,△")
    batch = checked(content, watanabe, kind="companies")
    bad = batch.rows.get(line=3)

    assert bad.standing == "bad"
    assert {problem["field"]: cleaning.message(problem) for problem in bad.problems} == {
        ground[0].key: "金額は数字で入れてください。例: 1,280,000、128万",
        ground[1].key: "この選択肢はありません。A、B、なし のいずれかです。",
        ground[2].key: "はい・いいえ、○・× のいずれかを入力するか、空欄にしてください。",
    }
    fixes = {ground[0].key: "128万", ground[1].key: "b", ground[2].key: ""}
    assert deciding.correct(batch, 3, fixes, by=watanabe).standing == "new"
    run(batch, watanabe)
    assert held(Company.objects.get(name="みなと物流株式会社")) == {"年間設備予算": 1_280_000, "ランク": "B"}


def test_a_value_about_a_person_needs_one(ground, watanabe):
    content = "会社名,年賀状\n東雲フーズ株式会社,○\nみなと物流株式会社,\n"

    batch = checked(content, watanabe, kind="companies")

    assert [row.standing for row in batch.rows.order_by("line")] == ["bad", "new"]
    assert batch.rows.get(line=2).problems[0]["code"] == "no_person"


@pytest.mark.parametrize(
    ("kind", "cell", "stored"),
    [
        ("number", "１２．５", "12.5"), ("number", "1,200名", "1200"), ("number", "▲3", "-3"), ("number", "3万", "30000"),
        ("number", "0.30000000000000004", "0.3"), ("number", "12%", None), ("number", "1.23456", None), ("number", "9" * 13, None),
        ("money", "1.2億", 120_000_000), ("money", "-5", None), ("date", "令和8年7月9日", "2026-07-09"), ("date", "R8.7.9", "2026-07-09"),
        ("date", "46212", "2026-07-09"), ("date", "13/45", None), ("yes_no", "はい", True), ("yes_no", "無", False),
        ("yes_no", "TRUE", True), ("yes_no", "1.0", True), ("yes_no", "たぶん", None), ("choice", "新　設", "新設"), ("choice", "その他", None),
    ],
)  # fmt: skip
def test_cells_are_read_as_people_write_them(kind, cell, stored):
    field = CustomField(kind=kind, choices=["新設", "更新"])
    read_cell = own_cells.cleaner(field, lambda name: None)
    context = cleaning.Context(date(2026, 11, 23))

    if stored is None:
        with pytest.raises(cleaning.Bad):
            read_cell(cell, context)
    else:
        assert read_cell(cell, context) == stored


def test_columns_are_proposed_by_either_name_and_by_their_choices(ground, ito, watanabe):
    budget, rank, card = (field.key for field in ground)
    headers = ["会社名", "ANNUAL　BUDGET", "区分", "年賀状※", "備考"]
    samples = [["東雲フーズ"], ["100"], ["A", "B", "-", "a"], ["○"], ["A", "重要"]]

    assert columns.propose("companies", headers, samples) == ["company_name", budget, rank, card, "notes"]
    definitions.set_retired(ground[1], True, by=ito)
    assert columns.propose("companies", headers, samples)[2] == ""
    add(ito, "company", "text", "備考")
    doubled = columns.propose("companies", ["会社名", "備考", "備考"], [[], [], []])
    assert doubled[:2] == ["company_name", "notes"]
    assert own_fields.label(doubled[2]) == "備考"


def test_the_columns_of_the_last_list_without_a_field_that_was_retired(ground, watanabe, ito):
    run(checked(LIST, watanabe, kind="companies"), watanabe)
    definitions.set_retired(ground[1], True, by=ito)

    batch = run(checked(LIST.replace("045", "046"), watanabe, kind="companies"), watanabe)

    assert [column["field"] for column in batch.columns][3:] == [ground[0].key, "", ground[2].key]


def test_a_field_that_was_retired_after_the_check_is_named(ground, watanabe, ito):
    batch = checked(LIST, watanabe, kind="companies")
    definitions.set_retired(ground[1], True, by=ito)
    run(batch, watanabe)

    assert batch.rows.get(line=2).reason == "項目または選択肢がなくなりました:ランク"
    assert held(Company.objects.first()) == {"年間設備予算": 1_200_000}


def test_an_export_is_a_list_that_changes_nothing_and_fills_what_was_emptied(ito, sato, watanabe):
    """Of every kind of field, as the product itself writes it."""
    kinds = {
        "text": "検査", "number": Decimal("12.5"), "money": Decimal(1_280_000), "date": date(2026, 7, 9), "choice": "なし",
        "person": sato, "yes_no": False,
    }  # fmt: skip
    own = {
        add(ito, "lead", k, f"独自{k}", f"own {k}", choices=["なし"] if k == "choice" else []): v
        for k, v in kinds.items()
    }
    lead = make_lead(sato, email="narita@minato.example", family_name="成田")
    values.change("lead", lead, own, {}, by=ito)
    before = held(lead)
    content = b"".join(sheets.pieces(exports.table("leads", ito, QueryDict()), "xlsx"))

    same = run(checked(content, ito, kind="leads", name="leads.xlsx"), ito)
    assert held(lead) == before
    assert same.counts["made"].get("leads") is None
    values.change("lead", lead, dict.fromkeys(own), {}, by=ito)
    again = run(checked(content, ito, kind="leads", name="leads.xlsx"), ito)

    assert held(lead) == before
    assert again.rows.get().outcome == "appended"
    assert [column["field"] for column in again.columns][-7:] == [field.key for field in own]


DEALS = "案件ID,案件名,会社名,担当営業,設備台数\nD-1,検査ライン更新,みなと物流株式会社,佐藤 美咲,3\nD-2,包装ライン,東雲フーズ株式会社,田中 健,4\n"


def test_criteria_are_counted_anew_where_a_deals_field_counts(ito):
    field = add(ito, "deal", "number", "設備台数")
    ExitCriterion.objects.create(
        stage=stage("New lead"), code="own", kind="field", field=field.key, name_ja="台数", name_en="machines"
    )
    before = run(checked(DEALS.replace("設備台数", "余白"), ito, kind="deals"), ito)
    deal = Deal.objects.get(name="検査ライン更新")
    total = deal.criteria_total

    batch = run(checked(DEALS, ito, kind="deals"), ito)

    met = deal.criteria_met
    deal.refresh_from_db()
    assert (deal.criteria_met, deal.criteria_total, held(deal)) == (met + 1, total, {"設備台数": 3})
    undo(batch, ito)
    deal.refresh_from_db()
    assert (deal.criteria_met, held(deal), before.state) == (met, {}, "done")


@pytest.fixture
def elsewhere():
    """A colleague of a team that is not Watanabe's."""
    return make_user("mori@enishi.example", make_team("名古屋営業所"), family_name="森")


def test_who_may_not_change_a_record_does_not_fill_it_by_a_list(ground, watanabe, elsewhere):
    theirs = make_company("東雲フーズ株式会社", phone="+81313572468", owner=elsewhere)
    companies.recompute([theirs])

    batch = run(checked(LIST, watanabe, kind="companies"), watanabe)

    row = batch.rows.get(line=2)
    assert (row.company_id, held(theirs)) == (theirs.pk, {})
    assert row.reason == "年間設備予算、ランクは入力していません:変更できるのは担当者とその上長です。"
    assert held(Contact.objects.get(family_name="村上")) == {"年賀状": True}


def test_what_a_line_makes_is_filled_whosever_it_becomes(ito, watanabe, elsewhere):
    add(ito, "deal", "number", "設備台数")

    run(checked(DEALS.replace("田中 健", elsewhere.email), watanabe, kind="deals"), watanabe)

    deal = Deal.objects.get(name="包装ライン")
    assert (deal.owner, held(deal)) == (elsewhere, {"設備台数": 4})


# The way back ------------------------------------------------------------------------------------


@pytest.fixture
def there(watanabe, ito, ground):
    """One company that was there before the list, and stays when the list is taken back."""
    run(checked("会社名,代表電話\n東雲フーズ株式会社,03-1357-2468\n", watanabe, kind="companies"), watanabe)
    return Company.objects.get()


def test_undoing_empties_what_was_filled_and_keeps_what_was_edited_since(there, ground, watanabe, sato):
    batch = run(checked(LIST, watanabe, kind="companies"), watanabe)
    with pghistory.context(user=sato.pk, request="edit"):
        values.change("company", there, {ground[1]: "B"}, {}, by=sato)

    batch = undo(batch, watanabe)

    assert held(there) == {"ランク": "B"}
    kept = batch.kept.get()
    assert (kept.subject_type, kept.subject_id, kept.name) == ("company", there.pk, "東雲フーズ株式会社")
    assert (kept.reason, kept.params["fields"], kept.params["by"]) == ("edited", [ground[1].key], sato.pk)
    assert "ランク" in pages.kept(batch, watanabe)[0].why
    assert (batch.undone["removed"], batch.undone["restored"]) == ({"company": 1, "contact": 2}, 1)
    emptied = Event.objects.get(kind=values.CHANGED, subject_id=there.pk, data__source=batch.name)
    assert emptied.before == {ground[0].key: "¥1,200,000"}


def test_a_record_that_the_list_made_stays_when_its_own_fields_were_edited(ground, watanabe, sato):
    batch = run(checked(LIST, watanabe, kind="companies"), watanabe)
    foods, harbour = Company.objects.order_by("pk")
    values.change("company", foods, {ground[1]: None}, {}, by=sato)

    batch = undo(batch, watanabe)

    assert list(Company.objects.active()) == [foods]
    assert held(foods) == {"年間設備予算": 1_200_000}
    assert batch.kept.get().params["fields"] == [ground[1].key]
    assert held(harbour) == {"年間設備予算": 1_280_000, "ランク": "なし"}, (
        "in the bin, to be restored with it"
    )


def test_undoing_follows_a_value_into_the_record_it_was_merged_into(there, ground, watanabe, ito):
    other = make_company("東雲フーズ工業", owner=watanabe)
    values.change("company", other, {ground[1]: "B"}, {}, by=ito)
    batch = run(checked(LIST, watanabe, kind="companies"), watanabe)
    made = merging.merge(other, there, by=watanabe)
    assert held(other) == {"年間設備予算": 1_200_000, "ランク": "B"}

    undo(batch, watanabe)

    assert held(other) == {"ランク": "B"}
    assert merging.questions(made, by=watanabe) == []
    merging.unmerge(made, by=watanabe)
    assert (held(other), held(there)) == ({"ランク": "B"}, {})


# Many at once ------------------------------------------------------------------------------------


def test_many_are_filled_as_each_alone_would_be(ito, sato, watanabe):
    """Events, versions and values of the bulk are those of the change of one record, for random values."""
    dice = random.Random(7)
    own = [
        add(ito, "deal", "text", "用途"),
        add(ito, "deal", "money", "予算"),
        add(ito, "deal", "yes_no", "現地"),
    ]

    def one_world() -> list[Deal]:
        dice.seed(7)
        deals = [make_deal(sato) for _n in range(6)]
        for deal in deals:
            if dice.random() < 0.4:
                values.change("deal", deal, {own[0]: "検査"}, {}, by=ito)
        return deals

    def wanted(field: CustomField) -> Any:
        return {"text": "包装", "money": dice.randint(1, 9), "yes_no": dice.random() < 0.5}[field.kind]

    def left(deals: list[Deal]) -> list[Any]:
        told = Event.objects.filter(kind=values.CHANGED).order_by("pk")
        return [
            (
                held(deal),
                Deal.objects.get(pk=deal.pk).version,
                [(e.before, e.after, e.actor_id) for e in told if e.subject_id == deal.pk],
            )
            for deal in deals
        ]

    slow, quick = one_world(), one_world()
    said = [{field: wanted(field) for field in own if dice.random() < 0.7} for _deal in slow]
    for deal, told in zip(slow, said, strict=True):
        empty = {field: value for field, value in told.items() if str(field) not in held(deal)}
        values.change("deal", deal, empty, {}, by=watanabe)
    filling.fill_many(
        "deal", [filling.Filling(d.pk, told) for d, told in zip(quick, said, strict=True)], by=watanabe
    )

    assert left(quick) == left(slow)
    with pytest.raises(ValueError, match="no such fields"):
        filling.fill_many("lead", [filling.Filling(1, {own[0]: "x"})], by=ito)
