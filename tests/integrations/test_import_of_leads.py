import codecs
from datetime import date, datetime

import pytest
from django.utils import timezone

from accounts import companies
from accounts.models import Channel, Company
from integrations.imports import columns, deciding
from integrations.models import Import
from leads.models import Lead
from staff import relay
from tests.factories import make_company, make_contact, make_lead
from tests.integrations.lists import HEADER, LIST, checked, read, run, workbook

FIELDS = [
    "company_name",
    "department",
    "person",
    "person_kana",
    "email",
    "phone",
    "received_on",
    "interest",
    "",
]


def test_a_list_becomes_leads_with_owner_and_clock(watanabe, sato):
    batch = checked(LIST, watanabe, channel=Channel.objects.get(code="exhibition"), campaign="夏の展示会")

    assert [c["field"] for c in batch.columns] == FIELDS
    assert [(row.line, row.standing) for row in batch.rows.all()] == [
        (2, "new"), (3, "new"), (4, "bad"), (5, "bad"), (7, "bad"),
    ]  # fmt: skip
    assert not Lead.objects.exists()

    batch = run(batch, watanabe)

    assert batch.counts["made"] == {"leads": 2, "created": 2, "refused": 3}
    lead = Lead.objects.get(email="narita@minato.example")
    assert (lead.company_name, lead.family_name, lead.given_name) == ("ミナト物流株式会社", "成田", "翔")
    assert (lead.phone, lead.department, lead.campaign) == ("+81451234567", "物流企画課", "夏の展示会")
    assert lead.owner == watanabe  # no rule fits: the manager passes it on
    assert lead.first_contact_due_at > timezone.now()
    touch = lead.touches.get()
    assert (touch.kind, touch.detail, timezone.localdate(touch.at)) == (
        "exhibition",
        "夏の展示会",
        date(2026, 7, 9),
    )


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.replace("−", "－").encode("cp932"),
        lambda text: text.replace("㈱", "(株)").replace("ﾐﾅﾄ", "ミナト").encode("euc_jp"),
        lambda text: text.replace("㈱", "(株)").replace("ﾐﾅﾄ", "ミナト").encode("iso2022_jp"),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace(",", "\t").encode(),
    ],
    ids=["utf-8", "utf-8 with mark", "cp932", "euc-jp", "iso-2022-jp", "utf-16", "tabs"],
)
def test_every_usual_encoding_gives_the_same_leads(encode, watanabe, sato):
    batch = checked(encode(LIST), watanabe)

    values = batch.rows.get(line=3).values
    assert values == {
        "company_name": "ミナト物流株式会社",
        "department": "物流企画課",
        "family_name": "成田",
        "given_name": "翔",
        "family_kana": "ナリタ",
        "given_kana": "ショウ",
        "email": "narita@minato.example",
        "phone": "+81451234567",
        "received_on": "2026-07-09",
        "interest": "B",
    }
    assert batch.row_count == 5


def test_a_workbook_with_titles_days_numbers_and_formulas(watanabe, sato):
    file = workbook(
        ["2026年夏 展示会 名簿"],
        [],
        ["会社名", "氏名", "電話番号", "従業員数", "来場日", "メール"],
        ["東雲フーズ株式会社", "村上 由佳", 313572468, 120, datetime(2026, 7, 9), ('="y@"&"shinonome.example"', "y@shinonome.example")],
        ["城北メタルズ", "小野 晶", "090-1234-5678", "約50名", "令和7年3月1日", '=HYPERLINK("http://x.example")'],
    )  # fmt: skip
    batch = checked(file, watanabe, name="名簿.xlsx")

    first, second = batch.rows.order_by("line")
    assert (first.line, first.values["phone"], first.values["employees"]) == (4, "+81313572468", 120)
    assert (first.values["received_on"], first.values["email"]) == ("2026-07-09", "y@shinonome.example")
    assert (second.values["employees"], second.values["received_on"]) == (50, "2025-03-01")
    assert [problem["code"] for problem in second.problems] == ["no_at"]


def test_a_list_without_names_is_refused_at_the_columns(watanabe):
    from integrations.imports import columns

    batch = read("電話番号,備考\n03-1357-2468,a\n03-1234-5679,b\n", watanabe)
    with pytest.raises(columns.Unclear) as unclear:
        columns.confirm(batch, [c["field"] for c in batch.columns], by=watanabe, seen=batch.version)

    assert unclear.value.code == "no_name"
    batch.refresh_from_db()
    assert (batch.state, batch.version) == ("mapping", 1)


def test_a_corrected_line_comes_in(watanabe, sato):
    batch = checked(LIST, watanabe)
    problem = batch.rows.get(line=4).problems[0]
    assert (problem["code"], problem["repair"]) == ("two_ats", "murakami@shinonome.example")

    row = deciding.correct(batch, 4, {"email": problem["repair"]}, by=watanabe)
    deciding.correct(batch, 5, {"received_on": "7月39日"}, by=watanabe)

    assert (row.standing, row.values["email"]) == ("new", "murakami@shinonome.example")
    assert row.values["received_on"] == "2025-03-01"
    batch.refresh_from_db()
    assert batch.counts["bad"] == 2
    assert run(batch, watanabe).counts["made"] == {"leads": 3, "created": 3, "refused": 2}


def test_all_clear_proposals_are_taken_over_at_once(watanabe, sato):
    batch = checked(LIST, watanabe)

    assert deciding.accept_repairs(batch, by=watanabe) == 1

    assert [row.line for row in batch.rows.filter(standing="bad")] == [5, 7]


def test_the_same_list_again_changes_nothing(watanabe, sato):
    run(checked(LIST, watanabe), watanabe)
    before = list(Lead.objects.order_by("pk").values())

    again = run(checked(LIST, watanabe), watanabe)

    assert again.counts["made"] == {"unchanged": 2, "refused": 3}
    assert list(Lead.objects.order_by("pk").values()) == before


def test_the_same_person_twice_in_one_list_is_one_lead(watanabe, sato):
    batch = checked(
        HEADER
        + "東雲フーズ,,村上 由佳,,y@shinonome.example,,7/9,包装,\n"
        + "東雲フーズ㈱,工場企画,村上由佳,,y@shinonome.example,03-1357-2468,7/9,検査,\n",
        watanabe,
    )
    assert list(batch.rows.values_list("line", "same_as", "standing")) == [(2, None, "new"), (3, 2, "known")]

    run(batch, watanabe)

    lead = Lead.objects.get()
    assert (lead.department, lead.phone, lead.interest) == ("工場企画", "+81313572468", "包装\n検査")


def test_a_shared_mailbox_is_not_one_person(watanabe, sato):
    batch = checked(
        "会社名,氏名,メール\n東雲フーズ,村上 由佳,info@shinonome.example\n東雲フーズ,三輪 健,info@shinonome.example\n",
        watanabe,
    )
    assert run(batch, watanabe).counts["made"] == {"leads": 2, "created": 2}


def test_who_is_a_lead_already_gets_the_new_touch(watanabe, sato):
    lead = make_lead(
        sato, "みなと物流株式会社", family_name="成田", given_name="翔", email="narita@minato.example"
    )

    batch = checked(LIST, watanabe, channel=Channel.objects.get(code="exhibition"), campaign="夏の展示会")
    row = batch.rows.get(line=3)
    assert (row.standing, row.decision, row.matches[0]["of"], row.matches[0]["id"]) == (
        "known",
        "append",
        "lead",
        lead.pk,
    )
    run(batch, watanabe)

    assert Lead.objects.filter(email="narita@minato.example").count() == 1
    lead.refresh_from_db()
    assert (lead.owner, lead.phone, lead.department) == (sato, "+81451234567", "物流企画課")
    assert lead.touches.get().detail == "夏の展示会"


def test_a_known_company_is_recognised_and_a_similar_one_is_asked_about(watanabe, sato):
    sure = companies.create_company({"name": "ミナト物流株式会社", "phone": "045-123-4567"}, by=watanabe)
    perhaps = companies.create_company({"name": "東雲フーズ"}, by=watanabe)

    batch = checked(LIST, watanabe)

    shinonome, minato = batch.rows.filter(line__in=[2, 3]).order_by("line")
    assert (minato.standing, minato.decision) == ("new", "create")
    assert (shinonome.standing, shinonome.decision, shinonome.matches[0]["id"]) == (
        "similar",
        "ask",
        perhaps.pk,
    )
    deciding.decide(batch, 2, "append", by=watanabe)
    run(batch, watanabe)

    assert Lead.objects.get(email="narita@minato.example").company == sure
    assert Lead.objects.get(email="y.murakami@shinonome.example").company == perhaps


def test_a_known_address_is_found_whatever_the_list_calls_the_company(watanabe, sato):
    company = make_company("みなと物流株式会社")
    contact = make_contact(company, "成田", "翔", email="narita@minato.example")

    row = checked(LIST, watanabe).rows.get(line=3)

    assert (row.standing, row.matches[0]["id"], row.matches[0]["contact"]) == (
        "similar",
        company.pk,
        contact.pk,
    )
    assert row.score >= 90


def test_a_company_that_the_person_may_not_see_stays_unnamed(client, watanabe, ito, sato):
    secret = companies.create_company({"name": "極秘開発センター", "phone": "03-1357-2468"}, by=ito)
    companies.append(secret, {"name": "東雲フーズ極秘開発"}, by=ito)
    companies.restrict(secret, [], [], by=ito)

    batch = checked(LIST.replace("㈱東雲フーズ", "東雲フーズ極秘開発"), watanabe)

    row = batch.rows.get(line=2)
    assert (row.standing, row.decision, row.matches[0]["hidden"]) == ("similar", "ask", True)
    with pytest.raises(deciding.NotPossible):
        deciding.decide(batch, 2, "append", by=watanabe)
    client.force_login(watanabe)
    page = client.get(batch.get_absolute_url()).content.decode()
    assert "確認待ち" in page
    assert "極秘開発センター" not in page
    run(batch, watanabe)
    assert Lead.objects.get(email="y.murakami@shinonome.example").company is None


def test_everybody_who_brought_a_list_in_hears_of_its_end_once(watanabe, sato):
    batch = run(checked(LIST, watanabe), watanabe)
    relay.drain()

    told = watanabe.notifications.get(kind="import.done")
    assert told.url == batch.get_absolute_url()
    assert told.data == {"name": "展示会.csv", "rows": 2}  # of five lines


def test_the_columns_of_the_last_list_of_the_kind_are_remembered(watanabe, sato):
    from integrations.imports import columns

    first = read(LIST, watanabe)
    chosen = [c["field"] for c in first.columns]
    chosen[-1] = "title"
    columns.confirm(first, chosen, by=watanabe, seen=first.version)

    again = read(LIST, watanabe)

    assert [c["field"] for c in again.columns] == [*FIELDS[:-1], "title"]
    assert again.counts == {"remembered": True}


def test_a_thousand_lines_need_no_statement_a_line(watanabe, sato, django_assert_max_num_queries):
    lines = "".join(
        f"試験{n}製作所,営業,試験{n} 太郎,,taro{n}@t{n}.example,03-1234-{n:04},7/9,検査,\n"
        for n in range(1000)
    )
    batch = read(HEADER + lines, watanabe)
    from integrations.imports import columns, work

    columns.confirm(batch, [c["field"] for c in batch.columns], by=watanabe, seen=1)
    with django_assert_max_num_queries(45):
        work.advance(batch.pk)  # 1,000 lines compared
        work.advance(batch.pk)  # repeats and counts
    deciding.confirm(batch, by=watanabe, seen=2)
    with django_assert_max_num_queries(60):
        work.advance(batch.pk)  # all of them brought in
    assert Lead.objects.count() == 1000


def test_nothing_of_a_list_is_written_before_it_is_confirmed(watanabe, sato):
    checked(LIST, watanabe)

    assert not Lead.objects.exists()
    assert not Company.objects.exists()
    assert Import.objects.get().done_count == 5


def test_what_a_person_chose_is_kept_when_the_source_adds_a_column_or_leaves_one_out(watanabe, sato):
    header, line = (
        "会社名,氏名,E-mail,TEL,備考１,備考２\n",
        "東雲フーズ,村上 由佳,m@shinonome.example,03-1357-2468,甲,乙\n",
    )
    first = read(header + line, watanabe)
    chosen = {"備考２": "interest", "備考１": ""}
    columns.confirm(
        first, [chosen.get(c["name"], c["field"]) for c in first.columns], by=watanabe, seen=first.version
    )
    relay.drain()

    def fields_of(header, line):
        batch = read(header + line, watanabe)
        return {c["name"]: c["field"] for c in batch.columns}, batch.counts.get("remembered", False)

    more, is_remembered = fields_of(header.replace("TEL", "TEL,部署"), line.replace("2468", "2468,営業部"))
    assert is_remembered
    assert (more["備考２"], more["備考１"], more["部署"]) == ("interest", "", "department")
    less, is_remembered = fields_of(header.replace(",TEL", ""), line.replace(",03-1357-2468", ""))
    assert is_remembered
    assert (less["備考２"], less["備考１"]) == ("interest", "")
    # A list with other columns is another source.
    other, is_remembered = fields_of("会社名,住所,URL,備考２\n", "東雲フーズ,東京都,shinonome.example,乙\n")
    assert not is_remembered
