"""Tables that people upload, read without trusting them: CSV and TSV in the usual encodings, xlsx, xlsb, xls and ods.

    table = tables.open_table(path, "展示会.xlsx")
    table.columns                       # ["会社名", "氏名", ...], from the header row below any titles
    for line, cells in table.rows():    # the line as the person sees it in their file
        ...

Cells are clean text, days, numbers that are not whole, or None. Whole numbers are text, since they are mostly phone numbers,
codes and 法人番号; text that looks like a formula stays text. CSV files are streamed; spreadsheets are parsed in a process of
their own with little memory and time (tables_sheet.py), so that no file can hurt the worker. A file that cannot be read
whole raises `Unreadable`, from `open_table` or from `rows`, with a message that says what to do.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from crm.lib import tables_csv, tables_vcard, tables_workbook
from crm.lib.names import has_form
from crm.lib.tables_limits import DEFAULT, Limits, Unreadable
from crm.lib.text import clean_text

__all__ = ["DEFAULT", "Cell", "Limits", "Row", "Table", "Unreadable", "open_table"]

Cell = str | date | float | None
Row = tuple[int, list[Cell]]

_HEADER_WITHIN = 20
_DITTO = frozenset({"同上", "〃", "仝", "″"})
_SAMPLE_ROWS, _SAMPLE_LINES = 60, 500
_SHEETS_TRIED = 8


@dataclass
class Table:
    """One sheet of an uploaded file. `header_row` is its line in the file, 0 when the file has no header."""

    path: Path
    kind: str
    sheets: list[str]
    sheet: str
    encoding: str
    delimiter: str
    limits: Limits
    header_row: int = 0
    columns: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        """The rows below the header with their line numbers, each as long as the columns or longer; blank rows left out."""
        above: list[Cell] = []
        for number, (line, cells) in enumerate(self._filled(self._raw_rows(), self.header_row), start=1):
            if number > self.limits.rows:
                raise Unreadable("too_many_rows", most=self.limits.rows)
            above = self._without_dittos(cells, above)
            yield line, cells + [None] * (len(self.columns) - len(cells))

    def every_row(self) -> Iterator[list[Cell]]:
        """Every row below the header, blank ones too; only empty lines of a CSV file, and those at the end, are none."""
        blank = 0
        for line, raw in self._raw_rows():
            if line <= self.header_row or not raw and self.kind == "csv":
                continue
            cells = [_cell(value, line, self.limits) for value in raw]
            if self.kind != "csv" and all(cell is None for cell in cells):
                blank += 1
                continue
            yield from ([] for _ in range(blank))
            blank = 0
            yield cells

    @staticmethod
    def _without_dittos(cells: list[Cell], above: list[Cell]) -> list[Cell]:
        """同上 and 〃 stand for what the line above says."""
        for n, cell in enumerate(cells):
            if isinstance(cell, str) and cell in _DITTO:
                cells[n] = above[n] if n < len(above) else None
        return cells

    def _filled(self, rows: Iterable[tuple[int, list[Any]]], after: int = 0) -> Iterator[Row]:
        for line, raw in rows:
            if line <= after:
                continue
            cells = [_cell(value, line, self.limits) for value in raw]
            while cells and cells[-1] is None:
                cells.pop()
            if len(cells) > self.limits.columns:
                raise Unreadable("too_many_columns", line=line, most=self.limits.columns)
            if cells:
                yield line, cells

    def _raw_rows(self) -> Iterator[tuple[int, list[Any]]]:
        if self.kind == "vcard":
            return tables_vcard.rows(self.path, self.encoding, self.limits)
        if self.kind == "csv":
            return tables_csv.rows(self.path, self.encoding, self.delimiter, self.limits)
        return tables_workbook.rows(self.path, self.sheet, self.limits)


def open_table(path: str | Path, filename: str, limits: Limits = DEFAULT, sheet: str = "") -> Table:
    """The table in the file, with its header found. `filename` is the name it was uploaded under.

    Of a workbook the named sheet, else the first visible one whose header is that of a list, else the first with anything.
    """
    path = Path(path)
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("empty")
    if size > limits.bytes:
        raise Unreadable("too_large", most=limits.bytes >> 20)
    kind = tables_workbook.kind_of(path, filename, limits)
    if kind == "vcard":
        encoding = tables_vcard.detect(path, limits)
        return Table(path, kind, [], "", encoding, "", limits, 0, list(tables_vcard.COLUMNS))
    if kind == "csv":
        encoding, delimiter = tables_csv.detect(path, limits)
        table = Table(path, kind, [], "", encoding, delimiter, limits)
        _find_header(
            table, list(islice(table._filled(islice(table._raw_rows(), _SAMPLE_LINES)), _SAMPLE_ROWS)), []
        )
        return table
    first = _open_sheet(path, kind, sheet, limits)
    if sheet or _is_of_a_list(first):
        return first
    # A cover, notes on how to fill it in: the list stands on a sheet behind them.
    others = first.sheets[first.sheets.index(first.sheet) + 1 :][:_SHEETS_TRIED]
    return next(filter(_is_of_a_list, _opened(path, kind, others, limits)), first)


def _open_sheet(path: Path, kind: str, sheet: str, limits: Limits) -> Table:
    book = tables_workbook.sheets(path, sheet, limits, _SAMPLE_LINES)
    table = Table(path, kind, book.sheets, book.sheet, "", "", limits)
    _find_header(table, list(islice(table._filled(book.first_rows), _SAMPLE_ROWS)), book.across)
    return table


def _opened(path: Path, kind: str, sheets: list[str], limits: Limits) -> Iterator[Table]:
    """Those of the sheets that can be read; the first one says what is wrong with the file."""
    for name in sheets:
        with suppress(Unreadable):
            yield _open_sheet(path, kind, name, limits)


def _is_of_a_list(table: Table) -> bool:
    """Whether two columns at least are called as lists of companies, people or deals call theirs."""
    known = (_HEADER_WORDS.search(unicodedata.normalize("NFKC", name)) for name in table.columns)
    return bool(table.header_row) and sum(map(bool, known)) >= 2


def _find_header(table: Table, sample: list[Row], across: list[list[int]]) -> None:
    if not sample:
        raise Unreadable("empty")
    sample = _spread(sample, across)
    best = max(range(min(_HEADER_WITHIN, len(sample))), key=lambda at: (_header_score(sample, at), -at))
    if _header_score(sample, best) > 0:
        group, best = _with_groups(sample, best, across)
        table.header_row = sample[best][0]
        width = max(len(sample[best][1]), *(len(cells) for _line, cells in sample[best:]))
        table.columns = _column_names(_joined(group, sample[best][1]), width)
    else:
        table.columns = _column_names([], max(len(cells) for _line, cells in sample))


def _spread(sample: list[Row], across: list[list[int]]) -> list[Row]:
    """The rows with what stands in cells merged sideways in each of their columns; titles stay where they are."""
    by_line: dict[int, list[list[int]]] = {}
    for merged in across:
        for at in range(merged[0], merged[2] + 1):
            by_line.setdefault(at + 1, []).append(merged)
    spread = []
    for line, row in sample:
        cells: list[Cell] = list(row)
        for _top, left, _bottom, right in by_line.get(line, ()):
            width = len([cell for cell in cells if cell is not None])
            if left < len(cells) and width > 1:  # alone in its row it is a title
                cells += [None] * (right + 1 - len(cells))
                cells[left : right + 1] = [cells[left]] * (right + 1 - left)
        spread.append((line, cells))
    return spread


def _with_groups(sample: list[Row], best: int, across: list[list[int]]) -> tuple[list[Cell], int]:
    """The row of group names above the header, if there are two rows of headers, and where the header is."""
    if best + 1 < len(sample) and _is_second_header(sample, best, best + 1):
        return _carried(sample[best], sample[best + 1], across), best + 1
    if best and _is_second_header(sample, best - 1, best):
        return _carried(sample[best - 1], sample[best], across), best
    return [], best


def _is_second_header(sample: list[Row], above: int, below: int) -> bool:
    (line, group), (next_line, header) = sample[above], sample[below]
    group = [cell for cell in group if cell is not None]
    words = [cell for cell in header if cell is not None]
    if next_line != line + 1 or len(group) < 2 or len(words) < 2 or below + 1 >= len(sample):
        return False
    texts = [*group, *words]
    if any(
        not isinstance(cell, str) or len(cell) > 30 or _LOOKS_LIKE_DATA.search(cell) or has_form(cell)
        for cell in texts
    ):
        return False
    known = sum(bool(_HEADER_WORDS.search(unicodedata.normalize("NFKC", str(word)))) for word in words)
    has_groups = len(set(group)) < len(group) or len(group) < len(words)
    return known * 2 >= len(words) and has_groups


def _carried(group: Row, header: Row, across: list[list[int]]) -> list[Cell]:
    """Group names over all their columns: by merged cells, else up to the next name."""
    cells = [*group[1], *[None] * (len(header[1]) - len(group[1]))]
    if any(merged[0] <= group[0] - 1 <= merged[2] for merged in across):
        return cells
    name: Cell = None
    for n, cell in enumerate(cells):
        name = cell if cell is not None else name
        cells[n] = name
    return cells


def _joined(group: list[Cell], header: list[Cell]) -> list[Cell]:
    """Column names of two rows: the lower one alone where it says enough, else both."""
    if not group:
        return header
    joined: list[Cell] = []
    for n in range(max(len(group), len(header))):
        above = group[n] if n < len(group) else None
        name = header[n] if n < len(header) else None
        if name is None or above is None or above == name:
            joined.append(name if name is not None else above)
        else:
            says_enough = header.count(name) == 1 and not (_says_whose(above) and leaves_open_whose(name))
            joined.append(name if says_enough else f"{above} {name}")
    return joined


_WHOSE = re.compile(
    r"会社|企業|法人|貴社|御社|取引先|勤務先|顧客|お客様|担当|個人|来場者|参加者|company|contact|person",
    re.IGNORECASE,
)
_OF_BOTH = re.compile(
    r"(?:名称|お?名前|名|カナ|かな|フリガナ|ふりがな|読み|電話|電話番号|tel|phone|name|kana)", re.IGNORECASE
)


def _says_whose(group: Cell) -> bool:
    return bool(_WHOSE.search(unicodedata.normalize("NFKC", str(group))))


def leaves_open_whose(name: Cell) -> bool:
    """Whether a column of the name may be a company's or a person's: 名称 below 会社, 電話番号 below 担当者."""
    return bool(_OF_BOTH.fullmatch(unicodedata.normalize("NFKC", str(name)).strip()))


# Words in the headers of lists of companies and people.
_HEADER_WORDS = re.compile(
    r"会社|企業|法人|社名|取引先|氏名|名前|担当|^姓$|^名$|^セイ$|^メイ$|カナ|かな|ふりがな|フリガナ|電話|携帯|メール|住所|郵便|〒"
    r"|都道府県|市区町村|部署|部門|役職|サイト|備考|メモ|日付|日時|(?:月|年|録|新|成|付|定|場|約|生|問|力)日$|金額|件名|案件|番号|コード"
    r"|区分|種別|状況|ステータス|業種|業界|流入|きっかけ|ソース"
    r"|(?<![a-z])(?:no|id|tel|fax|url|e?-?mail|phone|mobile|name|company|title|address|date|amount|status|source|note|department"
    r"|industry|number|kind|kana|postal|zip|city|prefecture)(?![a-z])",
    re.IGNORECASE,
)
_LOOKS_LIKE_DATA = re.compile(r"^[\d\s./:,¥%+()-]+$|@.+\.|^https?://|^(?:令和|平成|昭和)?\d+年|^0\d{1,4}-")


def _header_score(sample: list[Row], at: int) -> float:
    """How much a row looks like the header: short, different words, no data, as wide as what comes below."""
    cells = [cell for cell in sample[at][1] if cell is not None]
    if any(not isinstance(cell, str) or _LOOKS_LIKE_DATA.search(cell) for cell in cells):
        return 0
    words = [unicodedata.normalize("NFKC", str(cell)) for cell in cells]
    known = sum(bool(_HEADER_WORDS.search(word)) and len(word) <= 30 and not has_form(word) for word in words)
    below = sorted(len([cell for cell in row if cell is not None]) for _line, row in sample[at + 1 : at + 31])
    usual = below[len(below) // 2] if below else len(words)
    if (
        len(set(words)) < 0.5 * len(words)
        or len(words) < 0.5 * usual
        or any(len(word) > 60 for word in words)
    ):
        return 0
    if not known and not _differs_from_below(sample, at):
        return 0
    return known + len(words) / max(usual, len(words))


def _differs_from_below(sample: list[Row], at: int) -> bool:
    """Whether some column holds data below the row: then even unknown words above it are its header."""
    below = [row for _line, row in sample[at + 1 : at + 11]]
    return any(
        not isinstance(cell, str) or _LOOKS_LIKE_DATA.search(cell)
        for row in below
        for cell in row
        if cell is not None
    )


def _column_names(header: list[Cell], width: int) -> list[str]:
    """A name for every column: the header's, the letter where it has none, a number behind one that repeats."""
    names: list[str] = []
    for at in range(width):
        cell = header[at] if at < len(header) else None
        name = " ".join(str(cell).split()) if cell is not None else _letter(at)
        again = 2
        while name in names:
            name = f"{name.removesuffix(f' ({again - 1})')} ({again})"
            again += 1
        names.append(name)
    return names


def _letter(at: int) -> str:
    """A, B, …, Z, AA, as spreadsheets call their columns."""
    name = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(65 + rest) + name
    return name


def _cell(value: Any, line: int, limits: Limits) -> Cell:
    if isinstance(value, str):
        if len(value) > limits.cell:
            raise Unreadable("cell_too_long", line=line, most=limits.cell)
        return clean_text(value).strip() or None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        whole = abs(value) < 1e15 and value == int(value)
        return str(int(value)) if whole or isinstance(value, int) else value
    return value  # type: ignore[no-any-return]
