"""What administrators change in the method: stages, their patience, and what must be known before leaving them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from crm.lib.text import clean_text
from pipeline import exit_criteria, stalls, weights
from pipeline.deal_events import StageEvent
from pipeline.models import ExitCriterion, Stage
from staff import events, versions
from staff.models import Event, User

STAGE_FIELDS = ("name_ja", "name_en", "probability", "patience_days")
CRITERION_FIELDS = ("name_ja", "name_en", "question_ja", "question_en", "is_required")


@transaction.atomic
def edit_stage(stage: Stage, changes: dict[str, Any], base: dict[str, Any], *, by: User) -> Stage:
    """Sets what the person changed. Stored answers of the stage's deals follow in a worker. Raises versions.Conflict."""
    stage = Stage.objects.select_for_update().get(pk=stage.pk)
    _edit(stage, _only(STAGE_FIELDS, changes), base, StageEvent.EDITED, by=by)
    return stage


@transaction.atomic
def edit_criterion(
    criterion: ExitCriterion, changes: dict[str, Any], base: dict[str, Any], *, by: User
) -> ExitCriterion:
    """Sets what the person changed. Deals that have gone on stay where they are. Raises versions.Conflict."""
    criterion = ExitCriterion.objects.select_for_update().get(pk=criterion.pk)
    _edit(criterion, _only(CRITERION_FIELDS, changes), base, StageEvent.CRITERION_EDITED, by=by)
    return criterion


def recompute(event: Event) -> None:
    """Subscriber of both: stalls, weights and counts of the stage's open deals, where they rest on what was changed."""
    stage_id = event.subject_id if event.kind == StageEvent.EDITED else event.data["stage"]
    stage = Stage.objects.get(pk=stage_id)
    if "patience_days" in event.after:
        stalls.recompute(stage)
    if "probability" in event.after:
        weights.recompute(stage)
    if event.kind == StageEvent.CRITERION_EDITED:
        exit_criteria.recompute(stage)


def _edit(
    row: Stage | ExitCriterion, changes: dict[str, Any], base: dict[str, Any], kind: StageEvent, *, by: User
) -> None:
    changed = versions.merge(row, changes, base)
    if not changed:
        return
    row.save()
    events.record(
        kind, row, by=by, name_ja=row.name_ja, name_en=row.name_en, stage=getattr(row, "stage_id", row.pk),
        before={name: before for name, (before, _after) in changed.items()},
        after={name: after for name, (_before, after) in changed.items()},
    )  # fmt: skip


def _only(fields: tuple[str, ...], changes: dict[str, Any]) -> dict[str, Any]:
    unknown = set(changes) - set(fields)
    if unknown:
        raise ValueError(f"not edited here: {sorted(unknown)}")
    return {name: clean_text(v).strip() if isinstance(v, str) else v for name, v in changes.items()}
