"""Electronic business cards, vCard 2.1, 3.0 and 4.0, as rows under the usual headers of a list. Part of `tables`.

Each property may name its own character set (CHARSET=SHIFT_JIS) and way of writing (quoted-printable, base64); what names
none is read in the encoding of the whole file.
"""

import base64
import binascii
import codecs
import quopri
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crm.lib.tables_limits import Limits, Unreadable

COLUMNS = (
    "ID", "会社名", "会社名カナ", "部署", "役職", "姓", "名", "セイ", "メイ", "氏名", "メールアドレス", "電話番号", "携帯電話", "代表電話", "FAX",
    "郵便番号", "都道府県", "市区町村", "番地", "住所", "ホームページ", "備考",
)  # fmt: skip
_NAME = re.compile(rb"^(?:[\w-]+\.)?([\w-]+)((?:;[^:]*)?)$")
# Where the value begins: at the first colon that is not inside quotation marks.
_HEAD = re.compile(rb'^((?:[^":]|"[^"]*")*):(.*)$', re.DOTALL)
_SPLIT = re.compile(r"(?<!\\);")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass
class _Property:
    name: str
    types: set[str] = field(default_factory=set)
    params: dict[str, str] = field(default_factory=dict)
    text: str = ""

    @property
    def parts(self) -> list[str]:
        return [_unescaped(part) for part in _SPLIT.split(self.text)]


def detect(path: Path, limits: Limits) -> str:
    """The encoding of the file's own text."""
    if path.stat().st_size > limits.unpacked:
        raise Unreadable("too_large", most=limits.unpacked >> 20)
    with path.open("rb") as file:
        start = file.read(1 << 20)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in start[:200]:
        return "utf-16" if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-16-le"
    plain = re.sub(rb"\r\n?", b"\n", start)
    for encoding in ("utf-8", "cp932", "euc_jp"):
        if _reads(plain, encoding, is_whole=len(start) < 1 << 20):
            return "iso2022_jp_ext" if b"\x1b$" in plain else encoding
    return "utf-8"


def _reads(text: bytes, encoding: str, *, is_whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(text, final=is_whole)
    except UnicodeDecodeError:
        return False
    return True


def rows(path: Path, encoding: str, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """One row a card, with the number of the line where it begins."""
    card: list[_Property] | None = None
    begins = 0
    for number, line in _unfolded(path, encoding, limits):
        found = _property(line, encoding, number)
        if found is None:
            continue
        if found.name == "BEGIN" and found.text.strip().upper() == "VCARD":
            card, begins = [], number
        elif found.name == "END" and card is not None:
            yield begins, _row(card)
            card = None
        elif card is not None:
            card.append(found)
    if card:
        raise Unreadable("broken_card", line=begins)


def _unfolded(path: Path, encoding: str, limits: Limits) -> Iterator[tuple[int, bytes]]:
    """The properties as one line each, with the number of their first line."""
    held: list[bytes] = []
    at = size = 0
    for number, line in enumerate(_lines(path, encoding, limits), start=1):
        soft = (
            bool(held)
            and held[-1].endswith(b"=")
            and b"QUOTED-PRINTABLE" in held[0].split(b":", 1)[0].upper()
        )
        if held and (soft or line[:1] in (b" ", b"\t")):
            if soft:
                held[-1] = held[-1][:-1]
            more = line.lstrip(b" \t") if soft else line[1:]
            size += len(more)
            if size < limits.line:  # what is longer is a photograph
                held.append(more)
            continue
        if held:
            yield at, b"".join(held)
        held, at, size = [line] if line else [], number, len(line)
    if held:
        yield at, b"".join(held)


def _lines(path: Path, encoding: str, limits: Limits) -> Iterator[bytes]:
    if encoding.startswith("utf-16"):
        with path.open("r", encoding=encoding, newline="", errors="replace") as text:
            while line := text.readline(limits.line):
                yield line.encode().strip(b"\r\n")
        return
    with path.open("rb") as file:
        start = file.read(3)
        file.seek(3 if start == codecs.BOM_UTF8 else 0)
        number = 0
        while raw := file.readline(limits.line + 1):
            number += 1
            if len(raw) > limits.line:
                raise Unreadable("line_too_long", line=number)
            yield from raw.strip(b"\r\n").split(b"\r")


def _property(line: bytes, encoding: str, number: int) -> _Property | None:
    split = _HEAD.match(line)
    head = _NAME.match(split[1].strip()) if split else None
    if split is None or head is None:
        return None
    found = _Property(head[1].decode("ascii", "ignore").upper())
    for param in head[2].decode("latin-1").split(";")[1:]:
        key, sign, value = param.partition("=")
        if sign:
            found.params[key.strip().upper()] = value.strip().strip('"')
        if not sign or key.strip().upper() == "TYPE":
            found.types |= {word.strip().upper() for word in (value if sign else key).strip('"').split(",")}
    raw, way = (
        split[2],
        found.params.get("ENCODING", "").upper()
        or ("QUOTED-PRINTABLE" if "QUOTED-PRINTABLE" in found.types else ""),
    )
    if way == "QUOTED-PRINTABLE":
        raw = quopri.decodestring(raw)
    elif way in ("B", "BASE64"):
        try:
            raw = base64.b64decode(raw, validate=False)
        except (binascii.Error, ValueError):
            raw = b""
        if found.name in ("PHOTO", "LOGO", "SOUND", "KEY"):
            return None
    if sort := re.search(rb'SORT-AS="?([^";:]+)', head[2], re.IGNORECASE):
        found.params["SORT-AS"] = _decoded(sort[1], found.params.get("CHARSET", ""), encoding, number)
    found.text = _decoded(raw, found.params.get("CHARSET", ""), encoding, number)
    return found


_CHARSETS = {
    "SHIFT_JIS": "cp932", "SHIFT-JIS": "cp932", "SJIS": "cp932", "X-SJIS": "cp932", "WINDOWS-31J": "cp932", "CP932": "cp932",
    "MS932": "cp932", "ISO-2022-JP": "iso2022_jp_ext", "EUC-JP": "euc_jp", "X-EUC-JP": "euc_jp", "UTF-8": "utf-8", "UTF8": "utf-8",
}  # fmt: skip


def _decoded(raw: bytes, charset: str, encoding: str, number: int) -> str:
    of_file = "utf-8" if encoding.startswith("utf-16") else encoding
    for name in dict.fromkeys([_CHARSETS.get(charset.upper(), ""), of_file, "utf-8", "cp932"]):
        if name:
            try:
                return raw.decode(name)
            except UnicodeDecodeError:
                continue
    raise Unreadable("unknown_encoding", line=number)


def _row(card: list[_Property]) -> list[str]:
    cells = dict.fromkeys(COLUMNS, "")

    def put(column: str, value: str) -> None:
        if value.strip() and not cells[column]:
            cells[column] = value.strip()

    for p in sorted(card, key=_preference):
        _put_name(p, put)
        if p.name == "ORG":
            put("会社名", p.parts[0])
            put("部署", " ".join(part.strip() for part in p.parts[1:] if part.strip()))
            put("会社名カナ", p.params.get("SORT-AS", "").split(",")[0])
        elif p.name == "TEL":
            _put_phone(p, put)
        elif p.name == "ADR":
            _put_address(p, put)
        elif p.name in _PLAIN:
            put(_PLAIN[p.name], _unescaped(p.text))
    if cells["姓"] or cells["名"]:
        cells["氏名"] = ""
    return list(cells.values())


_PLAIN = {
    "UID": "ID", "TITLE": "役職", "EMAIL": "メールアドレス", "URL": "ホームページ", "NOTE": "備考", "FN": "氏名",
    "X-PHONETIC-ORG": "会社名カナ", "X-PHONETIC-LAST-NAME": "セイ", "X-PHONETIC-FIRST-NAME": "メイ",
}  # fmt: skip


def _preference(p: _Property) -> tuple[int, int]:
    """Preferred entries first, private addresses and home phones last."""
    preferred = "PREF" in p.types or p.params.get("PREF") == "1"
    return (0 if preferred else 1, 1 if "HOME" in p.types and "WORK" not in p.types else 0)


def _put_name(p: _Property, put: Callable[[str, str], None]) -> None:
    if p.name == "N":
        put("姓", p.parts[0])
        put("名", " ".join(part for part in p.parts[1:3] if part))
        family, _comma, given = p.params.get("SORT-AS", "").partition(",")
        put("セイ", family)
        put("メイ", given)
    elif p.name == "SOUND" and ("X-IRMC-N" in p.types or ";" in p.text):
        parts = [*p.parts, ""]
        if not parts[1].strip():
            parts = [*parts[0].split(maxsplit=1), "", ""]
        put("セイ", parts[0])
        put("メイ", parts[1])
    elif p.name == "SORT-STRING":
        family, _space, given = _unescaped(p.text).replace("\u3000", " ").partition(" ")
        put("セイ", family)
        put("メイ", given)


def _put_phone(p: _Property, put: Callable[[str, str], None]) -> None:
    number = re.sub(r"(?i)^tel:", "", _unescaped(p.text))
    number = re.sub(r"(?i);ext=(\d+)$", r" 内線\1", number)
    if "FAX" in p.types:
        put("FAX", number)
    elif p.types & {"CELL", "MOBILE", "IPHONE", "PCS"}:
        put("携帯電話", number)
    elif "MAIN" in p.types or "X-COMPANY" in p.types:
        put("代表電話", number)
    else:
        put("電話番号", number)


def _put_address(p: _Property, put: Callable[[str, str], None]) -> None:
    parts = [*p.parts, *[""] * 7][:7]
    _box, extended, street, city, region, postal, _country = (part.strip() for part in parts)
    put("郵便番号", postal)
    if region or city:
        put("都道府県", region)
        put("市区町村", city)
        put("番地", f"{street} {extended}".strip())
    else:
        put("住所", f"{street} {extended}".strip())


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], text)
