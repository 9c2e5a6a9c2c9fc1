"""How often a criterion is met: what tells an administrator whether it asks too much."""

from __future__ import annotations

from django.db.models import Count, Exists, OuterRef, Q

from pipeline.models import Deal, DealFile, ExitCriterion, StageMove

NEWEST = 500


def met_shares(criteria: list[ExitCriterion]) -> dict[int, int]:
    """Criterion id → percent of the newest 500 deals that left or stand in its stage; empty when none did."""
    if not criteria:
        return {}
    seen = Deal.objects.filter(
        Exists(StageMove.objects.filter(deal=OuterRef("pk"), to_stage=criteria[0].stage_id)), deleted_at=None
    ).order_by("-pk")[:NEWEST]
    counts = {f"c{c.pk}": Count("pk", filter=_met(c)) for c in criteria}
    found = Deal.objects.filter(pk__in=seen.values("pk")).aggregate(all=Count("pk"), **counts)
    return {c.pk: round(100 * found[f"c{c.pk}"] / found["all"]) for c in criteria} if found["all"] else {}


def _met(criterion: ExitCriterion) -> Q:
    kind = ExitCriterion.Kind
    if criterion.kind == kind.FIELD:
        met = Q(**{f"{criterion.field}__isnull": False})
        return met & ~Q(competitor="") if criterion.field == "competitor" else met
    if criterion.kind == kind.QUESTION:
        return Q(pk__in=criterion.answers.values("deal"))
    if criterion.kind == kind.ACTIVITY:
        return Q(activity_kinds__overlap=criterion.activity_kinds)
    return Q(pk__in=DealFile.objects.filter(kind=criterion.file_kind, deleted_at=None).values("deal"))
