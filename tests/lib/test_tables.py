import io
import os
import resource
import struct
import subprocess
import sys
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.lib import tables, tables_workbook
from crm.lib.tables import Limits, Unreadable, open_table

LIST = "会社名,氏名,電話番号,備考\r\n株式会社さくら,田所 誠一,0263-00-0000,㈱髙橋①～\r\n(有)ひまわり,,,\r\n"


@pytest.fixture
def file(tmp_path):
    """Writes an upload and gives its path."""

    def write(content, name="list.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def workbook(tmp_path):
    """Writes a workbook from rows (a cell that is a tuple is a formula and its result) and gives its path."""

    def write(rows, name="list.xlsx", at=(0, 0), sheets=("名簿",)):
        path = tmp_path / name
        book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy/mm/dd", "strings_to_formulas": False})
        for sheet in sheets:
            page = book.add_worksheet(sheet)
            for line, row in enumerate(rows, start=at[0]):
                for column, value in enumerate(row, start=at[1]):
                    if isinstance(value, tuple):
                        page.write_formula(line, column, value[0], None, value[1])
                    else:
                        page.write(line, column, value)
        book.close()
        return path

    return write


def refusal(path, name=None, **limits):
    with pytest.raises(Unreadable) as refused:
        list(open_table(path, name or path.name, Limits(**limits)).rows())
    assert refused.value.message
    assert "%(" not in refused.value.message
    return refused.value


def cpu_seconds():
    """What this process and those it waited for have taken: the same on a busy machine."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp", "iso2022_jp_2", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_csv_files_of_every_usual_encoding(file, encoding):
    text = LIST if encoding in {"cp932"} or encoding.startswith("utf") else LIST.replace("㈱髙橋①～", "高橋")
    table = open_table(file(text.encode(encoding)), "list.csv")

    assert table.encoding.replace("_", "-") in {encoding.replace("_", "-"), "utf-16"}
    assert table.columns == ["会社名", "氏名", "電話番号", "備考"]
    assert table.header_row == 1
    assert list(table.rows()) == [
        (2, ["株式会社さくら", "田所 誠一", "0263-00-0000", text.split(",")[6].split("\r")[0]]),
        (3, ["(有)ひまわり", None, None, None]),
    ]


def test_bank_kana_in_cp932_is_not_taken_for_euc(file):
    table = open_table(file("口座名義,金額\nｶ)ﾔﾏﾀﾞｼﾖｳﾃﾝ,1000\nﾕ)ｻｸﾗ,2000\n".encode("cp932")), "bank.csv")

    assert table.encoding == "cp932"
    assert [cells[0] for _line, cells in table.rows()] == ["ｶ)ﾔﾏﾀﾞｼﾖｳﾃﾝ", "ﾕ)ｻｸﾗ"]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(file, delimiter):
    table = open_table(file(LIST.replace(",", delimiter)), "list.txt")

    assert table.delimiter == delimiter
    assert len(table.columns) == 4


def test_line_breaks_and_commas_inside_quotes(file):
    table = open_table(
        file('会社名,備考\r\n"さくら, 松本","1行目\r\n2行目 ""引用"""\r\nひまわり,\r\n'), "list.csv"
    )

    assert list(table.rows()) == [(2, ["さくら, 松本", '1行目\n2行目 "引用"']), (4, ["ひまわり", None])]


def test_titles_above_the_header_are_skipped(file):
    text = "展示会2026 来場者一覧\n出力日,2026/7/14\n\n会社名,氏名,メール\nさくら,田所,a@sakura.example\nひまわり,林,b@himawari.example\n"
    table = open_table(file(text), "list.csv")

    assert table.header_row == 4
    assert table.columns == ["会社名", "氏名", "メール"]
    assert [line for line, _cells in table.rows()] == [5, 6]


def test_unknown_words_above_data_are_a_header(file):
    table = open_table(file("あれ,これ\nさくら,123\nひまわり,45\n"), "list.csv")

    assert (table.header_row, table.columns) == (1, ["あれ", "これ"])


def test_a_file_without_a_header_has_letters(file):
    table = open_table(
        file("株式会社さくら,0263-00-0000,a@sakura.example\nひまわり商店,0263-00-0001,b@himawari.example\n"),
        "list.csv",
    )

    assert (table.header_row, table.columns) == (0, ["A", "B", "C"])
    assert [line for line, _cells in table.rows()] == [1, 2]


def test_companies_alone_are_no_header(file):
    table = open_table(file("株式会社さくら,松本市\n春日商店,長野市\n朝日名店,塩尻市\n"), "list.csv")

    assert (table.header_row, table.columns) == (0, ["A", "B"])
    assert len(list(table.rows())) == 3


def test_columns_without_a_name_and_repeated_names(file):
    table = open_table(file("会社名,電話,電話,,電話\nさくら,1,2,3,4,5\n"), "list.csv")

    assert table.columns == ["会社名", "電話", "電話 (2)", "D", "電話 (3)", "F"]


def test_blank_rows_are_left_out_and_lines_keep_their_numbers(file):
    table = open_table(file("会社名,電話\n\nさくら,1\n,\n　, \nひまわり,2\n"), "list.csv")

    assert list(table.rows()) == [(3, ["さくら", "1"]), (6, ["ひまわり", "2"])]


def test_hostile_text_is_cleaned_and_formulas_stay_text(file):
    table = open_table(file("会社名,備考\nさ\x00くら,=1+1\n@SUM(1),-2+3\n"), "list.csv")

    assert [cells for _line, cells in table.rows()] == [["さくら", "=1+1"], ["@SUM(1)", "-2+3"]]


def test_rows_can_be_read_again(file):
    table = open_table(file(LIST), "list.csv")

    assert list(table.rows()) == list(table.rows())


@pytest.mark.parametrize("name", ["list.xlsx", "list.csv"])
def test_a_workbook_whatever_its_name(workbook, name):
    path = workbook(
        [
            ["会社名", "法人番号", "受注予定", "面談", "金額", "率", "済", "計", "式"],
            [
                "株式会社さくら",
                7000012050002,
                date(2026, 7, 9),
                datetime(2026, 7, 9, 10, 30),
                12800000,
                0.5,
                True,
                ("=1+1", 2),
                "=1+1",
            ],
        ],
        name=name,
    )
    table = open_table(path, name)

    assert (table.kind, table.sheets, table.sheet, table.header_row) == ("xlsx", ["名簿"], "名簿", 1)
    ((line, cells),) = table.rows()
    assert line == 2
    # xlsxwriter writes moments in the format of days
    assert cells == [
        "株式会社さくら", "7000012050002", date(2026, 7, 9), datetime(2026, 7, 9, 10, 30), "12800000", 0.5, "TRUE", "2", "=1+1",
    ]  # fmt: skip


def test_a_sheet_that_begins_further_down_keeps_its_line_numbers(workbook):
    table = open_table(workbook([["会社名", "電話"], ["さくら", "1"]], at=(4, 2)), "list.xlsx")

    assert table.header_row == 5
    assert table.columns == ["A", "B", "会社名", "電話"]
    assert list(table.rows()) == [(6, [None, None, "さくら", "1"])]


def test_the_first_sheet_with_anything_or_the_named_one(workbook, tmp_path):
    path = tmp_path / "two.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("空")
    for sheet, company in (("名簿", "さくら"), ("旧", "ひまわり")):
        page = book.add_worksheet(sheet)
        page.write_column(0, 0, ["会社名", company])
    hidden = book.add_worksheet("隠し")
    hidden.hide()
    book.close()

    assert open_table(path, "two.xlsx").sheet == "名簿"
    assert open_table(path, "two.xlsx").sheets == ["空", "名簿", "旧"]
    assert list(open_table(path, "two.xlsx", sheet="旧").rows()) == [(2, ["ひまわり"])]
    with pytest.raises(Unreadable) as refused:
        open_table(path, "two.xlsx", sheet="無い")
    assert refused.value.code == "no_such_sheet"
    assert "無い" in refused.value.message


def test_an_opendocument_sheet(file):
    table = open_table(file(ods([["会社名", "電話"], ["さくら", "0263"]]), "list.ods"), "list.ods")

    assert table.kind == "ods"
    assert list(table.rows()) == [(2, ["さくら", "0263"])]


def ods(rows):
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>'
            for c in row
        )
        + "</table:table-row>"
        for row in rows
    )
    names = "office table text"
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names.split()
    )
    content = f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name="S">{cells}</table:table></office:spreadsheet></office:body></office:document-content>'
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "META-INF/manifest.xml": "<manifest:manifest/>",
        }
    )


def zipped(parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "list.csv", "empty"),
        (b"\r\n\r\n", "list.csv", "empty"),
        (b"<html><table><tr><td>a</td></tr></table></html>", "list.xls", "html"),
        ("\ufeff\n<!DOCTYPE html><p>".encode("utf-16"), "list.xls", "html"),
        (b'<?xml version="1.0"?><Workbook/>', "list.xls", "html"),
        (b"%PDF-1.7 ...", "list.csv", "not_a_table"),
        (b"\x89PNG\r\n\x1a\n....", "list.xlsx", "not_a_table"),
        (zipped({"word/document.xml": "<w/>"}), "list.xlsx", "not_a_table"),
        (b"PK\x03\x04 and no zip", "list.xlsx", "broken"),
        (zipped({"xl/workbook.xml": "<workbook/>"}), "list.xlsx", "broken"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le"),
            "list.xlsx",
            "encrypted",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "list.xls", "broken"),
        (
            zipped({"content.xml": "<a/>", "META-INF/manifest.xml": "<m:encryption-data/>"}),
            "list.ods",
            "encrypted",
        ),
        (zipped({"xl/workbook.xml": '<!DOCTYPE x [<!ENTITY a "b">]><workbook/>'}), "list.xlsx", "unsafe"),
        (
            zipped({"xl/workbook.xml": "<workbook/>"} | {f"x{n}": "" for n in range(2001)}),
            "list.xlsx",
            "too_much_inside",
        ),
    ],
)
def test_files_that_are_no_tables_are_refused(file, content, name, code):
    assert refusal(file(content, name)).code == code


def test_mixed_encodings_name_the_line_where_they_change(file):
    rows = [f"株式会社さくら{n},松本市" for n in range(9)]
    head = ("会社名,住所\n" + "\n".join(rows) + "\n").encode()
    tail = "有限会社ひまわり,東京都\n".encode("cp932")

    assert refusal(file(head + tail)).params == {"line": 11}
    assert refusal(file("会社名,住所\n松本商店,長野県\n".encode("cp932") + head)).params == {"line": 3}


def test_bytes_of_no_encoding_name_their_line(file):
    refused = refusal(file(b"a,b\nc,d\n\xff\xfd\xff\xfd,e\n"))

    assert (refused.code, refused.params) == ("unknown_encoding", {"line": 3})


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("会社名,電話\n" + "a" * 2_000_000, "line_too_long", 2),
        ("会社名,電話\nさくら,1\n" + "a," * 600, "too_many_columns", 3),
        ("会社名,電話\nさくら,1\n" + "あ" * 40_000 + ",2\n", "cell_too_long", 3),
        ('会社名,電話\nさくら,1\n"ひまわり,2\n' + "a,b\n" * 50_000, "cell_too_long", 3),
    ],
)
def test_lines_that_are_too_much_are_named(file, text, code, line):
    refused = refusal(file(text))

    assert (refused.code, refused.params["line"]) == (code, line)


def test_too_many_rows_and_too_many_bytes(file, workbook):
    rows = "会社名,電話\n" + "さくら,1\n" * 20

    assert refusal(file(rows), rows=10).code == "too_many_rows"
    assert refusal(file(rows), bytes=10).code == "too_large"
    assert refusal(workbook([["会社名"]] + [["さくら"]] * 20), rows=10).code == "too_many_rows"
    assert len(list(open_table(file(rows), "x.csv", Limits(rows=20)).rows())) == 20


def bomb(tmp_path, inside=1500):
    """A workbook of about 1.5 MB whose one sheet unpacks to 1.5 GB."""
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(inside):
                part.write(b" " * (1 << 20))
    return path


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = bomb(tmp_path, inside=300)
    started = cpu_seconds()

    assert refusal(path).code == "too_much_inside"
    assert cpu_seconds() - started < 5


def test_a_zip_that_lies_about_its_size_only_hurts_its_own_process(workbook, tmp_path):
    honest = workbook([["会社名"]] + [["さくら" * 100 + str(n)] for n in range(1000)])
    inside = {name: zipfile.ZipFile(honest).read(name) for name in zipfile.ZipFile(honest).namelist()}
    inside["xl/sharedStrings.xml"] = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
        + b"x" * (150 << 20)
        + b"</t></si></sst>"
    )
    content = bytearray(zipped(inside))
    # Both headers say 1,000 bytes.
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = (
            content.find(b"xl/sharedStrings.xml")
            if mark == b"PK\x03\x04"
            else content.rfind(b"xl/sharedStrings.xml")
        )
        start = content.rfind(mark, 0, at)
        content[start + place : start + place + 4] = struct.pack("<I", 1000)
    path = tmp_path / "liar.xlsx"
    path.write_bytes(content)
    started = cpu_seconds()

    assert refusal(path, memory=120 << 20).code in {"too_much_work", "broken"}
    assert cpu_seconds() - started < 5


def test_a_cell_in_the_last_corner_is_refused_at_once(tmp_path):
    path = tmp_path / "corner.xlsx"
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    page.write(0, 0, "会社名")
    page.write(1_048_575, 16_383, "x")
    book.close()
    started = cpu_seconds()

    assert refusal(path).code == "too_much_work"
    assert cpu_seconds() - started < 5


def test_repeated_cells_of_an_opendocument_bomb(file):
    content = ods([["会社名"]]).replace(b"", b"")
    inside = {name: zipfile.ZipFile(io.BytesIO(content)).read(name) for name in ("mimetype", "content.xml")}
    inside["content.xml"] = inside["content.xml"].replace(
        b"</table:table>",
        b'<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384" '
        b'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row></table:table>',
    )
    started = cpu_seconds()

    assert refusal(file(zipped(inside), "bomb.ods")).code in {"too_much_work", "broken", "too_many_columns"}
    assert cpu_seconds() - started < 5


def test_the_worker_stays_small_while_hostile_files_are_refused(tmp_path):
    """In a fresh process: what it takes at most after refusing them all."""
    bomb(tmp_path, inside=200)
    (tmp_path / "long.csv").write_bytes(b"a,b\n" + b"x" * 60_000_000)
    (tmp_path / "wide.csv").write_bytes(b"a,b\n" + b"x," * 1_000_000)
    code = f"""
from pathlib import Path
from django.conf import settings
settings.configure(USE_I18N=False)
from crm.lib import tables, tables_workbook
for name in ("bomb.xlsx", "long.csv", "wide.csv"):
    try:
        list(tables.open_table({str(tmp_path)!r} + "/" + name, name).rows())
        raise SystemExit(name + " was read")
    except tables.Unreadable:
        pass
peak = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(peak[0].split()[1])
"""
    started = cpu_seconds()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=os.getcwd()
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 150_000  # kB
    assert cpu_seconds() - started < 5


def test_no_process_is_left_behind_when_reading_stops_early(workbook, monkeypatch):
    started = []

    def popen(*args, **kwargs):
        started.append(original(*args, **kwargs))
        return started[-1]

    original = subprocess.Popen
    monkeypatch.setattr(tables_workbook.subprocess, "Popen", popen)
    rows = open_table(workbook([["会社名"]] + [["さくら"]] * 5000), "list.xlsx").rows()
    next(rows)
    rows.close()

    assert len(started) == 2
    assert all(process.returncode is not None for process in started)


def test_the_parser_limits_are_its_own(workbook):
    refused = refusal(workbook([["会社名"], ["さくら"]]), memory=5 << 20)

    assert refused.code in {"too_much_work", "broken"}


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_table_or_refused(tmp_path, content):
    # Archives would start a process each; theirs are above.
    path = tmp_path / "any.csv"
    path.write_bytes(b"x" + content)
    try:
        table = open_table(path, "any.csv")
        assert all(len(cells) >= len(table.columns) for _line, cells in table.rows())
    except Unreadable as refused:
        str(refused)


def test_every_refusal_has_words():
    from crm.lib.tables_limits import _messages

    for code in _messages():
        assert Unreadable(code, most=1, line=2, sheet="x").message


def test_the_register_sample_reads_as_it_is():
    from tests.lib.test_names import REGISTER

    table = tables.open_table(REGISTER, REGISTER.name)

    assert table.columns[:3] == ["corporate_number", "name", "kana"]
    assert len(list(table.rows())) == 81
