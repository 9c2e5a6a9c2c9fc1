"""Is this company, or this person, one that we have already? Every door asks here: form, import, lead, conversion, edit.

What the answer is, `accounts.dedup` says: the same reading, evidence and rules as for a list matched against itself.
Candidates are stored companies that share a normalised value (`MatchKey`). A match is *certain* when it may be joined
without asking, else *probable*: it waits in the queue for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from django.db.models import Model, Q

from accounts import answered, known, neighbours
from accounts.dedup import chances, evidence, names_read, people, reading, rules
from accounts.dedup.apart import NOBODY, Apart
from accounts.dedup.evidence import BIT, Group
from accounts.dedup.grouping import Companies, Surroundings
from accounts.dedup.reading import Record
from accounts.matching_keys import asked_keys, contact_keys, stored_keys
from accounts.matching_rules import live_people, live_table
from accounts.models import Company, Contact, DuplicatePair, MatchKey
from staff import bulk

CERTAIN, PROBABLE = rules.CERTAIN, rules.PROBABLE
COMPANY_POINTS = rules.POINTS
PERSON_POINTS = people.POINTS
_MOST_WORTH = 32_000


class Candidate(NamedTuple):
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
    latin_name: str = ""
    person_kana: str = ""

    def read(self) -> Record:
        return reading.read(
            {
                "company_name": self.name,
                "company_kana": self.kana,
                "latin_name": self.latin_name,
                "phone": self.phone,
                "mobile": self.mobile,
                "domain": self.domain,
                "email": self.email,
                "corporate_number": self.corporate_number,
                "person": self.person,
                "person_kana": self.person_kana,
                "prefecture": self.prefecture,
                "city": self.city,
                "street": self.street,
            }
        )


@dataclass(frozen=True)
class Match:
    """`record` is a Company or Contact, or a position in a list. `reasons`: [{"key", "points", "a", "b"}], best first."""

    record: Any
    score: int
    verdict: str
    reasons: list[dict[str, Any]] = field(default_factory=list)
    gain: float | None = None

    @property
    def worth(self) -> int:
        """How useful the question is, in thousandths: what its answer brings, else how likely they are one."""
        if self.gain is not None:
            return min(_MOST_WORTH, round(1000 * self.gain))
        keys = [reason["key"] for reason in self.reasons]
        if not set(keys) <= set(evidence.KEYS):
            return self.score * 10
        odds = chances.of_evidence(evidence.mask(keys))
        return round(1000 * odds / (1 + odds))

    @property
    def is_certain(self) -> bool:
        return self.verdict == CERTAIN


# Asking ------------------------------------------------------------------------------------------


def find_companies(candidate: Candidate) -> list[Match]:
    """Companies that may be the candidate's, best first, among all of them: callers hide what a person may not see."""
    return find_many([candidate])[0]


def find_many(candidates: Sequence[Candidate]) -> list[list[Match]]:
    """`find_companies` for many at once, in one statement."""
    return find_records([candidate.read() for candidate in candidates])


def find_records(records: Sequence[Record]) -> list[list[Match]]:
    """`find_many` for candidates that have been read."""
    return _find(records)


def find_inside(
    candidates: Sequence[Candidate], surroundings: Surroundings | None = None
) -> list[list[Match]]:
    """For each candidate the earlier ones of the same list that may be the same company; `record` is their position."""
    return Inside(candidates, surroundings).matches


class Inside:
    """The candidates of one list grouped as a whole, with stored companies among them.

    Who is certain to be in a group matches its first one. `surroundings`: what the rest of the list says, where the
    candidates are those of it that have something in common.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        surroundings: Surroundings | None = None,
        stored: Sequence[Company] = (),
        known_as: Sequence[Sequence[Record]] | None = None,
    ) -> None:
        records = [candidate.read() for candidate in candidates]
        self._count = len(records)
        one = list(range(len(records)))
        self._company_of: dict[int, tuple[Company, Sequence[Record]]] = {}
        held_by = known.with_people(stored) if known_as is None else known_as
        for company, held in zip(stored, held_by, strict=True):
            self._company_of[len(records)] = company, held
            one += [len(records)] * len(held)
            records += held
        place = {company.pk: at for at, (company, _) in self._company_of.items()}
        apart = answered.of_companies(place)
        self._companies = Companies(records, live_table(), surroundings, one, apart)
        group_of = self._companies.group_of
        self.group_of = group_of[: self._count]
        self.group_of_stored = {company.pk: group_of[at] for at, (company, _) in self._company_of.items()}

    def of_stored(self) -> dict[int, list[Match]]:
        """For each stored company, by its id, the others that may be it."""
        held = self._companies
        pairs: list[tuple[int, int, int, str, float | None]] = [
            (a, b, bits, CERTAIN, None) for a, b, bits in held.joins
        ]
        pairs += [(q.a, q.b, q.bits, PROBABLE, q.gain) for q in held.questions()]
        found: dict[int, list[Match]] = {}
        for a, b, bits, verdict, gain in pairs:
            (one, of_one), (two, of_two) = self._company_of[a], self._company_of[b]
            mine, theirs = Group(of_one), Group(of_two)
            if verdict == CERTAIN:  # joined by what was looked at first; told is all that they share
                bits |= held.weigh(mine, theirs)
            for here, there, reasons in (
                (one, two, evidence.reasons(mine, theirs, bits, rules.POINTS)),
                (two, one, evidence.reasons(theirs, mine, bits, rules.POINTS)),
            ):
                found.setdefault(here.pk, []).append(Match(there, rules.score(bits), verdict, reasons, gain))
        return {pk: _best_first(matches) for pk, matches in found.items()}

    @property
    def matches(self) -> list[list[Match]]:
        """For each candidate the earlier ones that may be the same company; `record` is their position."""
        companies = self._companies
        found: list[list[Match]] = [[] for _ in range(self._count)]
        joined = {b: (a, bits) for a, b, bits in companies.joins}
        for here, first in enumerate(self.group_of):
            if here != first:
                _other, bits = joined.get(here, (first, BIT["name"]))
                one, two = companies.group_of_one(here), companies.group_of_one(first)
                reasons = evidence.reasons(one, two, bits, rules.POINTS)
                found[here].append(Match(first, rules.score(bits), CERTAIN, reasons))
        for question in companies.questions():
            first, later = sorted((question.a, question.b))
            if later < self._count:
                reasons = companies.reasons(later, first, question.bits)
                found[later].append(Match(first, question.score, PROBABLE, reasons))
        return found


def find_like(company: Company) -> list[Match]:
    """Other companies that may be the same as this one."""
    return find_like_many([company])[0]


def find_like_many(companies: Sequence[Company]) -> list[list[Match]]:
    """`find_like` for many at once: all that share something with one of them are grouped as a whole."""
    keys = known.keys_of([company.pk for company in companies])
    for company in companies:
        keys |= asked_keys(known.record_of(company))
    near = known.sharing(keys)
    records = [known.records_read(stored.company) for stored in near.values()]
    stored = [stored.company for stored in near.values()]
    people = known.people_of(stored)
    known_as = [held + people.get(company.pk, []) for company, held in zip(stored, records, strict=True)]
    found = Inside((), neighbours.of_stored(), stored, known_as).of_stored()
    return [found.get(company.pk, []) for company in companies]


def find_contacts(company: Company | None, candidate: Candidate) -> list[Match]:
    """People that may be the candidate: in the company, or by their mail address in all of them."""
    return find_contacts_many([(company, candidate)])[0]


def find_contacts_many(asked: Sequence[tuple[Company | None, Candidate]]) -> list[list[Match]]:
    """`find_contacts` for many, in two statements at most. The rules are those of a list matched against itself (dedup/people.py)."""
    companies = {company.pk for company, _candidate in asked if company is not None}
    mails = {candidate.email.strip().lower() for company, candidate in asked if company is None} - {""}
    if not companies and not mails:
        return [[] for _ in asked]
    rows = Contact.objects.active().filter(Q(company__in=companies) | Q(email__in=mails)).order_by("pk")
    of_company: dict[int, list[tuple[Contact, Record]]] = {}
    of_mail: dict[str, list[tuple[Contact, Record]]] = {}
    for contact in rows.select_related("company").defer("search_text", "search_grams", "notes"):
        read = (contact, known.person_of(contact))
        of_company.setdefault(contact.company_id, []).append(read)
        if contact.email:
            of_mail.setdefault(contact.email, []).append(read)
    held = [
        of_company.get(company.pk, []) if company else of_mail.get(candidate.email.strip().lower(), [])
        for company, candidate in asked
    ]
    found = [_find_person(*one, near) for one, near in zip(asked, held, strict=True)]
    if said := answered.of_contacts(_among_several(found)):
        found = [
            _find_person(*one, near, said) if len(matches) > 1 else matches
            for one, near, matches in zip(asked, held, found, strict=True)
        ]
    return found


def _find_person(
    company: Company | None,
    candidate: Candidate,
    held: Sequence[tuple[Contact, Record]],
    said: Sequence[tuple[int, int]] = (),
) -> list[Match]:
    if not held:
        return []
    mine = candidate.read()
    if company is not None:
        # Which company they are of is settled; what it is called by the candidate says nothing more.
        mine = mine._replace(name=names_read.NOTHING)
    place = {contact.pk: at for at, (contact, _record) in enumerate(held, start=1)}
    groups = people.People(
        [mine, *(record for _contact, record in held)],
        [company.pk if company else 0, *(contact.company_id for contact, _record in held)],
        live_people(),
        [(place[a], place[b]) for a, b in said if a in place and b in place],
    )
    root = groups.group_of
    asked = {
        max(question.a, question.b)
        for question in groups.questions()
        if min(question.a, question.b) == root[0]
    }
    matches = []
    for at, (contact, record) in enumerate(held, start=1):
        if root[at] == root[0]:
            matches.append(match_person(mine, contact, record, CERTAIN))
        elif root[at] in asked:
            matches.append(match_person(mine, contact, record, PROBABLE))
    return _best_first(matches)


def people_like(contacts: Sequence[Contact]) -> list[tuple[Contact, Contact, Match]]:
    """Those of the contacts who may be one person, each two of them once; with their companies read."""
    records, employers = people_of(contacts), [contact.company_id for contact in contacts]
    place = {contact.pk: at for at, contact in enumerate(contacts)}
    held = people.People(records, employers, live_people(), answered.of_contacts(place))
    found = [(asked.a, asked.b, PROBABLE) for asked in held.questions()]
    found += [(a, b, CERTAIN) for a, b, _keys in held.joins]
    return [
        (contacts[a], contacts[b], match_person(records[a], contacts[b], records[b], verdict))
        for a, b, verdict in found
    ]


def people_of(contacts: Sequence[Contact]) -> list[Record]:
    """Stored people as they are compared."""
    return [known.person_of(contact) for contact in contacts]


def match_person(mine: Record, contact: Contact, record: Record, verdict: str = CERTAIN) -> Match:
    """The contact as a match, with what the two have in common."""
    reasons = []
    if mine.mail and record.mail:
        key = "email" if mine.mail == record.mail else "email_differs"
        reasons.append(_reason(key, mine.mail, record.mail))
    if mine.person.key and record.person.key:
        one, two = mine.person, record.person
        if one.key == two.key:
            reasons.append(_reason("person", one.key, two.key))
        elif one.sound and one.sound == two.sound or people.is_spoken(one) != people.is_spoken(two):
            reasons.append(_reason("reading", one.sound or one.key, two.sound or two.key))
        else:
            reasons.append(_reason("person", one.key, two.key, PERSON_POINTS["family"]))
    if mine.mobile and mine.mobile == record.mobile:
        reasons.append(_reason("mobile", mine.mobile, record.mobile))
    elif common := sorted(set(mine.phones) & set(record.phones)):
        reasons.append(_reason("phone", common[0], common[0]))
    score = max(0, min(99, sum(reason["points"] for reason in reasons)))
    return Match(contact, score, verdict, sorted(reasons, key=lambda reason: -abs(reason["points"])))


def _reason(key: str, a: str, b: str, points: int | None = None) -> dict[str, Any]:
    return {"key": key, "points": PERSON_POINTS[key] if points is None else points, "a": a, "b": b}


# The rule ----------------------------------------------------------------------------------------


def _find(records: Sequence[Record]) -> list[list[Match]]:
    """Of each, the companies that may be it."""
    keys = [asked_keys(record) for record in records]
    sharing = known.sharing(set().union(*keys) if keys else set())
    holders: dict[tuple[str, str], list[known.Stored]] = {}
    for stored in sharing.values():
        for key in stored.keys:
            holders.setdefault(key, []).append(stored)
    found_by = [{s.company.pk: s for key in of for s in holders.get(key, ())} for of in keys]
    _learn_people(records, found_by)
    table = live_table()
    found = [_weigh_all(record, near, table) for record, near in zip(records, found_by, strict=True)]
    if apart := Apart(answered.of_companies(_among_several(found))):
        for n, matches in enumerate(found):
            if apart.any_of(match.record.pk for match in matches):
                found[n] = _weigh_all(records[n], found_by[n], table, apart)
    return found


def _among_several(found: Sequence[Sequence[Match]]) -> dict[int, int]:
    """The ids of what was found together with something else: what people answered is read for these only."""
    return {match.record.pk: match.record.pk for matches in found if len(matches) > 1 for match in matches}


def _weigh_all(
    record: Record, near: dict[int, known.Stored], table: rules.Table, apart: Apart = NOBODY
) -> list[Match]:
    """Those of the companies that the record may be. Who is as surely each of two that are two is asked about."""
    if not near:
        return []
    mine = Group([record])
    matches = _best_first(_weigh(mine, stored, near.values(), table, apart) for stored in near.values())
    if not apart:
        return matches
    certain = [match for match in matches if match.is_certain]
    as_sure: dict[int, list[int]] = {}
    for match in certain:
        as_sure.setdefault(match.score, []).append(match.record.pk)
    either = [match for match in certain if apart.any_of(as_sure[match.score])]
    return _best_first(replace(match, verdict=PROBABLE) if match in either else match for match in matches)


def _learn_people(records: Sequence[Record], found_by: Sequence[dict[int, known.Stored]]) -> None:
    """Whose name somebody in a company has speaks for that company."""
    wanted = [
        (pk, record.person.key)
        for record, near in zip(records, found_by, strict=True)
        if record.person.is_full
        for pk in near
    ]
    told = known.named_in(wanted)
    for pk, stored in {pk: stored for near in found_by for pk, stored in near.items()}.items():
        known.learn(stored.group, told.get(pk))


def _weigh(
    mine: Group, stored: known.Stored, sharing: Iterable[known.Stored], table: rules.Table, apart: Apart
) -> Match | None:
    """What speaks for the company, and whether it is enough; None when it is not worth a question."""
    theirs = stored.group
    held = evidence.Holders(
        lambda phone: 1 + sum(phone in other.group.phones for other in sharing),
        lambda domain: 1 + sum(domain in other.group.domains for other in sharing),
    )
    bits = evidence.of(mine, theirs, held)
    if bits & evidence.SAME_NAME:
        alike = [
            other for other in sharing if other.group.names & mine.names or other.group.heard & mine.heard
        ]
        are_two = apart.any_of(other.company.pk for other in alike)
        crowd = evidence.crowd_of([mine, *(other.group for other in alike)], are_two=are_two)
        bits |= evidence.crowding(mine, theirs, [crowd])
        if any(len(name) <= 2 for name in mine.names):
            bits |= BIT["common"]
    rule = table.decide(bits)
    if rule is None:
        return None
    return Match(
        stored.company, rules.score(bits), rule.verdict, evidence.reasons(mine, theirs, bits, rules.POINTS)
    )


def _best_first(matches: Iterable[Match | None]) -> list[Match]:
    return sorted(
        (match for match in matches if match), key=lambda m: (m.verdict != CERTAIN, -m.score, _id(m.record))
    )


def _id(record: Any) -> int:
    return record if isinstance(record, int) else record.pk


# Keys --------------------------------------------------------------------------------------------


def store_company_keys(
    companies: Sequence[Company],
    known_as: Sequence[Sequence[Record]] = (),
    keys: Sequence[Iterable[tuple[str, str]] | None] | None = None,
) -> None:
    """Writes the keys of new companies, set-wise. `known_as`: what is known of them besides their fields, if anything.

    `keys`: the keys of each company where the caller has `stored_keys` of it already.
    """
    rows = []
    for n, company in enumerate(companies):
        held = keys[n] if keys else None
        if held is None:
            records = known_as[n] if known_as else [known.record_of(company)]
            held = frozenset().union(*map(stored_keys, records))
        pk = company.pk
        rows += [(kind, value, pk) for kind, value in sorted(held)]
    bulk.store(MatchKey, ["kind", "value", "company_id"], rows)


def renew_company_keys(companies: Sequence[Company]) -> None:
    """Brings the keys of changed companies up to date, with all that they are known by."""
    MatchKey.objects.filter(company__in=companies, contact=None).delete()
    store_company_keys(companies, known.records_of(companies))


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
        rows.append(
            bulk.new(
                DuplicatePair,
                **_sides(first, second),
                score=match.score,
                verdict=match.verdict,
                worth=match.worth,
                reasons=reasons,
                source=source,
            )
        )
    DuplicatePair.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def _sides(first: Any, second: Any) -> dict[str, Any]:
    if isinstance(first, Company):
        return {"company_a_id": first.pk, "company_b_id": second.pk}
    return {
        "company_a_id": first.company_id,
        "company_b_id": second.company_id,
        "contact_a_id": first.pk,
        "contact_b_id": second.pk,
    }
