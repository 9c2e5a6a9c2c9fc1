"""Lists as Excel 97 and OpenDocument write them, from the file to the records."""

from datetime import date

import pytest

from accounts.models import Company, Contact
from integrations.imports import columns
from leads.models import Lead, Touch
from tests.integrations.lists import checked, lines_of, read, run, workbook
from tests.office_files import ods, xls

WRITERS = pytest.mark.parametrize(("write", "name"), [(xls, "名簿.xls"), (ods, "名簿.ods")])
COMPANIES = [
    ["取引先名簿 2026年7月現在"],
    ["会社名", "代表電話", "従業員数", "住所", "氏名"],
    ["㈱東雲フーズ", "03-1357-2468", 120, "東京都港区芝5-1-2", "村上 由佳"],
    ["みなと物流株式会社", 451234567, 35.0, "神奈川県横浜市西区\n北幸1-2", ""],
    ["合計", "", 155, "", ""],
]


@WRITERS
def test_a_workbook_of_companies_comes_in(write, name, watanabe):
    batch = run(checked(write({"名簿": COMPANIES}), watanabe, kind="companies", name=name), watanabe)

    assert (batch.encoding, batch.sheet, batch.header_row) == ("", "名簿", 2)
    facts = ("name", "phone", "employees", "prefecture", "city")
    assert list(Company.objects.order_by("pk").values_list(*facts)) == [
        ("㈱東雲フーズ", "+81313572468", 120, "東京都", "港区"),
        ("みなと物流株式会社", "+81451234567", 35, "神奈川県", "横浜市西区"),
    ]
    assert Company.objects.get(phone="+81451234567").street == "北幸1-2"
    assert Contact.objects.get().full_name == "村上 由佳"
    assert batch.rows.get(line=5).outcome == "skipped"


@WRITERS
def test_days_and_lost_zeros_of_a_workbook_are_read(write, name, watanabe, sato):
    rows = [
        ["会社名", "氏名", "E-mail", "TEL", "来場日"],
        ["東雲フーズ", "村上 由佳", "y.murakami@shinonome.example", 357924680, date(2026, 7, 9)],
        ["みなと物流", "成田 翔", "narita＠minato.example", "０４５−１２３−４５６７", "令和8年7月9日"],
    ]

    run(checked(write({"来場者": rows}), watanabe, name=name), watanabe)

    assert set(Lead.objects.values_list("email", "phone")) == {
        ("y.murakami@shinonome.example", "+81357924680"),
        ("narita@minato.example", "+81451234567"),
    }
    assert {f"{touch.at:%Y-%m-%d}" for touch in Touch.objects.all()} == {"2026-07-09"}


@WRITERS
def test_the_sheet_that_has_something_is_read_or_the_named_one(write, name, watanabe):
    book = write({"表紙": [], "一": [["会社名"], ["東雲フーズ"]], "二": [["会社名"], ["みなと物流"]]})

    first = read(book, watanabe, kind="companies", name=name)
    second = read(book, watanabe, kind="companies", name=name, sheet="二")

    assert [(batch.sheet, lines_of(batch)) for batch in (first, second)] == [
        ("一", [["東雲フーズ"]]),
        ("二", [["みなと物流"]]),
    ]


@pytest.mark.parametrize("kind", ["companies", "leads"])
def test_the_upper_of_two_headers_says_whose_a_column_is(kind, watanabe):
    rows = [
        ["No", "会社", "", "", "担当者", "", ""],
        ["", "名称", "電話番号", "住所", "名前", "フリガナ", "メール"],
        ["1", "㈱みなと精機", "06-6123-4567", "大阪府大阪市北区梅田1-2-3", "港 太郎", "ﾐﾅﾄ ﾀﾛｳ", "taro@minato.example"],
        ["2", "夕凪工業", "078-333-4444", "", "凪 一郎", "ナギ イチロウ", "nagi@yunagi.example"],
    ]  # fmt: skip

    batch = read(workbook(*rows), watanabe, kind=kind, name="来場者.xlsx")

    phone = "company_phone" if kind == "companies" else "phone"
    assert [(column["name"], column["field"]) for column in batch.columns] == [
        ("No", "sender_id"), ("会社 名称", "company_name"), ("会社 電話番号", phone), ("住所", "address"),
        ("担当者 名前", "person"), ("担当者 フリガナ", "person_kana"), ("メール", "email"),
    ]  # fmt: skip


def test_a_group_changes_no_column_that_says_itself_whose_it_is():
    names = ["取引先 担当者", "取引先 名称", "担当者 電話番号", "会社 フリガナ"]
    assert columns.propose("companies", names, [[]] * 4) == [
        "person",
        "company_name",
        "phone",
        "company_kana",
    ]


def test_cells_merged_downwards_hold_for_their_rows(watanabe):
    rows = [["会社名", "氏名"], ["東雲フーズ", "村上 由佳"], ["", "小野 晶"]]
    book = ods({"名簿": rows}, merged=[(1, 0, 2)])

    run(checked(book, watanabe, kind="companies", name="名簿.ods"), watanabe)

    assert Company.objects.get().contacts.count() == 2


@WRITERS
def test_texts_of_every_script_and_length_stay_as_they_are(write, name, watanabe):
    notes = ["𠮷野家 髙橋 😀", "二行\nある", "長" * 3000, "=1+1", "<b>&amp;</b>"]
    rows = [["会社名", "備考"], *([f"青嶺{n}商店", note] for n, note in enumerate(notes))]

    batch = read(write({"名簿": rows}), watanabe, kind="companies", name=name)

    assert [cells[1] for cells in lines_of(batch)] == notes
