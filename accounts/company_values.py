"""The fields of a company as they are stored, from any spelling. Refused values are named by field."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.lib import addresses, corporate_numbers, domains, phones
from crm.lib.text import clean_text

NAME_FIELDS = ("name", "kana", "latin_name")
ADDRESS_FIELDS = ("postal_code", "prefecture", "city", "street")
FIELDS = (
    *NAME_FIELDS,
    "corporate_number",
    "phone",
    "domain",
    "industry",
    "employees",
    *ADDRESS_FIELDS,
    "notes",
    "owner",
    "changed_on",
)
# What matching compares.
MATCHED_FIELDS = frozenset({*NAME_FIELDS, *ADDRESS_FIELDS, "corporate_number", "phone", "domain"})


class Cleaned(dict[str, Any]):
    """Values that went through `clean`: they are not normalised a second time."""


def clean(values: dict[str, Any]) -> Cleaned:
    """The values as they are stored. Raises ValidationError by field for what cannot be one.

    `address` in one piece is taken apart; a mail or web address as `domain` gives its domain; free mail gives none.
    """
    if isinstance(values, Cleaned):
        return values
    unknown = values.keys() - {*FIELDS, "address"}
    if unknown:
        raise LookupError(sorted(unknown))
    cleaned = Cleaned()
    problems: dict[str, str] = {}
    for name, value in values.items():
        try:
            _clean_into(cleaned, name, value)
        except ValidationError as problem:
            problems[name] = str(problem.message)
    if "name" in cleaned and not cleaned["name"]:
        problems["name"] = _("Enter the company's name.")
    if problems:
        raise ValidationError(problems)
    return cleaned


_BREAKS = re.compile(r"[ \t\n]+")
_LENGTHS = {
    "name": 200,
    "kana": 200,
    "latin_name": 200,
    "industry": 40,
    "city": 60,
    "street": 200,
    "prefecture": 4,
}


def _clean_into(cleaned: dict[str, Any], name: str, value: Any) -> None:
    if name == "address":
        for part, found in zip(
            ("prefecture", "city", "street"), addresses.split(str(value or "")), strict=True
        ):
            cleaned[part] = one_line(found, _LENGTHS[part])
    elif name in _CLEANERS:
        cleaned[name] = _CLEANERS[name](value)
    elif name in _LENGTHS:
        cleaned[name] = one_line(value, _LENGTHS[name])
    elif name == "notes":
        cleaned[name] = clean_text(str(value or "")).strip()
    elif name == "changed_on" and isinstance(value, str):
        cleaned[name] = date.fromisoformat(value) if value else None
    else:  # owner, changed_on
        cleaned[name] = value or None


def one_line(value: Any, length: int) -> str:
    """The text in one line; a full-width space inside a name stays, as the register writes it."""
    text = clean_text(str(value or ""))
    if not text.isalnum():
        text = _BREAKS.sub(" ", text).strip()
    if len(text) > length:
        raise ValidationError(_("At most %(count)d characters.") % {"count": length})
    return text


def _clean_number(value: Any) -> str:
    if not str(value or "").strip():
        return ""
    number = corporate_numbers.normalise(value)
    if not number:
        raise ValidationError(_("A corporate number has 13 digits, and this one's check digit is wrong."))
    return number


def _clean_phone(value: Any) -> str:
    if not str(value or "").strip():
        return ""
    number = phones.to_e164(str(value))
    if not number or len(number) > 20:
        raise ValidationError(_("Enter a phone number with its area code."))
    return number


def _clean_domain(value: Any) -> str:
    text = clean_text(str(value or "")).strip()
    if not text:
        return ""
    domain = domains.registrable(text)
    if not domain or len(domain) > 120:
        raise ValidationError(_("Enter a domain like example.co.jp."))
    return "" if domains.is_free_mail(domain) else domain


def _clean_postal(value: Any) -> str:
    if not str(value or "").strip():
        return ""
    code = addresses.postal(str(value))
    if not code:
        raise ValidationError(_("A postal code has 7 digits."))
    return code


def _clean_employees(value: Any) -> int | None:
    if value in (None, ""):
        return None
    try:
        count = int(value)
    except (TypeError, ValueError) as problem:
        raise ValidationError(_("Enter the number of employees in digits.")) from problem
    if not 0 <= count <= 10_000_000:
        raise ValidationError(_("Enter the number of employees in digits."))
    return count


_CLEANERS = {
    "corporate_number": _clean_number,
    "phone": _clean_phone,
    "domain": _clean_domain,
    "postal_code": _clean_postal,
    "employees": _clean_employees,
}
