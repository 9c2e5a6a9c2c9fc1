"""Phone numbers: stored as E.164, shown with their hyphens."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers

# Several numbers in one field: the first counts.
_NEXT_NUMBER = re.compile(r"[/、;\n|]|,(?=\s*[0+(])|\s(?:または|又は|or)\s|(?:fax|ＦＡＸ)", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:[(\[]?\s*(?:内線|内|ext\.?|extension|x)\s*[:.]?\s*(\d+).*)$", re.IGNORECASE)
_LABEL = re.compile(r"^\s*(?:tel|phone|mobile|携帯|電話(?:番号)?|代表|直通)\s*[.:]?\s*", re.IGNORECASE)
_REMARK = re.compile(r"\(?(?:代表|代|直通|直|携帯)\)?\s*$")
_SEPARATORS = re.compile(r"[\s\-.()\[\]・ー\u2010-\u2015\u2212\u2500~]+")
_FLOAT = re.compile(r"\.0+$")

# Nearly all numbers: 0263-00-0000, 0263000000, +81263000000.
_USUAL = re.compile(r"0(?!0|10)[0-9]{1,4}-[0-9]{1,4}-?[0-9]{3,4}|0(?!0|10)[0-9]{8,10}|\+81([1-9][0-9]{8,9})")

# Eleven digits with the zero: mobile, IP, pager and the long free numbers. All others have ten.
_LONG_JAPANESE = re.compile(r"0[25-9]0")


def to_e164(text: str, region: str = "JP") -> str:
    """+81263000000 for a number in any usual spelling, without an extension; "" when it is not a number.

    A Japanese number that lost its zero in a spreadsheet gets it back.
    """
    if region == "JP" and (known := _USUAL.fullmatch(text)):
        return _japanese(known[0].replace("-", "")) if known[1] is None else _japanese("0" + known[1])
    plain = unicodedata.normalize("NFKC", text)
    plain = _NEXT_NUMBER.split(_LABEL.sub("", plain), maxsplit=1)[0]
    plain = _REMARK.sub("", _EXTENSION.sub("", plain)).strip()
    if plain.replace(".", "", 1).isdecimal():
        plain = _FLOAT.sub("", plain)
    digits = _SEPARATORS.sub("", plain.replace("(0)", "") if plain.startswith(("+", "00")) else plain)
    if region == "JP":
        digits = re.sub(r"^(?:\+|010|00)81", "+81", digits)
        if not digits.startswith("+"):
            return _japanese(digits)
        if digits.startswith("+81"):
            return _japanese("0" + digits[3:].removeprefix("0"))
    return _foreign(digits, region)


def extension(text: str) -> str:
    """The digits behind 内線 or ext.; "" where there are none."""
    found = None if _USUAL.fullmatch(text) else _EXTENSION.search(unicodedata.normalize("NFKC", text))
    return found[1] if found else ""


@lru_cache(maxsize=16_384)
def national(e164: str) -> str:
    """The number as people write it: 0263-00-0000; a foreign one with its country code."""
    if not e164:
        return ""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(
        number, style.NATIONAL if number.country_code == 81 else style.INTERNATIONAL
    )


def is_mobile(e164: str) -> bool:
    """Whether the number is one person's mobile phone (060, 070, 080, 090). Foreign numbers: where their plan tells."""
    if e164.startswith("+81"):
        return bool(re.fullmatch(r"\+81(?:[679]0\d|80[1-9])\d{7}", e164))
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(e164, None))
    except phonenumbers.NumberParseException:
        return False
    return kind == phonenumbers.PhoneNumberType.MOBILE


def placeholder(e164: str) -> bool:
    """Whether somebody typed it to fill a field: 000-0000-0000, 03-1111-1111, 0123456789. It proves nothing about anyone."""
    digits = e164.removeprefix("+81") if e164.startswith("+81") else e164.removeprefix("+")
    if digits[-6:] != digits[-1:] * 6:
        return digits in _RUNS
    same_at_the_end = len(digits) - len(digits.rstrip(digits[-1:]))
    return same_at_the_end >= 8 or len(set(digits)) <= 2 and same_at_the_end >= 6 or digits in _RUNS


_RUNS = {
    "123456789",
    "1234567890",
    "9012345678",
    "8012345678",
    "7012345678",
    "312345678",
    "612345678",
    "987654321",
}


def _japanese(digits: str) -> str:
    if not digits.isascii() or not digits.isdecimal():
        return ""
    if len(digits) == 9 and digits[0] != "0" or len(digits) == 10 and re.match(r"[5-9]0", digits):
        digits = "0" + digits
    expected = 11 if _LONG_JAPANESE.match(digits) else 10
    if digits[0:1] != "0" or len(digits) != expected:
        # 000-0000-0000 is no number, but a key that `placeholder` knows.
        return "+81" + digits[1:] if digits and set(digits) == {"0"} and len(digits) in (10, 11) else ""
    return "+81" + digits[1:]


def _foreign(digits: str, region: str) -> str:
    if not re.fullmatch(r"\+?\d{4,17}", digits) or not digits.isascii():
        return ""
    try:
        number = phonenumbers.parse(digits, None if digits.startswith("+") else region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
