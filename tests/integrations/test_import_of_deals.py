"""Deals that began elsewhere come in where they stand, with their past; touches come to the leads they are of."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import bin, companies
from accounts.models import Company, Contact, Removal
from integrations.imports import undoing
from integrations.models import Import
from leads.models import Lead
from pipeline import own_history
from pipeline.forecasting.reading import read_ledger
from pipeline.models import Deal, StageMove
from staff import relay
from staff.models import Event
from tests.factories import make_lead
from tests.integrations.lists import checked, read, run

HEADER = "案件ID,案件名,会社名,先方担当者,フェーズ,金額(千円),受注予定日,作成日,受注日,結果,失注理由,競合,営業担当\n"
DEALS = (
    HEADER
    + 'D-1,検査ライン更新,東雲フーズ株式会社,村上 由佳,提案,"12,800",2026/12/30,2026/4/1,,,,東西システム,佐藤 美咲\n'
    + "D-2,倉庫管理,みなと物流株式会社,成田 翔,見積,1.5億,2026/6/30,2025/10/1,令和8年6月30日,受注,,,\n"
    + "D-3,計測器,城北メタルズ,,失注,300,,2026/1/5,2026/5/10,,予算が合わない,,\n"
    + "D-4,秤,城北メタルズ,,検討中,300,,2026/1/5,,,,,\n"
    + 'D-1,検査ライン更新,東雲フーズ株式会社,村上 由佳,提案,"12,800",2026/12/30,2026/4/1,,,,東西システム,佐藤 美咲\n'
)
MIGRATION = {"options": {"enter_at_stage": True}}


def days(deal):
    return [(str(m.from_stage or ""), str(m.to_stage), timezone.localdate(m.at)) for m in deal.moves.all()]


def test_deals_enter_where_they_stand_by_an_administrators_choice(ito, sato):
    batch = run(checked(DEALS, ito, kind="deals", name="商談.csv", **MIGRATION), ito)

    assert [(row.line, row.outcome) for row in batch.rows.order_by("line")] == [
        (2, "created"), (3, "created"), (4, "created"), (5, "refused"), (6, "skipped"),
    ]  # fmt: skip
    opened, won, lost = Deal.objects.order_by("pk")
    assert (opened.name, opened.company.name, str(opened.contact), opened.owner) == (
        "検査ライン更新", "東雲フーズ株式会社", "村上 由佳", sato,
    )  # fmt: skip
    assert (str(opened.stage), opened.amount, opened.close_on) == (
        "提案",
        Decimal(12_800_000),
        date(2026, 12, 30),
    )
    assert (opened.competitor, opened.probability, opened.weighted_amount) == (
        "東西システム",
        40,
        Decimal(5_120_000),
    )
    assert days(opened)[0] == ("", "新規リード", date(2026, 4, 1))
    assert (str(won.stage), won.amount, timezone.localdate(won.closed_at)) == (
        "受注",
        150_000_000,
        date(2026, 6, 30),
    )
    assert days(won) == [("", "新規リード", date(2025, 10, 1)), ("新規リード", "受注", date(2026, 6, 30))]
    assert {move.reason for move in won.moves.all()} == {"名簿「商談.csv」で取り込み"}
    assert (str(lost.stage), str(lost.loss_reason), lost.outcome_note) == ("失注", "その他", "予算が合わない")
    assert Company.objects.count() == 3
    assert Contact.objects.count() == 2
    assert Event.objects.filter(kind="deal.entered").count() == 3


def test_without_that_choice_only_deals_of_the_first_stage_come_in(watanabe, ito):
    text = HEADER + "D-5,新しい話,東雲フーズ株式会社,,新規リード,,,,,,,,\n" + DEALS.split("\n")[1] + "\n"
    for person in (watanabe, ito):
        batch = checked(
            text, person, kind="deals", options={"enter_at_stage": True} if person is watanabe else {}
        )
        assert [row.problems[0]["code"] for row in batch.rows.filter(standing="bad")] == [
            "not_the_first_stage"
        ]

    run(batch, ito)
    assert [str(deal.stage) for deal in Deal.objects.all()] == ["新規リード"]


def test_the_same_deals_again_make_nothing_twice_and_fill_what_is_empty(ito):
    run(checked(DEALS, ito, kind="deals", **MIGRATION), ito)
    Deal.objects.filter(name="検査ライン更新").update(competitor="")

    batch = run(checked(DEALS, ito, kind="deals", **MIGRATION), ito)

    assert (Deal.objects.count(), Company.objects.count(), Contact.objects.count()) == (3, 3, 2)
    assert Deal.objects.get(name="検査ライン更新").competitor == "東西システム"
    assert [row.outcome for row in batch.rows.order_by("line")] == [
        "appended",
        "unchanged",
        "unchanged",
        "refused",
        "skipped",
    ]


def test_a_deal_goes_to_the_company_that_is_there_and_is_asked_about_when_two_have_the_name(ito):
    there = companies.create_company({"name": "東雲フーズ株式会社"}, by=ito)
    for prefecture in ("長野県", "沖縄県"):
        companies.create_company({"name": "城北メタルズ", "prefecture": prefecture}, by=ito)

    batch = checked(DEALS, ito, kind="deals", **MIGRATION)

    codes = {row.line: [problem["code"] for problem in row.problems] for row in batch.rows.all()}
    assert codes[4] == ["several_companies"]
    run(batch, ito)
    assert Deal.objects.get(name="検査ライン更新").company in (
        there,
        Company.objects.get(name="東雲フーズ株式会社"),
    )


def test_the_past_of_deals_is_written_with_its_days_and_once(ito):
    run(checked(DEALS, ito, kind="deals", **MIGRATION), ito)
    past = (
        "案件ID,変更日,ステージ,金額,受注予定日\nD-1,2026/4/1,新規リード,800万,2026/9/30\n"
        "D-1,2026/5/10,要件確認,1000万,2026/10/31\nD-1,2026/6/20,提案,1280万,2026/12/30\nD-9,2026/6/20,提案,,\n"
    )
    for _time in range(2):
        batch = run(checked(past, ito, kind="history"), ito)

    deal = Deal.objects.get(name="検査ライン更新")
    assert days(deal)[:3] == [
        ("", "新規リード", date(2026, 4, 1)),
        ("新規リード", "要件確認", date(2026, 5, 10)),
        ("要件確認", "提案", date(2026, 6, 20)),
    ]
    assert timezone.localdate(deal.stage_entered_at) == date(2026, 6, 20)
    edits = Event.objects.filter(deal_id=deal.pk, kind="deal.edited").order_by("happened_at")
    assert [(timezone.localdate(e.happened_at), e.after["amount"]) for e in edits] == [
        (date(2026, 4, 1), 8_000_000), (date(2026, 5, 10), 10_000_000), (date(2026, 6, 20), 12_800_000),
    ]  # fmt: skip
    assert [row.outcome for row in batch.rows.order_by("line")] == [
        "unchanged",
        "unchanged",
        "unchanged",
        "refused",
    ]
    assert not batch.can_be_undone


def test_a_log_of_single_changes_is_understood(ito):
    run(checked(DEALS, ito, kind="deals", **MIGRATION), ito)
    log = (
        "OpportunityId,Field,OldValue,NewValue,CreatedDate\nD-1,StageName,新規リード,要件確認,2026-05-10T10:00:00.000Z\n"
        "D-1,Amount,8000000,10000000,2026-05-11T10:00:00.000Z\nD-1,CloseDate,2026-09-30,2026-10-31,2026-05-12T10:00:00.000Z\n"
    )

    batch = checked(log, ito, kind="history", name="history.csv")
    assert batch.preset == "salesforce"
    run(batch, ito)

    deal = Deal.objects.get(name="検査ライン更新")
    assert ("新規リード", "要件確認", date(2026, 5, 10)) in days(deal)
    edits = Event.objects.filter(deal_id=deal.pk, kind="deal.edited").order_by("happened_at")
    assert [(e.before, e.after) for e in edits] == [
        ({"amount": 8_000_000}, {"amount": 10_000_000}),
        ({"close_on": "2026-09-30"}, {"close_on": "2026-10-31"}),
    ]


def test_deals_of_an_import_go_with_their_companies_when_it_is_undone(ito):
    batch = run(checked(DEALS, ito, kind="deals", **MIGRATION), ito)

    undoing.begin(batch, by=ito, seen=batch.version)
    relay.drain()

    batch.refresh_from_db()
    assert batch.undone["removed"] == {"deal": 3, "contact": 2, "company": 3}
    assert not Deal.objects.filter(deleted_at=None).exists()


def test_touches_come_to_their_leads_once(watanabe, sato):
    lead = make_lead(sato, "ダイワ精機株式会社", email="sasaki@daiwa.example", family_name="佐々木")
    text = (
        "メールアドレス,日付,種別,チャネル,内容\nsasaki@daiwa.example,2026/7/1,資料ダウンロード,資料DL,カタログ\n"
        "sasaki@daiwa.example,2026/7/1,資料ダウンロード,資料DL,カタログ\nnobody@x.example,2026/7/1,セミナー,,\n"
    )

    batch = run(checked(text, watanabe, kind="touches"), watanabe)

    touch = lead.touches.get()
    assert (touch.kind, touch.detail, str(touch.channel), timezone.localdate(touch.at)) == (
        "download", "カタログ", "資料DL", date(2026, 7, 1),
    )  # fmt: skip
    assert [(row.outcome, row.lead_id) for row in batch.rows.order_by("line")] == [
        ("created", lead.pk), ("unchanged", lead.pk), ("refused", None),
    ]  # fmt: skip
    assert Lead.objects.count() == 1


@pytest.mark.parametrize(
    ("header", "preset", "kind", "fields"),
    [
        ("会社名,部署名,役職,氏名,e-mail,郵便番号,住所,TEL会社,TEL部門,TEL直通,Fax,携帯電話,URL,名刺交換日,Eightでつながっている人,再データ化中の名刺,'?'を含んだデータ",
         "eight", "contacts",
         ["company_name", "department", "title", "person", "email", "postal_code", "address", "company_phone", "other_phone", "phone", "", "mobile", "domain"]),
        ("Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Create Date,Associated Company",
         "hubspot", "deals",
         ["sender_id", "deal_name", "stage", "close_on", "owner", "amount", "created_on", "company_name"]),
        ("商談 ID,取引先名,商談名,フェーズ,金額,完了予定日,商談 所有者,作成日", "salesforce", "deals",
         ["sender_id", "company_name", "deal_name", "stage", "amount", "close_on", "owner", "created_on"]),
        ("Id,Name,Phone,Website,Industry,NumberOfEmployees,BillingState,BillingCity,BillingStreet", "salesforce", "companies",
         ["sender_id", "company_name", "company_phone", "domain", "industry", "employees", "prefecture", "city", "street"]),
        ("レコードの開始行,レコード番号,会社名,部署名,担当者名,TEL,FAX,メールアドレス,郵便番号,住所,備考,更新者,作成者", "kintone", "contacts",
         ["", "sender_id", "company_name", "department", "person", "phone", "", "email", "postal_code", "address", "notes"]),
        ("氏名,フリガナ,会社名,部署,役職,携帯番号,会社電話,会社住所,メール,名刺登録日,グループ", "mybridge", "contacts",
         ["person", "person_kana", "company_name", "department", "title", "mobile", "company_phone", "address", "email"]),
        ("名刺ID,会社名,部署名,役職,姓,名,姓カナ,名カナ,e-mail,TEL会社,携帯電話,名刺交換日,名刺所有者", "sansan", "contacts",
         ["sender_id", "company_name", "department", "title", "family_name", "given_name", "family_kana", "given_kana", "email", "company_phone", "mobile"]),
    ],
    ids=["eight", "hubspot", "salesforce deals", "salesforce accounts", "kintone", "mybridge", "sansan"],
)  # fmt: skip
def test_lists_of_known_apps_are_known_by_their_columns(header, preset, kind, fields, ito):
    row = ",".join("x" for _column in header.split(","))
    batch = read(f"{header}\n{row}\n", ito, kind=kind, name="export.csv")

    assert batch.state == Import.State.MAPPING
    assert batch.preset == preset
    assert [column["field"] for column in batch.columns][: len(fields)] == fields


def test_an_undone_list_of_deals_is_in_no_figure_and_each_deal_can_be_restored(ito, sato):
    tomorrow = timezone.localdate() + timedelta(days=1)
    batch = run(checked(DEALS, ito, kind="deals", **MIGRATION), ito)
    assert len(read_ledger(tomorrow).deals) == 3
    moves = StageMove.objects.count()

    batch = undoing.begin(batch, by=ito, seen=batch.version)
    relay.drain()
    batch.refresh_from_db()

    assert batch.undone["removed"] == {"deal": 3, "contact": 2, "company": 3}
    assert not Deal.objects.filter(deleted_at=None).exists()
    assert StageMove.objects.count() == moves  # written once and for good
    assert read_ledger(tomorrow).deals == []
    assert own_history.stays(timezone.now()) == {}
    won = Removal.objects.in_bin().get(name="倉庫管理")
    bin.restore(Removal.objects.in_bin().get(kind="company", name="みなと物流株式会社"), by=ito)
    deal = bin.restore(won, by=ito)
    assert (deal.deleted_at, str(deal.stage)) == (None, "受注")
    assert len(read_ledger(tomorrow).deals) == 1


def test_an_id_leads_to_no_company_that_whoever_brings_the_list_may_not_see(ito, watanabe):
    run(checked("取引先ID,会社名\nC-1,極秘開発センター\n", ito, kind="companies"), ito)
    companies.restrict(Company.objects.get(), [], [], by=ito)
    text = "案件ID,案件名,取引先ID\nD-1,検査ライン更新,C-1\n"

    theirs, ours = (checked(text, by, kind="deals").rows.get() for by in (watanabe, ito))

    assert [problem["code"] for problem in theirs.problems] == ["no_such_company"]
    assert (ours.problems, ours.matches[0]["id"]) == ([], Company.objects.get().pk)


def test_an_administrator_lets_deals_enter_where_they_stand_at_the_columns_as_well(client, ito, watanabe):
    rows = "案件名,会社名,ステージ\n包装ライン,東雲フーズ株式会社,提案\n"
    for person, standing in ((watanabe, "bad"), (ito, "new")):
        batch = read(rows, person, kind="deals")
        client.force_login(person)
        page = client.get(batch.get_absolute_url()).content.decode()
        assert ('name="enter_at_stage"' in page) == (person == ito)

        fields = {f"field_{n}": column["field"] for n, column in enumerate(batch.columns)}
        client.post(
            reverse("integrations:import-columns", args=[batch.pk]),
            {**fields, "version": batch.version, "enter_at_stage": "on"},
        )
        relay.drain()

        row = batch.rows.get()
        assert row.standing == standing
        if standing == "bad":
            # As the file has it, not as we keep it.
            assert [(p["field"], p["value"]) for p in row.problems] == [("stage", "提案")]
