"""Files that mean harm are refused in seconds and in little memory, with what to do."""

import io
import resource
import time
import zipfile

import pytest
import xlsxwriter

from crm.lib import tables


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
