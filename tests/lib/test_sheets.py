import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib import sheets
from crm.lib.sheets import CP932, safe_cell, write_csv, write_xlsx
from crm.lib.tables import open_table


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        " =1",
        "＝1+1",
        "＠x",
        "-",
        "‐1+1",
        "–2+3",
        "−1",
    ],
)
def test_text_that_a_spreadsheet_would_run_is_disarmed(text):
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize(
    "value", ["山田", "-5,000", "+81263000000", "a=b", "", 5, -5, None, Decimal("-1.5"), date(2026, 7, 9)]
)
def test_other_values_stay(value):
    assert safe_cell(value) == value


@given(st.text())
def test_no_text_begins_as_a_formula(text):
    safe = safe_cell(text)

    assert not safe.lstrip().startswith(("=", "@"))
    assert safe in (text, "'" + text)


def test_csv_is_written_with_the_mark_of_utf_8():
    content = b"".join(
        write_csv(
            [
                ["会社名", "日", "時", "額"],
                ["=さくら", date(2026, 7, 9), datetime(2026, 7, 9, 1, tzinfo=UTC), Decimal(5)],
            ]
        )
    )

    assert content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == [
        ["会社名", "日", "時", "額"],
        ["'=さくら", "2026/07/09", "2026/07/09 10:00", "5"],
    ]


def test_csv_in_cp932_keeps_what_it_can():
    content = b"".join(write_csv([["髙﨑㈱①", "𠮷田", "1〜2−3", "😀", "¥5"]], CP932))

    assert content.decode("cp932") == "髙﨑㈱①,吉田,1～2－3,〓,￥5\r\n"


def test_long_tables_come_in_pieces():
    pieces = list(write_csv([n] for n in range(1200)))

    assert len(pieces) == 3
    assert b"".join(pieces).decode("utf-8-sig").split() == [str(n) for n in range(1200)]


def test_a_workbook_reads_back_as_it_was_written(tmp_path):
    path = tmp_path / "out.xlsx"
    with path.open("wb") as file:
        write_xlsx(
            [
                ["会社名", "電話番号", "日付", "日時", "金額", "備考"],
                [
                    "さくら",
                    "0263",
                    date(2026, 7, 9),
                    datetime(2026, 7, 9, 1, 30, tzinfo=UTC),
                    Decimal(1200),
                    "=1+1",
                ],
            ],
            file,
        )

    assert list(open_table(path, "out.xlsx").rows()) == [
        (2, ["さくら", "0263", date(2026, 7, 9), datetime(2026, 7, 9, 10, 30), "1200", "=1+1"])
    ]


def test_rows_that_a_sheet_has_no_room_for_go_on_in_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "ROWS_OF_A_SHEET", 4)
    path = tmp_path / "out.xlsx"
    with path.open("wb") as file:
        write_xlsx([["番号"], *([str(n)] for n in range(1, 8))], file, "取引先")

    table = open_table(path, "out.xlsx")
    assert table.sheets == ["取引先", "取引先 (2)", "取引先 (3)"]
    read = [
        [row for _line, row in open_table(path, "out.xlsx", sheet=sheet).rows()] for sheet in table.sheets
    ]
    assert read == [[["1"], ["2"], ["3"]], [["4"], ["5"], ["6"]], [["7"]]]


def test_a_sheet_that_is_just_full_is_followed_by_none(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "ROWS_OF_A_SHEET", 3)
    path = tmp_path / "out.xlsx"
    with path.open("wb") as file:
        write_xlsx([["番号"], ["1"], ["2"]], file)

    assert open_table(path, "out.xlsx").sheets == ["Sheet1"]
