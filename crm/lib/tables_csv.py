"""CSV and TSV files: their encoding, their delimiter, their lines. Part of `tables`."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from crm.lib.tables_limits import Limits, Unreadable

_CHUNK = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ISO_2022 = re.compile(rb"\x1b(?:\$[@B]|\([BJI])")
# What the decoder makes of bytes that CP932 does not use.
_NOT_CP932 = re.compile("[\x80\uf8f0-\uf8f3]")
_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]")
_USUAL_JAPANESE = re.compile("[ぁ-んァ-ヶー、。一-龠]")
# Three characters of UTF-8 kana or kanji.
_UTF8_JAPANESE = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf]{2}|\xef\xbd[\x80-\xbf]|\xef\xbe[\x80-\xbf]){2}")


def detect(path: Path, limits: Limits) -> tuple[str, str]:
    """The encoding and the delimiter. Every byte of the file has been tried: it decodes to its end."""
    encoding = _encoding(path, limits)
    with path.open("r", encoding=encoding, newline="") as file:
        sample = file.read(64_000)
    if sample.count("\x00") > len(sample) // 20:
        raise Unreadable("not_a_table")
    return encoding, _delimiter(sample)


def rows(path: Path, encoding: str, delimiter: str, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """The records, each with the number of its first line. Quoted line breaks stay inside their cell."""
    with path.open("r", encoding=encoding, newline="") as file:
        reader = csv.reader(_lines(file, limits), delimiter=delimiter)
        while True:
            line = reader.line_num + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except UnicodeError:
                raise Unreadable("unknown_encoding", line=line) from None
            except csv.Error:  # a quotation mark that is never closed
                raise Unreadable("cell_too_long", line=line, most=limits.cell) from None
            yield line, record


def _lines(file: IO[str], limits: Limits) -> Iterator[str]:
    number = 0
    while text := file.readline(limits.line + 1):
        number += 1
        if len(text) > limits.line:
            raise Unreadable("line_too_long", line=number)
        yield text


def _encoding(path: Path, limits: Limits) -> str:
    with path.open("rb") as file:
        start = file.read(_CHUNK)
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            return _surely(path, encoding)
    if encoding := _utf_16_without_bom(start):
        return _surely(path, encoding)
    if _ISO_2022.search(start):
        return _surely(path, "iso2022_jp_2" if _error_at(path, "iso2022_jp_2") is None else "iso2022_jp_ext")
    broken_at = _error_at(path, "utf-8")
    if broken_at is None:
        return "utf-8"
    if line := _first_line_of_another_encoding(path, limits):
        raise Unreadable("mixed_encodings", line=line)
    errors = {name: _error_at(path, name) for name in ("cp932", "euc_jp")}
    if errors["cp932"] is None and errors["euc_jp"] is None:
        return _likelier(start)
    for name, error in errors.items():
        if error is None:
            return name
    furthest = max(broken_at, *(error for error in errors.values() if error is not None))
    raise Unreadable("unknown_encoding", line=_line_at(path, furthest))


def _surely(path: Path, encoding: str) -> str:
    error = _error_at(path, encoding)
    if error is not None:
        raise Unreadable("unknown_encoding", line=_line_at(path, error))
    return encoding


def _utf_16_without_bom(start: bytes) -> str:
    """Every other byte of Latin letters, digits and commas in UTF-16 is zero."""
    sample = start[:4000]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) <= len(sample) // 20 or min(even, odd) > max(even, odd) // 10:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _error_at(path: Path, encoding: str) -> int | None:
    """The place of the first byte that the encoding cannot read; None when it reads all."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    at = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return at + error.start
            except UnicodeError:
                return at
            if encoding == "cp932" and (nonsense := _NOT_CP932.search(text)):
                return at + len(text[: nonsense.start()].encode(encoding))
            if not chunk:
                return None
            at += len(chunk)


def _line_at(path: Path, place: int) -> int:
    line = 1
    with path.open("rb") as file:
        while place > 0 and (chunk := file.read(min(_CHUNK, place))):
            line += chunk.count(b"\n")
            place -= len(chunk)
    return line


def _first_line_of_another_encoding(path: Path, limits: Limits) -> int:
    """In a file that is not UTF-8: where lines begin that are UTF-8, or no longer are; 0 when it is of one kind.

    CP932 reads most UTF-8 without an error and makes nonsense of it, so that an error alone would not tell.
    """
    if not _has_utf_8(path):
        return 0
    first_kind = ""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(limits.line * 4):
            number += 1
            if line.isascii():
                continue
            kind = "utf-8" if _UTF8_JAPANESE.search(line) and _is_utf_8(line) else "other"
            if first_kind and kind != first_kind:
                return number
            first_kind = kind
    return 0


def _has_utf_8(path: Path) -> bool:
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if _UTF8_JAPANESE.search(tail + chunk):
                return True
            tail = chunk[-5:]
    return False


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _likelier(start: bytes) -> str:
    """CP932 or EUC, when both can read the bytes: as CP932, EUC looks like a salad of half-width kana."""
    as_cp932 = start.decode("cp932", "ignore")
    as_euc = start.decode("euc_jp", "ignore")
    foreign = sum(not character.isascii() for character in as_cp932) or 1
    salad = len(_HALF_WIDTH_KANA.findall(as_cp932)) / foreign
    usual = len(_USUAL_JAPANESE.findall(as_euc)) / (sum(not character.isascii() for character in as_euc) or 1)
    return "euc_jp" if salad > 0.3 and usual > 0.8 else "cp932"


def _delimiter(sample: str) -> str:
    """The one of comma, tab, semicolon and bar that splits the first lines into the most columns, most steadily."""
    lines = sample.splitlines()[:30]
    if len(sample) == 64_000:
        lines = lines[:-1] or lines  # the last one may be cut

    def columns(delimiter: str) -> tuple[int, int]:
        try:
            widths = sorted(
                len(row) for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter) if row
            )
        except csv.Error:
            return 0, 0
        middle = widths[len(widths) // 2] if widths else 0
        return middle, widths.count(middle)

    return max(",\t;|", key=columns)
