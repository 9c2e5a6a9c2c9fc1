"""Workbooks with more than one sheet: the list is found behind a cover, and another sheet can be chosen."""

import io

import xlsxwriter
from django.urls import reverse

from integrations.models import Import
from staff import relay
from tests.integrations.lists import lines_of, read

COVER = [["このファイルの使い方"], ["2枚目のシートに記入してください"]]
ONE = [["会社名", "氏名"], ["東雲フーズ株式会社", "村上 由佳"]]
OTHER = [["会社名", "電話番号"], ["みなと物流株式会社", "045-123-4567"], ["城北メタルズ", "03-1357-2468"]]


def book(**sheets) -> bytes:
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file)
    for name, rows in sheets.items():
        page = made.add_worksheet(name)
        for n, row in enumerate(rows):
            page.write_row(n, 0, row)
    made.close()
    return file.getvalue()


def test_a_list_behind_a_cover_is_found(watanabe):
    batch = read(book(はじめに=COVER, 名簿=ONE), watanabe, kind="companies", name="名簿.xlsx")

    assert (batch.sheet, batch.header_row, batch.row_count) == ("名簿", 1, 1)
    assert [column["name"] for column in batch.columns] == ["会社名", "氏名"]


def test_without_any_header_it_is_the_first_sheet(watanabe):
    batch = read(book(一=[["東雲フーズ"]], 二=[["みなと物流"]]), watanabe, kind="companies", name="名簿.xlsx")

    assert batch.sheet == "一"


def test_another_sheet_is_read_when_somebody_says_so(client, watanabe):
    batch = read(book(来場者=ONE, 取引先=OTHER), watanabe, kind="companies", name="名簿.xlsx")
    assert batch.sheet == "来場者"
    client.force_login(watanabe)
    page = client.get(batch.get_absolute_url()).content.decode()
    assert "<option selected>来場者</option><option>取引先</option>" in page

    client.post(
        reverse("integrations:import-sheet", args=[batch.pk]), {"sheet": "取引先", "version": batch.version}
    )
    relay.drain()

    batch.refresh_from_db()
    assert (batch.state, batch.sheet, batch.row_count) == (Import.State.MAPPING, "取引先", 2)
    assert [column["field"] for column in batch.columns] == ["company_name", "company_phone"]
    assert [cells[0] for cells in lines_of(batch)] == ["みなと物流株式会社", "城北メタルズ"]


def test_a_sheet_that_is_not_there_changes_nothing(client, watanabe):
    batch = read(book(来場者=ONE, 取引先=OTHER), watanabe, kind="companies", name="名簿.xlsx")
    client.force_login(watanabe)

    for said in ({"sheet": "無い", "version": batch.version}, {"sheet": "取引先", "version": 99}):
        client.post(reverse("integrations:import-sheet", args=[batch.pk]), said)

    after = Import.objects.get(pk=batch.pk)
    assert (after.state, after.sheet, after.version) == (batch.state, "来場者", batch.version)
