"""Files that mean harm are refused in seconds and in little memory, with what to do."""

import io
import resource
import struct
import time
import zipfile

import pytest
import xlsxwriter

from crm.lib import tables
from tests.office_files import ods, xls

ONE_CELL = {"名簿": [["会社名"], ["東雲フーズ"]]}


def workbook_with(part: str, content: bytes) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    book.add_worksheet().write(0, 0, "会社名")
    book.close()
    changed = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return changed.getvalue()


def far_away() -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    page = book.add_worksheet()
    page.write(0, 0, "会社名")
    page.write(1_048_575, 16_383, "x")
    book.close()
    return file.getvalue()


def opendocument(change) -> bytes:
    """An OpenDocument list whose sheet was changed by hand."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(ods(ONE_CELL))) as old,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return changed.getvalue()


def repeated(name: str, content: bytes) -> bytes:
    """One cell that says it stands in all cells of the sheet."""
    content = content.replace(b"<table:table-row>", b'<table:table-row table:number-rows-repeated="1048576">')
    return content.replace(b"<table:table-cell ", b'<table:table-cell table:number-columns-repeated="16384" ')


def with_entities(name: str, content: bytes) -> bytes:
    return (
        content.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY a "aaaa">]>', 1)
        if name == "content.xml"
        else content
    )


def with_a_password(name: str, content: bytes) -> bytes:
    return (
        content.replace(b'"content.xml"', b'"content.xml"><manifest:encryption-data/><x a="')
        if "manifest" in name
        else content
    )


def swollen(name: str, content: bytes) -> bytes:
    return content + b" " * (600 << 20) if name == "content.xml" else content


def lying_about_its_size() -> bytes:
    """300 MB that the archive's own list calls 1,000 bytes."""
    whole = bytearray(
        opendocument(lambda name, content: content + b" " * (300 << 20) if name == "content.xml" else content)
    )
    with zipfile.ZipFile(io.BytesIO(bytes(whole))) as archive:
        size = archive.getinfo("content.xml").file_size
    told = size.to_bytes(4, "little")
    while (at := whole.find(told)) >= 0:
        whole[at : at + 4] = (1000).to_bytes(4, "little")
    return bytes(whole)


def old_workbook(find: bytes, put: bytes) -> bytes:
    whole = xls(ONE_CELL)
    assert find in whole
    return whole.replace(find, put, 1)


def last_cell_of_an_old_sheet() -> bytes:
    """The second row is the last one that an Excel 97 sheet has, and it stands in the last column."""
    number = struct.pack("<HHHHHI", 0x00FD, 10, 1, 0, 0, 1)
    return old_workbook(number, struct.pack("<HHHHHI", 0x00FD, 10, 65_535, 255, 0, 1))


def circle_of_sectors() -> bytes:
    """The sector after the first one of the workbook is the first one."""
    whole = bytearray(xls(ONE_CELL))
    whole[512 + 8 : 512 + 12] = struct.pack("<I", 2)
    return bytes(whole)


SHEET = "xl/worksheets/sheet1.xml"
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet/>'
FILES = {
    "a million columns": (lambda: b",".join([b"x"] * 1_000_000) + b"\n", "line_too_long"),
    "one line of 60 MB": (lambda: b"a," + b"x" * 60_000_000, "line_too_long"),
    "a quotation mark left open": (lambda: b'a,b\n"' + b"x\n" * 2_000_000, "cell_too_long"),
    "entities": (lambda: workbook_with(SHEET, ENTITIES), "unsafe"),
    "a bomb": (lambda: workbook_with(SHEET, b"A" * (600 << 20)), "too_much_inside"),
    "the last cell of the sheet": (far_away, "too_much_work"),
    "a password": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "encrypted",
    ),
    "a web page": (lambda: b"<html><table><tr><td>1</td></tr></table></html>", "html"),
    "a card with a line of 60 MB": (lambda: b"BEGIN:VCARD\nPHOTO:" + b"A" * 60_000_000, "line_too_long"),
    "a card without an end": (lambda: b"BEGIN:VCARD\nVERSION:3.0\nN:a;b\n", "broken_card"),
    "OpenDocument, one cell for all of the sheet": (lambda: opendocument(repeated), "too_much_work"),
    "OpenDocument, entities": (lambda: opendocument(with_entities), "unsafe"),
    "OpenDocument, a password": (lambda: opendocument(with_a_password), "encrypted"),
    "OpenDocument, a bomb": (lambda: opendocument(swollen), "too_much_inside"),
    "OpenDocument, a bomb that says it is small": (lying_about_its_size, "broken"),
    "Excel 97, the last cell of the sheet": (last_cell_of_an_old_sheet, "too_much_work"),
    "Excel 97, cut off": (lambda: xls(ONE_CELL)[:3000], "broken"),
    "Excel 97, a password": (
        lambda: old_workbook(struct.pack("<HHH", 0x0042, 2, 1200), struct.pack("<HHH", 0x002F, 2, 1)),
        "encrypted",
    ),
    "two encodings": (
        lambda: "会社名\n東雲\n".encode() + "髙橋商店\n".encode("cp932") * 3,
        "mixed_encodings",
    ),
}


@pytest.mark.parametrize(("make", "code"), FILES.values(), ids=FILES)
def test_a_file_that_means_harm_is_refused_quickly_and_in_little_memory(make, code, tmp_path):
    path = tmp_path / "list.xls"
    path.write_bytes(make())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()

    with pytest.raises(tables.Unreadable) as refused:
        for _row in tables.open_table(path, path.name).rows():
            pass

    # Out of memory, the parser either says so or is ended.
    assert refused.value.code in (code, "broken" if code == "too_much_work" else code)
    assert refused.value.message
    assert time.process_time() - started < 5
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) < 100 << 10


def four_thousand_million_texts() -> bytes:
    return old_workbook(struct.pack("<II", 2, 2), struct.pack("<II", 2**32 - 1, 2**32 - 1))


@pytest.mark.parametrize("make", [circle_of_sectors, four_thousand_million_texts])
def test_an_old_workbook_that_lies_about_itself_is_read_by_what_is_in_it(make, tmp_path):
    path = tmp_path / "list.xls"
    path.write_bytes(make())

    table = tables.open_table(path, path.name)

    assert (table.columns, list(table.rows())) == (["会社名"], [(2, ["東雲フーズ"])])
