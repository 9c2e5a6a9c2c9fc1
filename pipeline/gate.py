"""Filling in what is missing and moving on, in one step: what the gate dialog does."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from pipeline import deals, exit_criteria, files, moves, own_values
from pipeline.exit_criteria import Standing
from pipeline.models import Deal, ExitCriterion, Stage
from pipeline.way import Way
from staff import access, events, versions
from staff.models import CustomField, Event, User


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
    won: moves.Won | None = None,
    way: Way | None = None,
) -> Deal:
    """Keeps what was found out for each criterion, then moves. When something is still missing nothing is kept."""
    own_values.lock_besides(deal, own_values.asked_by(found).values())
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    access.require(by, "move deal", deal)
    versions.require(deal, seen)
    standing = Standing(deal, way)
    happened = _fill(standing, found, evidence or {}, by=by)
    if to.pk == deal.stage_id:
        return _store(standing, happened)
    return moves.move_locked(standing, to, by=by, waiver=waiver, reason=reason, won=won, happened=happened)


@transaction.atomic
def fill(
    deal: Deal, found: dict[ExitCriterion, Any], evidence: dict[ExitCriterion, str] | None = None, *, by: User
) -> Deal:
    """Writes each value where its criterion looks for it: an answer (with the words it was heard in), a field, a file."""
    own_values.lock_besides(deal, own_values.asked_by(found).values())
    standing = Standing(Deal.objects.select_for_update().get(pk=deal.pk))
    return _store(standing, _fill(standing, found, evidence or {}, by=by))


def _fill(
    standing: Standing, found: dict[ExitCriterion, Any], evidence: dict[ExitCriterion, str], *, by: User
) -> list[Event]:
    """Sets the fields of the locked deal, stores answers and files; what happened is returned to be recorded."""
    kind, deal, happened = ExitCriterion.Kind, standing.deal, []
    filled = {
        c.field: value for c, value in found.items() if c.kind == kind.FIELD and value not in (None, "")
    }
    facts = {name: value for name, value in filled.items() if not CustomField.pk_of(name)}
    edited = deals.set_facts(deal, facts, {}, by=by) if facts else None
    if edited:
        happened.append(edited)
    if own := own_values.asked_by(found):
        # After the facts: whose field it is may have been said just now.
        happened += own_values.write(deal, {own[name]: filled[name] for name in filled if name in own}, by=by)
    standing.__dict__.pop("custom", None)
    answers = {c: value for c, value in found.items() if c.kind == kind.QUESTION and value}
    if answers:
        happened += exit_criteria.write_answers(standing, answers, by=by, evidence=evidence)
    for criterion, value in found.items():
        if criterion.kind == kind.FILE and value:
            kept = files.attach(deal, value, criterion.file_kind, by=by)
            standing.files[kept.kind] = kept.name
    return happened


def _store(standing: Standing, happened: list[Event]) -> Deal:
    standing.count()
    standing.deal.save()
    events.record_all(happened)
    return standing.deal
