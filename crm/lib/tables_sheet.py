"""The process that parses one workbook: little memory, little time, nothing of ours within reach.

Run by tables_workbook as a program; imports nothing of the project. Prints one JSON line that tells what there is or why
it cannot be read, then one a row, then "end". When a limit stops it, the lines just end.
"""

import json
import re
import resource
import sys
from itertools import islice
from typing import Any


def main() -> None:
    """Reads the sheet that the arguments name."""
    path, sheet, seconds, memory, columns, *library = sys.argv[1:]
    sys.path += library
    _limit(int(seconds), int(memory))

    import python_calamine

    out = sys.stdout
    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        names = [
            part.name for part in book.sheets_metadata if part.visible == python_calamine.SheetVisibleEnum.Visible
        ]  # fmt: skip
        if sheet and sheet not in names:
            return _refuse("no_such_sheet", sheet=sheet)
        table = _first_filled(book, [sheet] if sheet else names)
    except python_calamine.PasswordError:
        return _refuse("encrypted")
    except python_calamine.ZipError:
        return _refuse("broken")
    except python_calamine.CalamineError as error:
        return _refuse("encrypted" if "password" in str(error).lower() else "broken")
    except (MemoryError, OverflowError):
        return _refuse("too_much_work")
    if table is None:
        return _refuse("empty")
    if table.width > int(columns):
        return _refuse("too_many_columns", line=table.start[0] + 1, most=int(columns))

    merged = _merged(table) or _merged_in_opendocument(path, table.name)
    # Parsed: from here on the reader sets the pace.
    resource.setrlimit(resource.RLIMIT_CPU, (600, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    head = {"sheets": names, "sheet": table.name, "first_row": table.start[0] + 1, "rows": table.height}
    head["across"] = [m for m in merged if m[0] <= _HEADER_ROWS and m[3] > m[1]]
    out.write(json.dumps(head) + "\n")
    before = [None] * table.start[1]
    rows = islice(table.iter_rows(), table.start[0], None)  # blank rows come first
    down: dict[int, list[list[int]]] = {}
    for m in merged:
        if m[2] > m[0]:
            down.setdefault(m[0], []).append(m)
    filling: list[tuple[int, int, Any]] = []  # last row, column, value of cells merged downwards
    for number, row in enumerate(rows, start=table.start[0]):
        cells = before + [_plain(cell) for cell in row]
        filling = [f for f in filling if f[0] >= number]
        for _last, column, value in filling:
            if column < len(cells):
                cells[column] = value
        for _top, left, bottom, _right in down.get(number, ()):
            if left < len(cells):
                filling.append((bottom, left, cells[left]))
        out.write(json.dumps(cells) + "\n")
    out.write("end\n")
    out.flush()
    return None


_HEADER_ROWS = 60
_SPANNED = re.compile(rb'number-(?:rows|columns)-spanned="(?!1")')


def _merged(table: Any) -> list[list[int]]:
    """Merged cells as [top, left, bottom, right]; of kinds of files that do not tell, none."""
    try:
        ranges = table.merged_cell_ranges or []
    except Exception:  # noqa: BLE001 (the library raises its own for other kinds)
        ranges = []
    return [[top, left, bottom, right] for (top, left), (bottom, right) in ranges[:100_000]]


def _merged_in_opendocument(path: str, sheet: str) -> list[list[int]]:
    """The library does not tell those of OpenDocument: read from the sheet itself, row by row."""
    import zipfile
    from xml.etree import ElementTree

    prefix = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
    found: list[list[int]] = []
    try:
        with zipfile.ZipFile(path) as archive, archive.open("content.xml") as content:
            if not _has_merged_cells(content):
                return []
            content.seek(0)
            row, inside = 0, False
            # Entities were looked for, and refused, before this process began.
            for event, element in ElementTree.iterparse(content, ("start", "end")):  # noqa: S314
                if element.tag == f"{prefix}table":
                    if event == "end" and inside:
                        return found
                    row, inside = 0, element.get(f"{prefix}name") == sheet
                elif element.tag == f"{prefix}table-row" and event == "end":
                    if inside:
                        found += _merged_in_row(element, row, prefix)
                    row += int(element.get(f"{prefix}number-rows-repeated", "1"))
                    element.clear()
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, ElementTree.ParseError):
        return []
    return found


def _has_merged_cells(content: Any) -> bool:
    """Most sheets have none, and to find that out by reading every element takes longer than all else."""
    before = b""
    while piece := content.read(1 << 20):
        if _SPANNED.search(before + piece):
            return True
        before = piece[-64:]
    return False


def _merged_in_row(row: Any, number: int, prefix: str) -> list[list[int]]:
    found, column = [], 0
    for cell in row:
        height = int(cell.get(f"{prefix}number-rows-spanned", "1"))
        width = int(cell.get(f"{prefix}number-columns-spanned", "1"))
        if height > 1 or width > 1:
            found.append([number, column, number + height - 1, column + width - 1])
        column += int(cell.get(f"{prefix}number-columns-repeated", "1"))
    return found


def _limit(seconds: int, memory: int) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (soft, hard))
        except (ValueError, OSError):  # macOS does not limit address space
            continue


def _first_filled(book: Any, names: list[str]) -> Any:
    for name in names:
        table = book.get_sheet_by_name(name)
        if table.start is not None and table.height:
            return table
    return None


def _plain(cell: Any) -> Any:
    """What JSON can say: text, numbers, days as {"at": …}."""
    if cell == "" or cell is None:
        return None
    if isinstance(cell, str | bool | int | float):
        return cell
    if hasattr(cell, "year"):
        return {"at": cell.isoformat()}
    return str(cell)


def _refuse(code: str, **params: Any) -> None:
    sys.stdout.write(json.dumps({"error": code, "params": params}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
