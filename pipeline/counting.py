"""Counting the criteria of deals that nobody has counted yet: rows of an older version, of bulk data, of imported history."""

from __future__ import annotations

from collections import defaultdict

from django.db import transaction
from django.db.models import OuterRef, Subquery

from pipeline import exit_criteria
from pipeline.models import Deal, ExitCriterion, Stage, StageMove

AT_ONCE = 500


def count_uncounted(most: int = 20_000) -> int:
    """Notes which criteria they meet, in batches; returns for how many. Closed ones: of the stages they came through."""
    done = 0
    while done < most:
        batch = _count_some()
        if not batch:
            break
        done += batch
    return done


@transaction.atomic
def _count_some() -> int:
    last_open = StageMove.objects.filter(deal=OuterRef("pk"), from_stage__kind=Stage.Kind.OPEN).order_by(
        "-pk"
    )
    rows = Deal.objects.filter(met_ids=None).select_related("stage")
    rows = rows.defer("search_text", "search_grams").order_by("pk")
    locked = rows.select_for_update(of=("self",), skip_locked=True)[:AT_ONCE]
    deals: list[Deal] = list(locked.annotate(left=Subquery(last_open.values("from_stage")[:1])))
    stages = {stage.pk: stage for stage in Stage.objects.all()}
    asked: dict[int, list[ExitCriterion]] = defaultdict(list)
    for criterion in ExitCriterion.objects.order_by("position", "pk"):
        asked[criterion.stage_id].append(criterion)
    found = exit_criteria.statuses_where(
        deals, asked, lambda deal: [c for stage in _came_through(deal, stages) for c in asked[stage.pk]]
    )
    for deal in deals:
        exit_criteria.mark(deal, found[deal.pk])
        deal.left_stage_id = None if deal.is_open else deal.left  # type: ignore[attr-defined]
    Deal.objects.bulk_update(deals, [*exit_criteria.COUNTED, "left_stage"])
    return len(deals)


def _came_through(deal: Deal, stages: dict[int, Stage]) -> list[Stage]:
    """The stage of an open deal; of a closed one those up to where it was left, none when nobody knows."""
    if deal.stage.is_open:
        return [deal.stage]
    left = stages.get(deal.left)  # type: ignore[attr-defined]
    if left is None:
        return []
    return [
        stage
        for stage in stages.values()
        if stage.is_open and stage.pipeline_id == left.pipeline_id and stage.position <= left.position
    ]
