"""Workbooks: what kind of file it is, and its rows, read in a process of its own. Part of `tables`."""

import json
import re
import selectors
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from crm.lib.tables_limits import Limits, Unreadable

_PARSER = Path(__file__).with_name("tables_sheet.py")
# Processor time is limited inside; this ends a process that waits for something.
_WALL_SECONDS = 30
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|table|script|\?xml|meta|!--)", re.IGNORECASE
)
_VCARD = re.compile(rb"^(?:\xef\xbb\xbf)?\s*BEGIN\s*:\s*VCARD", re.IGNORECASE)
_ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_OTHER_FILES = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x7fELF",
    b"MZ\x90",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"{\\rtf",
)


def kind_of(path: Path, filename: str, limits: Limits) -> str:
    """csv, vcard, xlsx, xlsb, xls or ods, by what is in the file, whatever its name. Refuses everything else."""
    with path.open("rb") as file:
        start = file.read(4096)
    if _VCARD.match(start.replace(b"\x00", b"").lstrip(b"\xff\xfe")):
        return "vcard"
    if start.startswith(b"PK"):
        return _kind_of_zip(path, limits)
    if start.startswith(_OLE):
        if _contains(path, "EncryptedPackage".encode("utf-16-le")):
            raise Unreadable("encrypted")
        return "xls"
    if _MARKUP.match(start) or _MARKUP.match(start.replace(b"\x00", b"").lstrip(b"\xff\xfe")):
        raise Unreadable("html")
    if start.startswith(_OTHER_FILES):
        raise Unreadable("not_a_table")
    return "csv"


RawRow = tuple[int, list[Any]]


class Opened(NamedTuple):
    """The visible sheets, the one to read, its first rows, and cells merged sideways as [top, left, bottom, right]."""

    sheets: list[str]
    sheet: str
    first_rows: list[RawRow]
    across: list[list[int]]


def sheets(path: Path, sheet: str, limits: Limits, sample: int) -> Opened:
    """Of the workbook the named sheet, else the first that has anything in it."""
    with _parsing(path, sheet, limits) as (head, rows):
        return Opened(head["sheets"], head["sheet"], list(islice(rows, sample)), head["across"])


def rows(path: Path, sheet: str, limits: Limits) -> Iterator[RawRow]:
    """The rows of the sheet, numbered as in the spreadsheet program."""
    with _parsing(path, sheet, limits) as (head, rows):
        if head["rows"] > limits.rows + 1000:
            raise Unreadable("too_many_rows", most=limits.rows)
        yield from rows


@contextmanager
def _parsing(path: Path, sheet: str, limits: Limits) -> Iterator[tuple[dict[str, Any], Iterator[RawRow]]]:
    """What the parser says first, and the rows that follow. The process ends with the block."""
    arguments = [str(path.resolve()), sheet, str(limits.seconds), str(limits.memory), str(limits.columns)]
    process = subprocess.Popen(  # noqa: S603 (our own file)
        [sys.executable, "-I", "-S", str(_PARSER), *arguments, *_import_path()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        close_fds=True,
        env={},
    )
    try:
        head = _head(process)
        if "error" in head:
            raise Unreadable(head["error"], **head.get("params", {}))
        yield head, _numbered(process, head["first_row"])
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _import_path() -> list[str]:
    """Where the parsing library lies; the process sees nothing else of ours."""
    import python_calamine

    return [str(Path(python_calamine.__file__).parents[1])]


def _head(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    assert process.stdout is not None
    deadline = time.monotonic() + _WALL_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(deadline - time.monotonic()):
            raise Unreadable("too_much_work")
    line = process.stdout.readline()
    if not line:  # a signal: stopped by its limits; an exit: the library did not expect such a file
        raise Unreadable("too_much_work" if process.wait(timeout=5) < 0 else "broken")
    return json.loads(line)  # type: ignore[no-any-return]


def _numbered(process: "subprocess.Popen[bytes]", first: int) -> Iterator[RawRow]:
    assert process.stdout is not None
    for number, line in enumerate(process.stdout, start=first):
        if line == b"end\n":
            return
        yield number, [_value(cell) if isinstance(cell, dict) else cell for cell in json.loads(line)]
    raise Unreadable("too_much_work")


def _value(cell: dict[str, str]) -> date:
    moment = datetime.fromisoformat(cell["at"])
    return moment if moment.time() != datetime.min.time() else date(moment.year, moment.month, moment.day)


def _kind_of_zip(path: Path, limits: Limits) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _require_modest(entries, path.stat().st_size, limits)
            names = {entry.filename.lower().lstrip("/") for entry in entries}
            if any(entry.flag_bits & 1 for entry in entries):
                raise Unreadable("encrypted")
            kind = _kind_by_parts(names)
            _require_plain_xml(archive, entries)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("broken") from None
    return kind


def _kind_by_parts(names: set[str]) -> str:
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "content.xml" in names:
        return "ods"
    raise Unreadable("not_a_table")


def _require_modest(entries: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    small = 20 << 20  # what a few megabytes unpack to matters to nobody
    if (
        len(entries) > limits.entries
        or unpacked > limits.unpacked
        or (unpacked > small and unpacked > size * limits.ratio)
    ):
        raise Unreadable("too_much_inside")


def _require_plain_xml(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """No part declares entities; those exist in these files only to do harm. Encrypted OpenDocument says so in a part."""
    for entry in entries:
        if entry.filename.lower().endswith((".xml", ".rels")):
            with archive.open(entry) as part:
                start = part.read(65_536)
            if _ENTITY.search(start.replace(b"\x00", b"")):
                raise Unreadable("unsafe")
            if entry.filename == "META-INF/manifest.xml" and b"encryption-data" in start:
                raise Unreadable("encrypted")


def _contains(path: Path, wanted: bytes) -> bool:
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if wanted in tail + chunk:
                return True
            tail = chunk[-len(wanted) :]
    return False
