"""Is this company, or this person, one that we have already? The rule, with its reasons.

Form, import, lead and API ask the same functions. Candidates are rows that share a normalised value (`MatchKey`); the
points below weigh what two records have in common. A match is *certain* when it may be joined without asking, else
*probable*: it waits in the queue for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, OuterRef
from django.db.models.expressions import RawSQL

from accounts.models import Company, CompanyName, Contact, DuplicatePair, MatchKey
from crm.lib import addresses, corporate_numbers, domains, kana, names, phones
from staff import bulk

CERTAIN, PROBABLE = "certain", "probable"

# What two companies have in common → points. Shown in the queue in these words: templates/accounts/_reason.html.
COMPANY_POINTS = {
    "number": 100,  # decides alone; two different valid numbers never match
    "name": 50,
    "former": 45,
    "reading": 35,
    "phone": 40,
    "domain": 30,
    "address": 35,
    "city": 30,
    "prefecture_differs": -15,
}
PERSON_POINTS = {
    "email": 60,
    "person": 40,
    "mobile": 40,
    "phone": 20,
    "email_differs": -20,
    "person_differs": -40,
}
ENOUGH_TO_ASK = 30
# Of one value shared by very many records only so many are looked at: it proves little.
MOST_PER_KEY = 50

_kinds = MatchKey.Kind


@dataclass(frozen=True)
class Candidate:
    """What is known of a company, or of a person in one, in any spelling."""

    name: str = ""
    kana: str = ""
    phone: str = ""
    domain: str = ""
    email: str = ""
    corporate_number: str = ""
    person: str = ""
    prefecture: str = ""
    city: str = ""
    street: str = ""
    mobile: str = ""


@dataclass(frozen=True)
class Match:
    """`record` is a Company or Contact, or a position in a list. `reasons`: [{"key", "points", "a", "b"}], best first."""

    record: Any
    score: int
    verdict: str
    reasons: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_certain(self) -> bool:
        return self.verdict == CERTAIN


class Facts(NamedTuple):
    """A company as it is compared: everything normalised."""

    name: str = ""
    former: frozenset[str] = frozenset()
    readings: frozenset[str] = frozenset()
    phone: str = ""
    domain: str = ""
    number: str = ""
    prefecture: str = ""
    city: str = ""
    street: str = ""

    @property
    def keys(self) -> set[tuple[str, str]]:
        """By what it is found."""
        values = {(_kinds.NAME.value, value) for value in {self.name, *self.former, *self.readings}}
        values |= {(_kinds.PHONE.value, self.phone), (_kinds.DOMAIN.value, self.domain)}
        values.add((_kinds.NUMBER.value, self.number))
        return {(kind, value[:200]) for kind, value in values if value}


# Asking ------------------------------------------------------------------------------------------


def find_companies(candidate: Candidate) -> list[Match]:
    """Companies that may be the candidate's, best first, among all of them: callers hide what a person may not see."""
    return find_many([candidate])[0]


def find_many(candidates: Sequence[Candidate]) -> list[list[Match]]:
    """`find_companies` for many at once, in one statement."""
    facts = [facts_of_candidate(candidate) for candidate in candidates]
    holders: dict[tuple[str, str], list[tuple[Company, Facts]]] = {}
    for company, theirs in _sharing(set().union(*(mine.keys for mine in facts))):
        for key in theirs.keys:
            holders.setdefault(key, []).append((company, theirs))
    found = []
    for mine in facts:
        sharing = {
            company.pk: (company, theirs) for key in mine.keys for company, theirs in holders.get(key, ())
        }
        found.append(_best_first([_weigh_companies(mine, *other) for other in sharing.values()]))
    return found


def find_inside(candidates: Sequence[Candidate]) -> list[list[Match]]:
    """For each candidate the earlier ones of the same list that may be the same company; `record` is their position."""
    facts = [facts_of_candidate(candidate) for candidate in candidates]
    seen: dict[tuple[str, str], list[int]] = {}
    found = []
    for here, mine in enumerate(facts):
        before: set[int] = set()
        for key in mine.keys:
            others = seen.setdefault(key, [])
            before.update(others[:MOST_PER_KEY])
            others.append(here)
        found.append(_best_first([_weigh_companies(mine, at, facts[at]) for at in sorted(before)]))
    return found


def find_like(company: Company) -> list[Match]:
    """Other companies that may be the same as this one."""
    mine = facts_of(company, company.former_names.values_list("name_key", flat=True))
    others = [other for other in _sharing(mine.keys) if other[0].pk != company.pk]
    return _best_first([_weigh_companies(mine, *other) for other in others])


def find_contacts(company: Company | None, candidate: Candidate) -> list[Match]:
    """People that may be the candidate: in the company, or by their mail address in all of them."""
    email = candidate.email.strip().lower()
    person = names.person_key(candidate.person) if candidate.person else ""
    mobile = phones.to_e164(candidate.mobile or candidate.phone)
    rows = Contact.objects.filter(merged_into=None, deleted_at=None).select_related("company")
    if company is None:
        rows = rows.filter(email=email) if email else rows.none()
    else:
        keys = {(_kinds.PERSON.value, person), (_kinds.EMAIL.value, email), (_kinds.PHONE.value, mobile)}
        keyed = MatchKey.objects.filter(company=company, contact__isnull=False)
        rows = rows.filter(pk__in=[k.contact_id for k in keyed if (k.kind, k.value) in keys])
    return _best_first([_weigh_person(person, email, mobile, row) for row in rows])


# The rule ----------------------------------------------------------------------------------------


def _weigh_companies(mine: Facts, record: Any, other: Facts) -> Match | None:
    """What speaks for one company, and whether it is enough; None when it is not worth a question."""
    if mine.number and other.number:
        if mine.number != other.number:
            return None
        return Match(record, 100, CERTAIN, [_reason("number", mine.number, other.number)])
    reasons = [*_same_name(mine, other), *_same_reach(mine, other), *_same_place(mine, other)]
    keys = {reason["key"] for reason in reasons}
    if not keys & {"name", "former", "reading"} and not {"phone", "domain"} <= keys:
        return None  # tenants share a phone, groups a domain, neighbours a city
    if keys & {"reading"} and not keys & {"name", "former", "phone", "domain", "address", "city"}:
        return None
    score = min(99, sum(reason["points"] for reason in reasons))
    if score < ENOUGH_TO_ASK:
        return None
    is_certain = "name" in keys and bool(keys & {"phone", "domain", "address", "city"})
    return Match(record, score, CERTAIN if is_certain else PROBABLE, reasons)


def _same_name(mine: Facts, other: Facts) -> list[dict[str, Any]]:
    if mine.name and mine.name == other.name:
        return [_reason("name", mine.name, other.name)]
    if mine.name in other.former:
        return [_reason("former", mine.name, mine.name)]
    if other.name in mine.former:
        return [_reason("former", other.name, other.name)]
    read_alike = mine.readings & (other.readings | {other.name}) or other.readings & {mine.name}
    return [_reason("reading", value, value) for value in sorted(read_alike)[:1]]


def _same_reach(mine: Facts, other: Facts) -> list[dict[str, Any]]:
    pairs = [("phone", mine.phone, other.phone), ("domain", mine.domain, other.domain)]
    return [_reason(key, a, b) for key, a, b in pairs if a and a == b]


def _same_place(mine: Facts, other: Facts) -> list[dict[str, Any]]:
    if not mine.prefecture or not other.prefecture:
        return []
    if mine.prefecture != other.prefecture:
        return [_reason("prefecture_differs", mine.prefecture, other.prefecture)]
    a, b = mine.prefecture + mine.city, other.prefecture + other.city
    if not mine.city or a != b:
        return []
    if mine.street and mine.street == other.street:
        return [_reason("address", a + mine.street, b + other.street)]
    return [_reason("city", a, b)]


def _weigh_person(person: str, email: str, mobile: str, contact: Contact) -> Match | None:
    reasons = []
    if email and contact.email:
        same = email == contact.email
        reasons.append(_reason("email" if same else "email_differs", email, contact.email, PERSON_POINTS))
    if person and contact.person_key:
        same = person == contact.person_key
        reasons.append(
            _reason("person" if same else "person_differs", person, contact.person_key, PERSON_POINTS)
        )
    if mobile and mobile in (contact.mobile, contact.phone):
        key = "mobile" if phones.is_mobile(mobile) else "phone"
        reasons.append(_reason(key, mobile, mobile, PERSON_POINTS))
    keys = {reason["key"] for reason in reasons}
    if "person_differs" in keys or not keys & {"email", "person", "mobile"}:
        return None  # a shared mailbox or switchboard, not one person
    score = max(0, min(99, sum(reason["points"] for reason in reasons)))
    # Two people of one name do work in one company; then their addresses differ.
    is_certain = "person" in keys and "email_differs" not in keys or "email" in keys
    return Match(contact, score, CERTAIN if is_certain else PROBABLE, reasons)


def _reason(key: str, a: str, b: str, points: dict[str, int] = COMPANY_POINTS) -> dict[str, Any]:
    return {"key": key, "points": points[key], "a": a, "b": b}


def _best_first(matches: Iterable[Match | None]) -> list[Match]:
    return sorted(
        (match for match in matches if match), key=lambda m: (m.verdict != CERTAIN, -m.score, _id(m.record))
    )


def _id(record: Any) -> int:
    return record if isinstance(record, int) else record.pk


# Facts and keys ----------------------------------------------------------------------------------


def facts_of_candidate(candidate: Candidate) -> Facts:
    name = names.company_key(candidate.name) if candidate.name.strip() else ""
    reading = candidate.kana or (candidate.name if kana.is_kana(candidate.name) else "")
    phone = phones.to_e164(candidate.phone) if candidate.phone else ""
    return Facts(
        name=name,
        readings=frozenset({kana.kana_key(reading)} - {""} if reading else ()),
        phone="" if phones.placeholder(phone) else phone,
        domain=domains.matching_domain(candidate.domain) or domains.matching_domain(candidate.email),
        number=corporate_numbers.normalise(candidate.corporate_number) if candidate.corporate_number else "",
        prefecture=candidate.prefecture,
        city=candidate.city,
        street=addresses.address_key(candidate.street) if candidate.street else "",
    )


def facts_of(company: Company, former: Iterable[str] = ()) -> Facts:
    """The stored columns are normalised already. `former` are keys of former names."""
    readings = {kana.kana_key(company.kana)} if company.kana else set()
    if company.latin_name:
        readings.add(names.company_key(company.latin_name))
    return Facts(
        name=company.name_key,
        former=frozenset(former) - {company.name_key},
        readings=frozenset(readings - {"", company.name_key}),
        phone="" if phones.placeholder(company.phone) else company.phone,
        domain="" if company.domain in domains.FREE_MAIL else company.domain,
        number=company.corporate_number,
        prefecture=company.prefecture,
        city=company.city,
        street=addresses.address_key(company.street) if company.street else "",
    )


def contact_keys(contact: Contact) -> set[tuple[str, str]]:
    """By what a person is found."""
    values = {(_kinds.PERSON.value, contact.person_key), (_kinds.EMAIL.value, contact.email)}
    values |= {(_kinds.PHONE.value, number) for number in (contact.phone, contact.mobile)}
    return {(kind, value) for kind, value in values if value}


def store_company_keys(companies: Sequence[Company], former: dict[int, list[str]] | None = None) -> None:
    """Writes the keys of new companies, set-wise. `former`: company id → keys of former names."""
    keys = (
        (kind, value, company.pk)
        for company in companies
        for kind, value in sorted(facts_of(company, (former or {}).get(company.pk, ())).keys)
    )
    bulk.store(MatchKey, ["kind", "value", "company_id"], keys)


def renew_company_keys(companies: Sequence[Company]) -> None:
    """Brings the keys of changed companies up to date, former names included."""
    former: dict[int, list[str]] = {}
    for pk, key in CompanyName.objects.filter(company__in=companies).values_list("company_id", "name_key"):
        former.setdefault(pk, []).append(key)
    MatchKey.objects.filter(company__in=companies, contact=None).delete()
    store_company_keys(companies, former)


def store_contact_keys(contacts: Sequence[Contact]) -> None:
    """Writes the keys of new people, set-wise."""
    keys = (
        (kind, value, contact.company_id, contact.pk)
        for contact in contacts
        for kind, value in sorted(contact_keys(contact))
    )
    bulk.store(MatchKey, ["kind", "value", "company_id", "contact_id"], keys)


def renew_contact_keys(contacts: Sequence[Contact]) -> None:
    MatchKey.objects.filter(contact__in=contacts).delete()
    store_contact_keys(contacts)


# The queue ---------------------------------------------------------------------------------------


def propose_pair(a: Model, b: Model, match: Match, *, source: str) -> None:
    """Puts two companies, or two contacts, into the queue. A pair that was ever asked about is not asked again."""
    propose_pairs([(a, b, match)], source=source)


def propose_pairs(pairs: Iterable[tuple[Any, Any, Match]], *, source: str) -> None:
    """`propose_pair` for many at once, in one statement."""
    rows = []
    for a, b, match in pairs:
        if a.pk == b.pk:
            continue
        first, second = sorted((a, b), key=lambda record: record.pk)
        turned = first.pk != a.pk
        reasons = [{**r, "a": r["b"], "b": r["a"]} if turned else r for r in match.reasons]
        rows.append(DuplicatePair(**_sides(first, second), score=match.score, reasons=reasons, source=source))
    DuplicatePair.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def _sides(first: Any, second: Any) -> dict[str, Any]:
    if isinstance(first, Company):
        return {"company_a": first, "company_b": second}
    return {
        "company_a_id": first.company_id,
        "company_b_id": second.company_id,
        "contact_a": first,
        "contact_b": second,
    }


# Reading candidates ------------------------------------------------------------------------------

# Per key through the index and never more than so many: a value that everybody shares costs no more.
_HOLDERS = """
    SELECT k.company_id
    FROM unnest(%s::text[], %s::text[]) AS q (kind, value)
    CROSS JOIN LATERAL (
        SELECT company_id FROM accounts_matchkey
        WHERE kind = q.kind AND value = q.value AND contact_id IS NULL
        ORDER BY company_id LIMIT %s
    ) AS k
"""


def _sharing(keys: set[tuple[str, str]]) -> list[tuple[Company, Facts]]:
    """Companies that have one of the keys, with what is compared of them."""
    if not keys:
        return []
    wanted = sorted(keys)
    holders = RawSQL(  # noqa: S611 - no text of a request in it
        _HOLDERS, [[kind for kind, _ in wanted], [value for _, value in wanted], MOST_PER_KEY]
    )
    former = CompanyName.objects.filter(company=OuterRef("pk")).values("name_key")
    rows = Company.objects.active().filter(pk__in=holders).annotate(former_keys=ArraySubquery(former))
    return [
        (row, facts_of(row, row.former_keys)) for row in rows.defer("search_text", "search_grams", "notes")
    ]
