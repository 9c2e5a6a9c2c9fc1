"""Lines that came in before: the same file again, or the same id of the same source. They are no second record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts import matching
from accounts.models import Company
from crm.lib import names
from integrations.imports import outcome
from integrations.models import Import, ImportRow
from leads.models import Lead


def find(batch: Import, rows: Sequence[ImportRow]) -> dict[int, dict[str, Any]]:
    """Line → the company, or lead, that it became then, as a match. Only what is still there under the line's name."""
    before = _lines_of_the_same_file(batch, rows) | _lines_of_the_same_ids(batch, rows)
    if not before:
        return {}
    if batch.kind == Import.Kind.LEADS:
        there = Lead.objects.visible_to(batch.by).filter(
            pk__in=[row.lead_id for row in before.values()], deleted_at=None
        )
        alive = set(there.values_list("pk", flat=True))
        return {line: _told("lead", row.lead_id) for line, row in before.items() if row.lead_id in alive}
    moved = outcome.surviving(Company, [row.company_id for row in before.values()])
    ids = {line: moved.get(row.company_id, row.company_id) for line, row in before.items()}
    companies = (
        Company.objects.active()
        .visible_to(batch.by)
        .prefetch_related("former_names")
        .in_bulk(set(ids.values()))
    )
    by_line = {row.line: row for row in rows}
    return {
        line: _told("company", pk)
        for line, pk in ids.items()
        if pk in companies and _is_called_so(companies[pk], by_line[line].values.get("company_name", ""))
    }


def of_references(batch: Import, rows: Sequence[ImportRow]) -> dict[int, dict[str, Any]]:
    """Line → the company that came in under the id that the line names, as a match; not where it says another name."""
    refs = {ref for row in rows if (ref := row.values.get("company_ref"))}
    found = companies_by_ref(batch, refs) if refs else {}
    known = Company.objects.prefetch_related("former_names").in_bulk(set(found.values()))
    told = {}
    for row in rows:
        company = known.get(found.get(row.values.get("company_ref", ""), 0))
        name = row.values.get("company_name", "")
        if company is not None and (not name or _is_called_so(company, name)):
            told[row.line] = _told("company", company.pk)
    return told


def companies_by_ref(batch: Import, refs: set[str]) -> dict[str, int]:
    """The sender's id of a company → ours, as far as whoever brings the list in may see it."""
    rows = ImportRow.objects.filter(
        sender_id__in=refs,
        company__isnull=False,
        batch__kind__in=[Import.Kind.COMPANIES, Import.Kind.CONTACTS],
    ).order_by("batch__kind", "pk")
    # A list of companies names companies by its ids, one of people names people: the former count more.
    found = dict(
        reversed(list(rows.filter(batch__kind=Import.Kind.COMPANIES).values_list("sender_id", "company_id")))
    )
    surviving = outcome.surviving(Company, list(found.values()))
    found = {ref: surviving.get(pk, pk) for ref, pk in found.items()}
    rows_there = Company.objects.active().visible_to(batch.by).filter(pk__in=found.values())
    there = set(rows_there.values_list("pk", flat=True))
    return {ref: pk for ref, pk in found.items() if pk in there}


def _told(of: str, pk: int | None) -> dict[str, Any]:
    reason = {"key": "before", "points": 100, "a": "", "b": ""}
    return {"of": of, "id": pk, "score": 100, "verdict": matching.CERTAIN, "reasons": [reason]}


def _is_called_so(company: Company, name: str) -> bool:
    return names.company_key(name) in {
        company.name_key,
        *(former.name_key for former in company.former_names.all() if former.struck_at is None),
    }


def _came_in(batch: Import) -> Any:
    rows = ImportRow.objects.filter(batch__kind=batch.kind, batch__state__in=Import.CAME_IN).exclude(
        batch=batch.pk
    )
    link = "lead" if batch.kind == Import.Kind.LEADS else "company"
    return rows.filter(**{f"{link}__isnull": False}).only(
        "line", "sender_id", "company_id", "lead_id", "batch_id"
    )


def _lines_of_the_same_file(batch: Import, rows: Sequence[ImportRow]) -> dict[int, ImportRow]:
    same = Import.objects.filter(kind=batch.kind, digest=batch.digest, state__in=Import.CAME_IN).exclude(
        pk=batch.pk
    )
    last = same.exclude(digest="").order_by("-pk").first()
    if last is None:
        return {}
    found = _came_in(batch).filter(batch=last, line__in=[row.line for row in rows])
    return {row.line: row for row in found}


def _lines_of_the_same_ids(batch: Import, rows: Sequence[ImportRow]) -> dict[int, ImportRow]:
    """Ids count within lists of one source: the same columns, or the same app."""
    wanted = {row.sender_id for row in rows} - {""}
    if not wanted:
        return {}
    found = _came_in(batch).filter(sender_id__in=wanted)
    found = (
        found.filter(batch__preset=batch.preset)
        if batch.preset
        else found.filter(batch__signature=batch.signature)
    )
    by_id = {row.sender_id: row for row in found.order_by("pk")}
    return {row.line: by_id[row.sender_id] for row in rows if row.sender_id in by_id}
