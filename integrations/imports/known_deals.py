"""Of lines about deals: which company, which deal, which lead they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from accounts import matching
from accounts.models import Company
from crm.lib import names
from crm.lib.text import fold
from integrations.imports import again, cleaning, known_leads, understanding
from integrations.imports.catalogue import Catalogue
from integrations.models import Import, ImportRow
from leads.models import Lead
from pipeline.models import Deal

Standing, Decision = ImportRow.Standing, ImportRow.Decision
KINDS = (Import.Kind.DEALS, Import.Kind.HISTORY, Import.Kind.TOUCHES)


def compare(batch: Import, rows: Sequence[ImportRow], catalogue: Catalogue) -> None:
    """Sets matches, standing and decision of rows without problems; what speaks of nothing that we have is a problem."""
    {
        Import.Kind.DEALS: _compare_deals,
        Import.Kind.HISTORY: _compare_history,
        Import.Kind.TOUCHES: _compare_touches,
    }[Import.Kind(batch.kind)](batch, rows)


# Deals -------------------------------------------------------------------------------------------


def _compare_deals(batch: Import, rows: Sequence[ImportRow]) -> None:
    by_id = deals_by_id(batch, [row.sender_id for row in rows])
    companies = companies_of(batch, rows)
    by_name = _deals_by_name(batch, {pk for pk in companies.values() if isinstance(pk, int)})
    for row in rows:
        row.matches, row.score, row.standing, row.decision = [], 0, Standing.NEW, Decision.CREATE
        company = companies.get(row.line)
        if company in ("several_companies", "no_such_company"):
            field = "company_ref" if company == "no_such_company" else "company_name"
            row.problems = [cleaning.Bad(str(company)).as_problem(field, str(row.values.get(field, "")))]
            continue
        known = by_id.get(row.sender_id) or _same_deal(
            row, by_name.get((company, fold(row.values["deal_name"])), ())
        )
        if isinstance(company, int):
            row.matches = [
                {"of": "company", "id": company, "score": 100, "verdict": matching.CERTAIN, "reasons": []}
            ]
        if known:
            told = {"of": "deal", "id": known, "score": 100, "verdict": matching.CERTAIN, "reasons": []}
            row.matches = [told, *row.matches]
            row.standing, row.decision = Standing.KNOWN, Decision.APPEND


def deals_by_id(batch: Import, ids: Iterable[str]) -> dict[str, int]:
    """The sender's id → the deal that came in under it."""
    wanted = {sender for sender in ids if sender}
    found = ImportRow.objects.filter(
        sender_id__in=wanted, deal__isnull=False, deal__deleted_at=None, batch__kind=Import.Kind.DEALS
    )
    visible = Deal.objects.visible_to(batch.by)
    return dict(found.filter(deal__in=visible).order_by("pk").values_list("sender_id", "deal_id"))


def companies_of(batch: Import, rows: Sequence[ImportRow]) -> dict[int, int | str]:
    """Line → the company's id, or the code of what is wrong; no entry for a company that is new."""
    by_ref = again.companies_by_ref(batch, {row.values.get("company_ref", "") for row in rows} - {""})
    chosen: dict[int, int | str] = {}
    asking = []
    for row in rows:
        ref = row.values.get("company_ref", "")
        if ref in by_ref:
            chosen[row.line] = by_ref[ref]
        elif row.values.get("company_name"):
            asking.append(row)
        else:
            chosen[row.line] = "no_such_company"
    candidates = understanding.candidates_of(batch, asking)
    found = matching.find_many(candidates)
    visible = set(
        Company.objects.visible_to(batch.by)
        .filter(pk__in={match.record.pk for matches in found for match in matches})
        .values_list("pk", flat=True)
    )
    for row, candidate, matches in zip(asking, candidates, found, strict=True):
        if pick := _pick(candidate, [match for match in matches if match.record.pk in visible]):
            chosen[row.line] = pick
    return chosen


def _pick(candidate: matching.Candidate, matches: Sequence[matching.Match]) -> int | str | None:
    """The certain one; else the only one of that very name, since one's own list means one's own customer."""
    certain = [match for match in matches if match.is_certain]
    if certain:
        return int(certain[0].record.pk)
    key = names.company_key(candidate.name)
    same = [
        match for match in matches
        if match.record.name_key == key and all(reason["key"] != "prefecture_differs" for reason in match.reasons)
    ]  # fmt: skip
    if len(same) > 1:
        exact = [match for match in same if match.record.name == candidate.name]
        return int(exact[0].record.pk) if len(exact) == 1 else "several_companies"
    return int(same[0].record.pk) if same else None


def _deals_by_name(batch: Import, companies: set[int]) -> dict[tuple[Any, str], list[tuple[int, date]]]:
    rows = Deal.objects.visible_to(batch.by).filter(company__in=companies, deleted_at=None)
    found: dict[tuple[Any, str], list[tuple[int, date]]] = {}
    for pk, company, name, made in rows.values_list("pk", "company_id", "name", "created_at"):
        found.setdefault((company, fold(name)), []).append((pk, timezone.localdate(made)))
    return found


def _same_deal(row: ImportRow, named_so: Sequence[tuple[int, date]]) -> int | None:
    """Of deals of the name the one that was made on the day, if the line says a day."""
    day = row.values.get("created_on")
    if day is None or row.sender_id:
        # Another id is another deal, and without a day the name decides.
        return None if row.sender_id or not named_so else named_so[0][0]
    return next((pk for pk, made in named_so if made.isoformat() == day), None)


# History -----------------------------------------------------------------------------------------


def _compare_history(batch: Import, rows: Sequence[ImportRow]) -> None:
    by_id = deals_by_id(batch, [row.sender_id for row in rows])
    wanted = {
        fold(row.values["deal_name"])
        for row in rows
        if row.values.get("deal_name") and row.sender_id not in by_id
    }
    by_name: dict[str, list[tuple[int, str]]] = {}
    if wanted:
        texts = {row.values["deal_name"] for row in rows if row.values.get("deal_name")}
        deals = Deal.objects.visible_to(batch.by).filter(deleted_at=None, name__in=texts)
        for deal_id, name, company in deals.values_list("pk", "name", "company__name_key"):
            by_name.setdefault(fold(name), []).append((deal_id, company))
    for row in rows:
        row.matches, row.score = [], 0
        pk: int | None = by_id.get(row.sender_id)
        problem = "no_such_deal"
        if pk is None:
            named = by_name.get(fold(row.values.get("deal_name", "")), [])
            if company := row.values.get("company_name"):
                named = [(deal, key) for deal, key in named if key == names.company_key(company)]
            pk = named[0][0] if len(named) == 1 else None
            problem = "several_deals" if len(named) > 1 else problem
        if pk is None:
            field = "sender_id" if row.sender_id else "deal_name"
            row.problems = [
                cleaning.Bad(problem).as_problem(field, row.sender_id or row.values.get("deal_name", ""))
            ]
            continue
        row.matches = [{"of": "deal", "id": pk, "score": 100, "verdict": matching.CERTAIN, "reasons": []}]
        row.standing, row.decision = Standing.KNOWN, Decision.APPEND


# Touches -----------------------------------------------------------------------------------------


def _compare_touches(batch: Import, rows: Sequence[ImportRow]) -> None:
    by_id = dict(
        ImportRow.objects.filter(
            sender_id__in={row.sender_id for row in rows} - {""}, lead__isnull=False, lead__deleted_at=None,
            batch__kind=Import.Kind.LEADS, lead__in=Lead.objects.visible_to(batch.by),
        ).values_list("sender_id", "lead_id")
    )  # fmt: skip
    found = known_leads.find(batch, rows, [[] for _row in rows])
    for row in rows:
        match = found.get(row.line)
        pk: int | None = by_id.get(row.sender_id) or (
            match["id"] if match and not match.get("hidden") else None
        )
        row.score = 0
        if pk is None:
            field = next((key for key in ("email", "phone", "company_name") if row.values.get(key)), "email")
            row.matches = []
            row.problems = [cleaning.Bad("no_such_lead").as_problem(field, str(row.values.get(field, "")))]
            continue
        row.matches = [{"of": "lead", "id": pk, "score": 100, "verdict": matching.CERTAIN, "reasons": []}]
        row.standing, row.decision = Standing.KNOWN, Decision.APPEND
