"""What sources say of a company beside what stands in its fields: the values by which matching knows it, too."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from accounts.company_values import ADDRESS_FIELDS
from accounts.dedup import names_read
from accounts.models import Company, FurtherValue
from crm.lib import kana, names

Kind = FurtherValue.Kind
Told = tuple[str, str]

_LONGEST = 270
# Of these one says no more than another that differs in spelling only; the others are normalised already.
_PLAIN = {Kind.PHONE: "phone", Kind.DOMAIN: "domain", Kind.NUMBER: "corporate_number"}


def beside(company: Company, values: Mapping[str, Any]) -> Iterator[Told]:
    """Kind and value of what cleaned values say and the fields of the company do not."""
    for kind, field in _PLAIN.items():
        if (value := values.get(field)) and value != getattr(company, field):
            yield str(kind), value
    if (reading := kana.kana_key(values.get("kana") or "")) and reading != kana.kana_key(company.kana):
        yield str(Kind.KANA), reading[:200]
    latin = values.get("latin_name") or ""
    if latin and latin.casefold() != company.latin_name.casefold():
        yield str(Kind.LATIN), latin
    if (name := values.get("name")) and _adds_form(company, name):
        yield str(Kind.NAME), name
    if values.get("street"):
        address = _address(values)
        if address != company.address:
            yield str(Kind.ADDRESS), address


def of_absorbed(winner: Company, loser: Company) -> Iterator[Told]:
    """What the loser of a merge was known by and the winner's fields do not say."""
    values = {field: getattr(loser, field) for field in _FIELDS}
    yield from (told for told in beside(winner, values) if told[0] != Kind.NAME)
    if loser.name != winner.name:
        yield str(Kind.NAME), loser.name


_FIELDS = (
    "name",
    "kana",
    "latin_name",
    "phone",
    "domain",
    "corporate_number",
    "prefecture",
    "city",
    "street",
)


def rows(company: Company, told: Iterable[Told], known: Iterable[Told] = ()) -> list[FurtherValue]:
    """Unsaved rows of what is not known yet."""
    new = dict.fromkeys((kind, value[:_LONGEST]) for kind, value in told)
    return [
        FurtherValue(company=company, kind=kind, value=value)
        for kind, value in new
        if (kind, value) not in set(known)
    ]


def without(values: Mapping[str, Any], struck: Container[Told]) -> dict[str, Any]:
    """The cleaned values without those that somebody struck out of what the company is known by."""
    kinds = {field: str(kind) for kind, field in _PLAIN.items()} | {"latin_name": str(Kind.LATIN)}
    left = {field: value for field, value in values.items() if (kinds.get(field), value) not in struck}
    if (str(Kind.KANA), kana.kana_key(values.get("kana") or "")[:200]) in struck:
        left.pop("kana", None)
    if (str(Kind.ADDRESS), _address(values)) in struck:
        left = {field: value for field, value in left.items() if field not in ADDRESS_FIELDS}
    return left


def _adds_form(company: Company, name: str) -> bool:
    """The same name with a legal form that ours does not have; another name is remembered as one (`CompanyName`)."""
    form = names_read.form_of(name)
    return (
        bool(form)
        and form != names_read.form_of(company.name)
        and names.company_key(name)[:200] == company.name_key
    )


def _address(values: Mapping[str, Any]) -> str:
    return "".join(values.get(part) or "" for part in ("prefecture", "city", "street"))
