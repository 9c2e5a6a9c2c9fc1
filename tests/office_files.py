"""Files as office programs write them, byte by byte: xls (Excel 97) and ods (OpenDocument). No library here writes these."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

Row = Sequence[Any]
_SECTOR = 512
_FREE, _END, _FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def ods(sheets: dict[str, Sequence[Row]], *, merged: Sequence[tuple[int, int, int]] = ()) -> bytes:
    """Cells are texts, numbers or days; `merged`: (row, column, rows) cells of the first sheet that reach downwards."""
    tables = ""
    for number, (name, rows) in enumerate(sheets.items()):
        spans = {(row, column): height for row, column, height in merged} if number == 0 else {}
        covered = {(row + n, column) for (row, column), height in spans.items() for n in range(1, height)}
        lines = "".join(
            "<table:table-row>"
            + "".join(
                "<table:covered-table-cell/>" if (r, c) in covered else _ods_cell(value, spans.get((r, c), 0))
                for c, value in enumerate(row)
            )
            + "</table:table-row>"
            for r, row in enumerate(rows)
        )
        tables += f'<table:table table:name="{escape(name)}">{lines}</table:table>'
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
        '<manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED
        )
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return file.getvalue()


def _ods_cell(value: Any, height: int) -> str:
    span = f' table:number-rows-spanned="{height}" table:number-columns-spanned="1"' if height else ""
    if value in (None, ""):
        return f"<table:table-cell{span}/>"
    if isinstance(value, date):
        shown = f"{value:%Y/%m/%d}"
        return f'<table:table-cell{span} office:value-type="date" office:date-value="{value.isoformat()}"><text:p>{shown}</text:p></table:table-cell>'
    if isinstance(value, int | float):
        return f'<table:table-cell{span} office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
    return f'<table:table-cell{span} office:value-type="string">{lines}</table:table-cell>'


def xls(sheets: dict[str, Sequence[Row]]) -> bytes:
    """An Excel 97 workbook: texts in the shared table, numbers and days as numbers, days known by their format."""
    return _compound(_workbook(sheets))


def _record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _workbook(sheets: dict[str, Sequence[Row]]) -> bytes:
    texts: dict[str, int] = {}
    pages = [_page(rows, texts) for rows in sheets.values()]
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6))
    begin += _record(0x0042, struct.pack("<H", 1200)) + _record(0x0022, struct.pack("<H", 0))
    font = _text("Arial", wide=False)
    begin += _record(0x0031, struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + font)
    # The formats of cells: 0 general, 1 a day (number format 14).
    begin += b"".join(
        _record(0x00E0, struct.pack("<HHHBBBBIIH", 0, form, 0, 0x20, 0, 0, 0, 0, 0, 0)) for form in (0, 14)
    )
    shared = _shared_texts(list(texts))
    bound = [_text(name, wide=True, short=True) for name in sheets]
    length = len(begin) + sum(4 + 6 + len(name) for name in bound) + len(shared) + 4
    head = begin
    for name, page in zip(bound, pages, strict=True):
        head += _record(0x0085, struct.pack("<IBB", length, 0, 0) + name)
        length += len(page)
    return head + shared + _record(0x000A) + b"".join(pages)


def _page(rows: Sequence[Row], texts: dict[str, int]) -> bytes:
    width = max(map(len, rows), default=0)
    page = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
    page += _record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value in (None, ""):
                continue
            if isinstance(value, date):
                page += _record(0x0203, struct.pack("<HHHd", r, c, 1, (value - date(1899, 12, 30)).days))
            elif isinstance(value, int | float):
                page += _record(0x0203, struct.pack("<HHHd", r, c, 0, value))
            else:
                page += _record(
                    0x00FD, struct.pack("<HHHI", r, c, 0, texts.setdefault(str(value), len(texts)))
                )
    return page + _record(0x000A)


def _shared_texts(texts: list[str]) -> bytes:
    """The table of texts, continued in further records where one is full."""
    pieces = [_text(text, wide=True) for text in texts]
    records, data = b"", struct.pack("<II", len(texts), len(texts))
    kind = 0x00FC
    for piece in pieces:
        if len(data) + len(piece) > 8000:
            records, data, kind = records + _record(kind, data), b"", 0x003C
        data += piece
    return records + _record(kind, data)


def _text(text: str, *, wide: bool, short: bool = False) -> bytes:
    if not wide:
        return struct.pack("<BB", len(text), 0) + text.encode("ascii")
    units = text.encode("utf-16-le")
    return struct.pack("<BB" if short else "<HB", len(units) // 2, 1) + units


def _compound(stream: bytes) -> bytes:
    """The stream as "Workbook" in a compound file: header, table of sectors, directory, data."""
    data = stream.ljust(max(4096, -(-len(stream) // _SECTOR) * _SECTOR), b"\0")
    count = len(data) // _SECTOR
    tables = 1
    while tables * 128 < count + 1 + tables:
        tables += 1
    chain = [_FAT_SECTOR] * tables + [_END] + [tables + 2 + n for n in range(count - 1)] + [_END]
    chain += [_FREE] * (tables * 128 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, tables, 0, 4096, _END, 0, _END, 0
    )
    header += struct.pack("<109I", *range(tables), *[_FREE] * (109 - tables))
    entries = _entry("Root Entry", 5, _END, 0, child=1) + _entry("Workbook", 2, tables + 1, len(data))
    directory = entries.ljust(_SECTOR, b"\0")
    return header + struct.pack(f"<{len(chain)}I", *chain) + directory + data


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    units = (name + "\0").encode("utf-16-le")
    entry = units.ljust(64, b"\0") + struct.pack("<HBBIII", len(units), kind, 1, _FREE, _FREE, child)
    return entry + bytes(36) + struct.pack("<IQ", start, size)
