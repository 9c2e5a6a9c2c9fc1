"""Filling in what is missing and moving on, in one step: what the gate dialog does."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from pipeline import deals, exit_criteria, files, moves
from pipeline.models import Deal, ExitCriterion, Stage
from staff import access, versions
from staff.models import User


@transaction.atomic
def fill_and_move(
    deal: Deal,
    to: Stage,
    *,
    by: User,
    seen: int,
    found: dict[ExitCriterion, Any],
    evidence: dict[ExitCriterion, str] | None = None,
    waiver: str = "",
    reason: str = "",
) -> Deal:
    """Keeps what was found out for each criterion, then moves. When something is still missing nothing is kept."""
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "move deal", deal)
    versions.require(deal, seen)
    deal = fill(deal, found, evidence, by=by)
    return moves.move_deal(deal, to, by=by, seen=deal.version, waiver=waiver, reason=reason)


@transaction.atomic
def fill(
    deal: Deal, found: dict[ExitCriterion, Any], evidence: dict[ExitCriterion, str] | None = None, *, by: User
) -> Deal:
    """Writes each value where its criterion looks for it: an answer (with the words it was heard in), a field, a file."""
    kind = ExitCriterion.Kind
    facts = {c.field: value for c, value in found.items() if c.kind == kind.FIELD and value not in (None, "")}
    if facts:
        deal = deals.edit_deal(deal, facts, {}, by=by)
    for criterion, value in found.items():
        if criterion.kind == kind.QUESTION and value:
            exit_criteria.answer(deal, criterion, value, by=by, evidence=(evidence or {}).get(criterion, ""))
        elif criterion.kind == kind.FILE and value:
            files.attach(deal, value, criterion.file_kind, by=by)
    return Deal.objects.get(pk=deal.pk)
