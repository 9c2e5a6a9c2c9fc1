"""Lines of companies with people become companies, former names, questions and contacts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts import companies, contacts, matching
from accounts.models import Company, CompanyName, Contact, FactsQuestion, MatchKey
from crm.lib import names
from integrations.imports import keys, places_of_lines, run_own
from integrations.imports.results import Group, Result, labels
from integrations.imports.understanding import company_values, person_values
from integrations.models import Import, ImportRow

Decision, Outcome = ImportRow.Decision, ImportRow.Outcome


def run(batch: Import, groups: Sequence[Group]) -> Result:
    """Makes or fills the companies of the groups, then brings in their people."""
    now, result = timezone.now(), Result()
    company_of, fresh = _leaders(batch, groups, now, result)
    _append(batch, groups, company_of, now, result)
    places = places_of_lines.make(batch, groups, company_of, now, result)
    _bring_in_people(batch, groups, company_of, fresh, places, now, result)
    _ask(batch, groups, company_of, result)
    run_own.run(batch, groups, result)
    return result


def _leaders(
    batch: Import, groups: Sequence[Group], now: datetime, result: Result
) -> tuple[dict[int, Company], set[int]]:
    """The company of each group by the line of its leader, and the ids of those that are new."""
    new = [group.leader for group in groups if _is_new(group.leader)]
    values = [_without_taken_number(row) for row in new]
    made = companies.create_many(values, by=batch.by, at=now, keys=list(map(_keys, new, values)))
    known_ids = _known_companies(batch, [group.leader for group in groups if not _is_new(group.leader)])
    known = Company.objects.active().in_bulk(known_ids.values())
    company_of = {row.line: company for row, company in zip(new, made, strict=True)}
    company_of |= {line: known[pk] for line, pk in known_ids.items() if pk in known}
    for row in new:
        row.outcome, row.company_id = Outcome.CREATED, company_of[row.line].pk
    result.count("companies", len(made))
    return company_of, {company.pk for company in made}


def _is_new(row: ImportRow) -> bool:
    return row.decision in (Decision.CREATE, Decision.ASK)


def _without_taken_number(row: ImportRow) -> dict[str, Any]:
    """A number names one company. A line that is only perhaps that company goes into the queue without it."""
    values = company_values(row)
    if row.decision == Decision.ASK and any(
        reason["key"] == "number" for match in row.matches for reason in match["reasons"]
    ):
        values.pop("corporate_number", None)
    return values


def _keys(row: ImportRow, values: dict[str, Any]) -> list[tuple[str, str]] | None:
    """What the check knows the company by; the number only where the company gets it."""
    known = keys.stored(row)
    if known is None or values.get("corporate_number"):
        return known
    return [(kind, value) for kind, value in known if kind != MatchKey.Kind.NUMBER]


def _known_companies(batch: Import, rows: Sequence[ImportRow]) -> dict[int, int]:
    """The id of the company that each row is added to, by its line; 0 where there is none."""
    # Leaders that came in with an earlier slice.
    earlier = batch.rows.filter(line__in={row.same_as for row in rows if row.same_as is not None})
    company_of = dict(earlier.values_list("line", "company_id"))
    return {
        row.line: company_of[row.same_as] or 0
        if row.same_as is not None
        else next((match["id"] for match in row.matches if match["of"] == "company"), 0)
        for row in rows
    }


def _append(
    batch: Import, groups: Sequence[Group], company_of: dict[int, Company], now: datetime, result: Result
) -> None:
    """Fills what is empty, keeps former names, asks about facts that two lines state for one day."""
    rows = []
    for group in groups:
        company = company_of.get(group.leader.line)
        for row in group.wanted:
            if company is None:
                row.outcome, row.reason = Outcome.SKIPPED, ""
            elif row.company_id is None:
                row.company_id = company.pk
                rows.append((row, company, company_values(row)))
    if not rows:
        return
    pks = {company.pk for _row, company, _values in rows}
    before = _history(pks)
    told = [(company, values) for _row, company, values in rows]
    filled = companies.append_each(told, by=batch.by, at=now, source=batch.name[:80])
    for (row, _company, _values), one in zip(rows, filled, strict=True):
        row.outcome = Outcome.APPENDED if one.is_news else Outcome.UNCHANGED
        if one.left:
            result.not_filled(row, labels(Company, one.left), one.refusal)
    by_id = {one.company.pk: one.company for one in filled}
    for line, company in company_of.items():
        company_of[line] = by_id.get(company.pk, company)
    for name, number in _history(pks).items():
        result.count(name, number - before[name])


def _history(pks: set[int]) -> dict[str, int]:
    return {
        "former_names": CompanyName.objects.filter(company__in=pks).count(),
        "ambiguous": FactsQuestion.objects.filter(company__in=pks).count(),
    }


def _bring_in_people(
    batch: Import,
    groups: Sequence[Group],
    company_of: dict[int, Company],
    fresh: set[int],
    places: dict[int, dict[str, Any]],
    now: datetime,
    result: Result,
) -> None:
    new: list[tuple[ImportRow, Company, dict[str, Any], matching.Match | None]] = []
    known: list[tuple[ImportRow, Contact, dict[str, Any]]] = []
    again: list[tuple[ImportRow, ImportRow, dict[str, Any]]] = []
    asked: list[tuple[ImportRow, Company, dict[str, Any]]] = []
    for group in groups:
        company = company_of.get(group.leader.line)
        here: dict[str, ImportRow] = {}
        for row in group.wanted:
            values = person_values(row)
            if company is None or not values:
                continue
            values |= places.get(row.line, {})
            person = names.person_key(values["family_name"], values.get("given_name", ""))
            if person in here:
                again.append((row, here[person], values))
                continue
            here[person] = row
            asked.append((row, company, values))
    there = [(row, company, values) for row, company, values in asked if company.pk not in fresh]
    found = matching.find_contacts_many([(company, _candidate(values)) for _row, company, values in there])
    best = {
        row.line: matches[0]
        for (row, _company, _values), matches in zip(there, found, strict=True)
        if matches
    }
    for row, company, values in asked:
        match = best.get(row.line)
        if match is not None and match.is_certain:
            known.append((row, match.record, values))
        else:
            new.append((row, company, values, match))
    made = contacts.create_many(
        [(company, values) for _row, company, values, _match in new], by=batch.by, at=now
    )
    pairs = []
    for (row, _company, _values, match), contact in zip(new, made, strict=True):
        row.contact_id, row.outcome = contact.pk, Outcome.CREATED
        if match is not None:
            pairs.append((contact, match.record, match))
    contact_of = {contact.pk: contact for contact in made}
    for row, contact, _values in known:
        row.contact_id = contact.pk
        contact_of[contact.pk] = contact
    for row, first, _values in again:
        row.contact_id = first.contact_id
    fills = [(row, contact, values) for row, contact, values in known]
    fills += [
        (row, contact_of[row.contact_id], values)
        for row, _first, values in again
        if row.contact_id in contact_of
    ]
    told = [(contact, values) for _row, contact, values in fills]
    for (row, _contact, _values), (_filled, is_news) in zip(
        fills, contacts.append_each(told, by=batch.by, at=now), strict=True
    ):
        if is_news:
            places_of_lines.adds(row)
    matching.propose_pairs(pairs, source=batch.name[:80])
    result.count("people", len(made))
    result.count("queued", len(pairs))


def _candidate(values: dict[str, Any]) -> matching.Candidate:
    return matching.Candidate(
        person=f"{values['family_name']} {values.get('given_name', '')}".strip(),
        person_kana=f"{values.get('family_kana', '')} {values.get('given_kana', '')}".strip(),
        email=values.get("email", ""),
        mobile=values.get("mobile", "") or values.get("phone", ""),
    )


def _ask(batch: Import, groups: Sequence[Group], company_of: dict[int, Company], result: Result) -> None:
    """Likenesses that nobody decided go into the duplicate queue."""
    asking = [group.leader for group in groups if group.leader.decision == Decision.ASK]
    told = [(row, match) for row in asking for match in row.matches if match["of"] in ("company", "line")]
    lines = {match["line"] for _row, match in told if match["of"] == "line"}
    by_line = dict(batch.rows.filter(line__in=lines, company__isnull=False).values_list("line", "company_id"))
    by_line |= {line: company.pk for line, company in company_of.items() if line in lines}
    ids = {match["id"] for _row, match in told if match["of"] == "company"} | set(by_line.values())
    others = Company.objects.active().in_bulk(ids)
    pairs = []
    for row, match in told:
        other = others.get(match["id"] if match["of"] == "company" else by_line.get(match["line"], 0))
        mine = company_of.get(row.line)
        if other is not None and mine is not None and other.pk != mine.pk:
            weighed = matching.Match(other, match["score"], match["verdict"], _of_company(match["reasons"]))
            pairs.append((mine, other, weighed))
    matching.propose_pairs(pairs, source=batch.name[:80])
    result.count("queued", len(pairs))


def _of_company(reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [reason for reason in reasons if reason["key"] in matching.COMPANY_POINTS]
