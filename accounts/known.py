"""Stored companies as they are compared: their fields, and all else by which they are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import BooleanField, OuterRef
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject

from accounts.dedup import phone_areas, reading
from accounts.dedup.evidence import Group
from accounts.dedup.reading import Record
from accounts.matching_keys import stored_keys
from accounts.models import Company, CompanyName, Contact, FurtherValue, MatchKey
from crm.lib import phones
from staff import bulk

_kinds = MatchKey.Kind
# More people of one company say no more about it.
MOST_PEOPLE = 200
# Of one value shared by very many records only so many are looked at: it proves little.
MOST_PER_KEY = 50


class Name(NamedTuple):
    """One more name. Without `until` a source calls the company so today: it is a spelling, and no former name."""

    name: str
    key: str
    until: object


@dataclass
class Beside:
    """What is known of a company besides its fields."""

    names: list[Name] = field(default_factory=list)
    values: list[tuple[str, str]] = field(default_factory=list)


NOTHING = Beside()


def records_of(companies: Sequence[Company]) -> list[list[Record]]:
    """Each company as it is compared: its fields first, then every spelling and value that sources brought."""
    beside: dict[int, Beside] = {}
    for pk, name, key, until in (
        CompanyName.objects.in_use()
        .filter(company__in=companies)
        .values_list("company_id", "name", "name_key", "until")
    ):
        beside.setdefault(pk, Beside()).names.append(Name(name, key, until))
    for pk, kind, value in (
        FurtherValue.objects.in_use().filter(company__in=companies).values_list("company_id", "kind", "value")
    ):
        beside.setdefault(pk, Beside()).values.append((kind, value))
    return [list(_records(company, beside.get(company.pk, NOTHING))) for company in companies]


def with_people(companies: Sequence[Company]) -> list[list[Record]]:
    """`records_of` with a record for each person in the company, as a list of people has them."""
    people = people_of(companies)
    return [
        held + people.get(company.pk, [])
        for company, held in zip(companies, records_of(companies), strict=True)
    ]


def people_of(companies: Sequence[Company]) -> dict[int, list[Record]]:
    """Company → its people as they are compared."""
    people: dict[int, list[Record]] = {}
    rows = Contact.objects.active().filter(company__in=companies).select_related("company").order_by("pk")
    for contact in rows.defer("search_text", "search_grams", "notes"):
        held = people.setdefault(contact.company_id, [])
        if len(held) < MOST_PEOPLE:
            held.append(person_of(contact))
    return people


def person_of(contact: Contact) -> Record:
    """A stored person as they are compared."""
    return reading.read(
        {
            "company_name": contact.company.name,
            "family_name": contact.family_name,
            "given_name": contact.given_name,
            "family_kana": contact.family_kana,
            "given_kana": contact.given_kana,
            "email": contact.email,
            "phone": contact.phone,
            "mobile": contact.mobile,
        }
    )


def with_all_known(rows: Any) -> Any:
    """The companies with what `records_read` needs, in the same statement."""
    names = CompanyName.objects.in_use().filter(company=OuterRef("pk"))
    values = FurtherValue.objects.in_use().filter(company=OuterRef("pk"))
    return rows.annotate(
        other_names=ArraySubquery(names.values(json=JSONObject(name="name", key="name_key", until="until"))),
        other_values=ArraySubquery(values.values(json=JSONObject(kind="kind", value="value"))),
        first_people=ArraySubquery(Contact.objects.filter(company=OuterRef("pk")).values("pk")[:2]),
    )


def records_read(company: Any) -> list[Record]:
    """`records_of` for one that was read `with_all_known`."""
    beside = Beside(
        [Name(**name) for name in company.other_names],
        [(told["kind"], told["value"]) for told in company.other_values],
    )
    return list(_records(company, beside))


def record_of(company: Company, former: Iterable[str] = ()) -> Record:
    """The fields of a company as they are compared. `former` are keys of former names."""
    record = reading.read(
        {
            "company_name": company.name,
            "company_kana": company.kana,
            "latin_name": company.latin_name,
            "company_phone": company.phone,
            "domain": company.domain,
            "corporate_number": company.corporate_number,
            "prefecture": company.prefecture,
            "city": company.city,
            "street": company.street,
        }
    )
    return record._replace(former=tuple(dict.fromkeys((*record.former, *(set(former) - {record.name.key})))))


def _records(company: Company, beside: Beside) -> Iterator[Record]:
    yield record_of(company, (name.key for name in beside.names if name.until))
    for name in beside.names:
        if not name.until:
            yield reading.read({"company_name": name.name})
    for kind, value in beside.values:
        yield reading.read({kind: value})


# What is known by the people in them ---------------------------------------------------------------


class OfPeople(NamedTuple):
    """Mail addresses, phones and names of people in one company."""

    mails: set[str]
    phones: set[str]
    people: set[str]


def keys_of(companies: Sequence[int]) -> set[tuple[str, str]]:
    """All keys of the companies and of their people by which a company may be looked for."""
    rows = MatchKey.objects.filter(company__in=companies).exclude(kind=_kinds.PERSON)
    return {
        (kind, value)
        for kind, value in rows.values_list("kind", "value")
        if kind != _kinds.EMAIL or not reading.is_shared_mail(value)
    }


def named_in(asked: Sequence[tuple[int, str]]) -> dict[int, OfPeople]:
    """Of companies and names, each company with the names that somebody in it has."""
    found: dict[int, OfPeople] = {}
    if not asked:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT k.company_id, k.kind, k.value"
            " FROM unnest(%s::bigint[], %s::text[]) AS q (company, value)"
            " JOIN accounts_matchkey k ON k.kind = 'person' AND k.value = q.value AND k.company_id = q.company",
            [[pk for pk, _name in asked], [name for _pk, name in asked]],
        )
        for company, kind, value in cursor.fetchall():
            _put(found, company, kind, value)
    return found


def reached_by_people(
    values: Mapping[MatchKey.Kind, Sequence[str]], companies: Sequence[int]
) -> dict[int, OfPeople]:
    """Company → which of the values of each kind people in it have."""
    found: dict[int, OfPeople] = {}
    asked = {kind.value: held for kind, held in values.items() if held}
    if not asked or not companies:
        return found
    said = " OR ".join(["(kind = %s AND value = ANY (%s::text[]))"] * len(asked))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT company_id, kind, value FROM accounts_matchkey"  # noqa: S608 (nothing of a request in it)
            f" WHERE company_id = ANY (%s::bigint[]) AND contact_id IS NOT NULL AND ({said})",
            [list(companies), *(part for kind, held in asked.items() for part in (kind, bulk.array(held)))],
        )
        for company, kind, value in cursor.fetchall():
            _put(found, company, kind, value)
    return found


def _put(found: dict[int, OfPeople], company: int, kind: str, value: str) -> None:
    held = found.get(company)
    if held is None:
        held = found[company] = OfPeople(set(), set(), set())
    if kind == _kinds.EMAIL:
        held.mails.add(value)
    elif kind == _kinds.PHONE:
        held.phones.add(value)
    elif kind == _kinds.PERSON:
        held.people.add(value)


def learn(group: Group, people: OfPeople | None) -> None:
    """What the people of the company have is known of the company."""
    if people is None:
        return
    group.mails = group.mails | {mail for mail in people.mails if not reading.is_shared_mail(mail)}
    numbers = {number for number in people.phones if not phones.placeholder(number)}
    mobiles = {number for number in numbers if phones.is_mobile(number)}
    group.mobiles = group.mobiles | mobiles
    group.phones = group.phones | (numbers - mobiles)
    group.areas = group.areas | set(filter(None, map(phone_areas.prefecture, numbers - mobiles)))
    group.people = group.people | people.people


# Who shares a value ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stored:
    """A company that shares a value with a candidate, as it is compared."""

    company: Company
    group: Group
    keys: frozenset[tuple[str, str]]


# Per key through the index and never more than so many: a value that everybody shares costs no more.
# As an array they are found once, whatever is believed of the size of tables that nobody has analysed yet.
_HOLDERS = """
    accounts_company.id = ANY (ARRAY (
    SELECT k.company_id
    FROM unnest(%s::text[], %s::text[]) AS q (kind, value)
    CROSS JOIN LATERAL (
        SELECT DISTINCT company_id FROM accounts_matchkey
        WHERE kind = q.kind AND value = q.value
        ORDER BY company_id LIMIT %s
    ) AS k
    ))
"""


def sharing(keys: set[tuple[str, str]]) -> dict[int, Stored]:
    """Companies that have one of the keys, with what is compared of them."""
    if not keys:
        return {}
    by_kind: dict[str, list[str]] = {}
    for kind, value in keys:
        by_kind.setdefault(kind, []).append(value)
    kinds: list[str] = []
    values: list[str] = []
    for kind in sorted(by_kind):  # neighbours in the index one after the other
        by_kind[kind].sort()
        kinds += [kind] * len(by_kind[kind])
        values += by_kind[kind]
    holders = RawSQL(  # noqa: S611 - no text of a request in it
        _HOLDERS,
        [bulk.array(kinds), bulk.array(values), MOST_PER_KEY],
        BooleanField(),
    )
    rows = with_all_known(Company.objects.active().filter(holders))
    rows = list(rows.defer("search_text", "search_grams", "notes"))
    if not rows:
        return {}
    reach = {kind: by_kind.get(kind.value, []) for kind in (_kinds.EMAIL, _kinds.PHONE)}
    by_people = reached_by_people(reach, [row.pk for row in rows])
    return {row.pk: _stored(row, by_people.get(row.pk)) for row in rows}


def _stored(company: Any, people: OfPeople | None) -> Stored:
    records = records_read(company)
    group = Group(records)
    group.size = max(group.size, len(company.first_people))
    keys = set().union(*map(stored_keys, records))
    if people:
        learn(group, people)
        keys |= {(_kinds.EMAIL.value, mail) for mail in people.mails}
        keys |= {(_kinds.PHONE.value, phone) for phone in people.phones}
    return Stored(company, group, frozenset(keys))
