"""Tables written for spreadsheet programs, so that no cell of theirs becomes a formula."""

import codecs
import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, count
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter

from crm.lib.variants import TABLE as VARIANTS

TOKYO = ZoneInfo("Asia/Tokyo")
UTF_8, CP932 = "utf-8-sig", "cp932"  # with the mark that spreadsheet programs know UTF-8 by

# The last ones are what CP932 writes as a hyphen.
_FORMULA = re.compile(r"^[\s\x00]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2010\u2013\u2212]|^[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?")
# Characters that CP932 has in another place.
_CP932_TWINS = {
    "〜": "～",
    "−": "－",
    "‖": "∥",
    "—": "―",
    "¢": "￠",
    "£": "￡",
    "¬": "￢",
    "¥": "￥",
    "‐": "-",
    "–": "-",
}  # noqa: RUF001
_ROWS_AT_A_TIME = 500
# More than these a spreadsheet program does not read.
ROWS_OF_A_SHEET = 1_048_576


def safe_cell(value: Any) -> Any:
    """The value as it may stand in a CSV file: text that a spreadsheet would run gets an apostrophe in front."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return "'" + value
    return value


def write_csv(rows: Iterable[Sequence[Any]], encoding: str = UTF_8) -> Iterator[bytes]:
    """The rows as pieces of a CSV file, to be sent while they are read.

    In CP932, characters it does not have become their common form (𠮷 → 吉), else 〓.
    """
    encoder = codecs.getincrementalencoder(encoding)("enishi_nearest" if encoding == CP932 else "strict")
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    for number, row in enumerate(rows, start=1):
        writer.writerow([safe_cell(_csv_text(value)) for value in row])
        if number % _ROWS_AT_A_TIME == 0:
            yield encoder.encode(buffer.getvalue())
            buffer.seek(0)
            buffer.truncate()
    yield encoder.encode(buffer.getvalue(), final=True)


def pieces(rows: Iterator[Sequence[Any]], form: str) -> Iterator[bytes]:
    """The table as pieces of a file, "xlsx", "csv" or "cp932": CSV while it is read, a workbook by way of the disk."""
    if form != "xlsx":
        yield from write_csv(rows, CP932 if form == "cp932" else UTF_8)
        return
    with tempfile.TemporaryFile() as file:
        write_xlsx(rows, file)
        file.seek(0)
        while piece := file.read(1 << 16):
            yield piece


def write_xlsx(rows: Iterable[Sequence[Any]], file: IO[bytes], sheet: str = "Sheet1") -> None:
    """Writes the rows as a workbook, the first as its header. Text stays text, so nothing in it is run.

    What a sheet has no room for goes on in a further one, below the same header.
    """
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "nan_inf_to_errors": True,
        },
    )
    bold = book.add_format({"bold": True})
    formats = {
        "day": book.add_format({"num_format": "yyyy/mm/dd"}),
        "time": book.add_format({"num_format": "yyyy/mm/dd hh:mm"}),
    }
    rows = iter(rows)
    header = next(rows, ())
    names = (sheet[:31] if number == 1 else f"{sheet[:24]} ({number})" for number in count(1))
    page, line = None, ROWS_OF_A_SHEET
    for row in chain([header], rows):
        if line == ROWS_OF_A_SHEET:
            page, line = book.add_worksheet(next(names)), 1
            page.freeze_panes(1, 0)
            _write_row(page, 0, header, formats, bold)
            if row is header:
                continue
        _write_row(page, line, row, formats)
        line += 1
    book.close()


def _write_row(page: Any, line: int, row: Sequence[Any], formats: dict[str, Any], header: Any = None) -> None:
    for column, value in enumerate(row):
        _write_cell(page, line, column, value, formats, header)


def _write_cell(page: Any, line: int, column: int, value: Any, formats: dict[str, Any], header: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_boolean(line, column, value)
    elif isinstance(value, int | float | Decimal):
        page.write_number(line, column, value)
    elif isinstance(value, datetime):
        moment = value.astimezone(TOKYO).replace(tzinfo=None) if value.tzinfo else value
        page.write_datetime(line, column, moment, formats["time"])
    elif isinstance(value, date):
        page.write_datetime(line, column, value, formats["day"])
    else:
        page.write_string(line, column, str(value)[:32_767], header)


def _csv_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.astimezone(TOKYO) if value.tzinfo else value:%Y/%m/%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%Y/%m/%d}"
    return value


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    near = ""
    for character in error.object[error.start : error.end]:
        twin = _CP932_TWINS.get(character) or VARIANTS.get(ord(character), "〓")
        try:
            twin.encode(CP932)
        except UnicodeEncodeError:
            twin = "〓"
        near += twin
    return near, error.end


codecs.register_error("enishi_nearest", _nearest)
