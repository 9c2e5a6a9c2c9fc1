"""法人番号: thirteen digits, the first of them a check digit."""

import re
import unicodedata
from decimal import Decimal

_NOISE = re.compile(r"[\s\-\u2010-\u2015\u2212ー]+")
# With fewer digits a spreadsheet has rounded the number away: 7.00001E+12.
_SPREADSHEET_NUMBER = re.compile(r"\d+\.0*|\d\.\d{12}e\+?12", re.IGNORECASE)


def normalise(text: str | int | float) -> str:
    """The number as thirteen digits, from T7000012050002, full-width digits or 7000012050002.0; "" when it is not one."""
    plain = str(text)
    if plain.isascii() and plain.isdecimal():
        return plain if is_valid(plain) else ""
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", plain))
    plain = plain.removeprefix("T").removeprefix("t")
    if _SPREADSHEET_NUMBER.fullmatch(plain):
        plain = f"{Decimal(plain):.0f}"
    return plain if is_valid(plain) else ""


def is_valid(number: str) -> bool:
    """Whether these are thirteen digits and the check digit is right."""
    if len(number) != 13 or not number.isascii() or not number.isdecimal():
        return False
    # Counted from the right, every second digit counts twice.
    total = sum(map(int, number[2::2])) + 2 * sum(map(int, number[1::2]))
    return int(number[0]) == 9 - total % 9
