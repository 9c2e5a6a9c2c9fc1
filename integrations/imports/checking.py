"""The second step of the workers: each line is understood, compared with what is there, and with the other lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from accounts import matching
from accounts.models import Company, Contact
from integrations.imports import again, cleaning, keys, known_deals, known_leads, repeats, understanding
from integrations.imports import rows as staged
from integrations.imports.catalogue import Catalogue
from integrations.models import Import, ImportRow
from staff import bulk
from staff.models import User

ROWS_AT_ONCE = 2000
_KEPT_MATCHES = 3

Standing, Decision = ImportRow.Standing, ImportRow.Decision


def check_slice(batch: Import) -> None:
    """Checks the next lines; when all are checked, finds those that repeat each other and counts."""
    if rows := _next_rows(batch):
        check(batch, rows)
        batch.done_count += len(rows)
        batch.counts = batch.counts | {"last_line": rows[-1].line}
        return
    repeats.find(batch)
    batch.counts = {"highest_company": _highest_company()}
    count(batch)
    batch.state = Import.State.READY


def _next_rows(batch: Import) -> list[ImportRow]:
    """Lines that nobody has checked yet, and after these, when the columns were chosen anew, those that were."""
    piece = batch.pieces.order_by("first_line").first()
    if piece is not None:
        piece.delete()
        return staged.of_piece(batch, piece)
    last = batch.counts.get("last_line", 0)
    waiting = batch.rows.filter(line__gt=last).order_by("line")[:ROWS_AT_ONCE]
    rows = staged.load(batch, waiting, "line", "raw", "fixes")
    for row in rows:
        row.fixes = row.fixes or {}
    return rows


def check(batch: Import, rows: Sequence[ImportRow]) -> None:
    """Understands and compares the rows, proposes what to do with each, and stores it."""
    today, catalogue = timezone.localdate(), Catalogue(batch)
    for row in rows:
        understanding.understand(batch, row, today, catalogue)
        row.same_as = None
    compare(batch, [row for row in rows if not row.problems and not row.reason], catalogue)
    for row in rows:
        if row.problems or row.reason:
            row.standing = Standing.BAD if row.problems else Standing.NEW
            row.decision, row.matches, row.score, row.keys = Decision.SKIP, [], 0, []
    if rows and rows[0]._state.adding:
        bulk.create(rows)
        return
    staged.save(
        rows,
        "sender_id",
        "reason",
        "values",
        "problems",
        "matches",
        "keys",
        "standing",
        "decision",
        "score",
        "same_as",
    )


def compare(batch: Import, rows: Sequence[ImportRow], catalogue: Catalogue | None = None) -> None:
    """Sets matches, score, standing and the proposed decision of rows without problems."""
    if batch.kind in known_deals.KINDS:
        known_deals.compare(batch, rows, catalogue or Catalogue(batch))
        for row in rows:
            row.keys = keys.of_deal(row)
        return
    candidates = understanding.candidates_of(batch, rows)
    records = [candidate.read() for candidate in candidates]
    for row, record in zip(rows, records, strict=True):
        row.keys = keys.of_person(row) if batch.kind == Import.Kind.LEADS else keys.of_company(row, record)
    found = matching.find_records(records)
    by_mail = _people_by_mail(candidates)
    seen = {match.record.pk for matches in found for match in matches}
    visible = _visible(batch.by, seen | {match.record.company_id for match in by_mail.values()})
    people_in_work = known_leads.find(batch, rows, found) if batch.kind == Import.Kind.LEADS else {}
    before, referred = again.find(batch, rows), again.of_references(batch, rows)
    told = iter(_told_all(candidates, found, visible))
    for row, candidate, matches in zip(rows, candidates, found, strict=True):
        row.matches = [next(told) for _match in matches[:_KEPT_MATCHES]]
        if not row.matches and (person := by_mail.get(candidate.email)):
            row.matches = [_told_person(person, person.record.company_id in visible)]
        if row.values.get("company_ref") and not row.values.get("company_name") and row.line not in referred:
            unknown = cleaning.Bad("no_such_company")
            row.problems = [unknown.as_problem("company_ref", row.values["company_ref"])]
            continue
        if row.line in referred:
            others = [match for match in row.matches if match["id"] != referred[row.line]["id"]]
            row.matches = [referred[row.line], *others]
        elif lead := people_in_work.get(row.line):
            row.matches.insert(0, lead)
        elif row.line in before:
            _put_first(row, before[row.line])
        _propose(batch, row)


def _put_first(row: ImportRow, before: dict[str, Any]) -> None:
    """What the line became before leads, unless it is sure to be one by what it says; then that stays so."""
    if not (row.matches and row.matches[0]["verdict"] == matching.CERTAIN):
        row.matches.insert(0, before)
    elif row.matches[0].get("id") == before["id"]:
        row.matches[0]["before"] = True


def _propose(batch: Import, row: ImportRow) -> None:
    best = row.matches[0] if row.matches else None
    row.score = best["score"] if best else 0
    if best is None:
        row.standing, row.decision = Standing.NEW, Decision.CREATE
    elif best.get("hidden"):
        # Who brings the list in may not see it: the question goes to those who review duplicates.
        row.standing, row.decision = Standing.SIMILAR, Decision.ASK
    elif best["of"] == "lead":
        row.standing, row.decision = Standing.KNOWN, Decision.APPEND
    elif best["verdict"] == matching.CERTAIN:
        # A known company's new lead is new all the same; intake recognises the company again.
        is_lead = batch.kind == Import.Kind.LEADS
        row.standing = Standing.NEW if is_lead else Standing.KNOWN
        row.decision = Decision.CREATE if is_lead else Decision.APPEND
    else:
        row.standing, row.decision = Standing.SIMILAR, Decision.ASK


def _told_all(
    candidates: Sequence[matching.Candidate], found: Sequence[list[matching.Match]], visible: set[int]
) -> list[dict[str, Any]]:
    """The matches of all rows, one behind the other; with the person, where the company may be seen."""
    kept = [
        (match, candidate)
        for candidate, matches in zip(candidates, found, strict=True)
        for match in matches[:_KEPT_MATCHES]
    ]
    asked = [
        (n, (match.record, candidate))
        for n, (match, candidate) in enumerate(kept)
        if match.record.pk in visible and (candidate.person or candidate.email)
    ]
    people = matching.find_contacts_many([pair for _n, pair in asked])
    people_of = {n: persons for (n, _pair), persons in zip(asked, people, strict=True)}
    return [
        _told(match, people_of.get(n, []), match.record.pk in visible)
        for n, (match, _candidate) in enumerate(kept)
    ]


def _told(match: matching.Match, people: Sequence[matching.Match], is_visible: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "of": "company",
        "id": match.record.pk,
        "score": match.score,
        "verdict": match.verdict,
        "reasons": match.reasons,
    }
    if not is_visible:
        told["hidden"] = True
    elif people:
        told |= {"contact": people[0].record.pk, "contact_verdict": people[0].verdict}
        told["reasons"] = [*match.reasons, *people[0].reasons]
        told["score"] = max(match.score, people[0].score)
    return told


def _people_by_mail(candidates: Sequence[matching.Candidate]) -> dict[str, matching.Match]:
    """Mail address → the person who has it, whatever the list calls their company."""
    emails = {candidate.email for candidate in candidates if candidate.email}
    known = set(Contact.objects.active().filter(email__in=emails).values_list("email", flat=True))
    asked = [candidate for candidate in candidates if candidate.email in known]
    people: dict[str, matching.Match] = {}
    for candidate, matches in zip(
        asked, matching.find_contacts_many([(None, candidate) for candidate in asked]), strict=True
    ):
        if matches:
            people.setdefault(candidate.email, matches[0])
    return people


def _told_person(match: matching.Match, is_visible: bool) -> dict[str, Any]:
    """Another company name, but the person is there: one has to look."""
    told = {
        "of": "company",
        "id": match.record.company_id,
        "contact": match.record.pk,
        "contact_verdict": match.verdict,
        "score": match.score,
        "verdict": matching.PROBABLE,
        "reasons": match.reasons,
    }
    return told if is_visible else told | {"hidden": True}


def _visible(user: User, ids: set[int]) -> set[int]:
    return set(Company.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))


def _highest_company() -> int:
    return Company.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def count(batch: Import) -> None:
    """How many rows stand how, by what was decided: what the check page shows."""
    counts: dict[str, int] = dict.fromkeys(
        [*Standing.values, "create", "append", "ask", "skip", "repeats", "left"], 0
    )
    for standing, decision, number in (
        batch.rows.order_by().values_list("standing", "decision").annotate(n=Count("pk"))
    ):
        # Totals and what a line before has said already are nothing new.
        if standing == Standing.NEW and decision == Decision.SKIP:
            standing = "left"
        counts[standing] = counts.get(standing, 0) + number
        counts[decision] = counts.get(decision, 0) + number
    counts["repeats"] = batch.rows.filter(same_as__isnull=False).count()
    counts["companies"] = batch.rows.filter(
        same_as=None, decision__in=[Decision.CREATE, Decision.ASK]
    ).count()
    named = (
        batch.rows.exclude(decision=Decision.SKIP)
        .exclude(standing=Standing.KNOWN, same_as__isnull=False)
        .filter(values__has_key="family_name")
    )
    is_there = Q(matches__0__contact_verdict=matching.CERTAIN)
    people = named.aggregate(all=Count("pk"), there=Count("pk", filter=is_there))
    counts["people"] = people["all"] - people["there"]
    sure = batch.rows.filter(standing=Standing.SIMILAR, score__gte=90, matches__0__of__in=["company", "lead"])
    # How alike an unseen record is says something of it.
    counts["sure"] = sure.filter(~Q(matches__0__has_key="hidden")).count()
    batch.counts = batch.counts | counts


def others_came(highest: int, made_here: int) -> bool:
    """Whether more companies have come in since than the list itself has made, by whatever door.

    Counting them in each slice grows with the square of the list, and is only done when ids were given to others.
    """
    if bulk.ids_given_after(Company, highest) <= made_here:
        return False
    return Company.objects.filter(pk__gt=highest).count() > made_here
