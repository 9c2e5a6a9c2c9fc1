"""What an uploaded table may cost, and the refusal that says what to do. Part of `tables`."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be, and how much its parsing may take."""

    bytes: int = 256 << 20
    unpacked: int = 512 << 20
    ratio: int = 100
    entries: int = 2_000
    rows: int = 1_000_000
    columns: int = 512
    cell: int = 32_767
    line: int = 1_000_000
    seconds: int = 4
    memory: int = 400 << 20


DEFAULT = Limits()


class Unreadable(ValueError):
    """The file, or a line of it, cannot be read. `code` and `params` say why, `message` says it to people."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    @property
    def message(self) -> str:
        """What is wrong and what to do about it, in the reader's language."""
        return _messages()[self.code] % self.params

    def __str__(self) -> str:
        return self.message


def _messages() -> dict[str, str]:
    return {
        "empty": _("The file is empty. Choose a file with a header and at least one row."),
        "too_large": _("The file is larger than %(most)s MB. Split it into several files."),
        "too_many_rows": _("The file has more than %(most)s rows. Split it into several files."),
        "too_many_columns": _(
            "Line %(line)s has more than %(most)s columns. Delete the columns that are not needed."
        ),
        "cell_too_long": _(
            "A cell of line %(line)s has more than %(most)s characters. Check whether a quotation mark is left open, or shorten it."
        ),
        "line_too_long": _(
            "Line %(line)s is too long to be a row of a table. Check that the file has line breaks."
        ),
        "mixed_encodings": _(
            "From line %(line)s on the file is in another character encoding. Save it as one file again, as CSV UTF-8."
        ),
        "unknown_encoding": _(
            "The characters of line %(line)s cannot be read. Save the file in the spreadsheet program as CSV UTF-8."
        ),
        "not_a_table": _(
            "The file is no table. Choose a CSV or Excel file (xlsx, xls) or an OpenDocument one (ods)."
        ),
        "html": _(
            "The file is a web page with another name. Open it in the spreadsheet program and save it as xlsx or CSV."
        ),
        "encrypted": _("The file is protected by a password. Remove the password and choose it again."),
        "unsafe": _(
            "The file has parts that no spreadsheet needs. Open it in the spreadsheet program and save it as CSV."
        ),
        "too_much_inside": _(
            "Unpacked, the file would be far too large. Copy the rows you need into a new file, or save it as CSV."
        ),
        "too_much_work": _(
            "The sheet reaches too far or is too large. Copy the rows you need into a new file, or save it as CSV."
        ),
        "broken": _(
            "The file is damaged. Open it in the spreadsheet program and save it again, as xlsx or CSV."
        ),
        "broken_card": _("The card that begins in line %(line)s has no end. Export the cards again."),
        "no_such_sheet": _("The file has no sheet called %(sheet)s."),
    }
