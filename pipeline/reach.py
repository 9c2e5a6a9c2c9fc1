"""How often a criterion is met: what tells an administrator whether it asks too much."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Coalesce, Length
from django.db.models.lookups import GreaterThanOrEqual

from pipeline import exit_criteria, own_values
from pipeline.models import CriterionAnswer, Deal, DealFile, ExitCriterion, StageMove
from staff.models import CustomField, CustomValue

NEWEST = 500
# Fewer say nothing.
ENOUGH = 10


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


@dataclass(frozen=True)
class StageFacts:
    """What became of the newest 500 deals that entered a stage; those of restricted companies are in no rate that everybody sees."""

    won: int
    closed: int
    left: int
    median_days: float | None
    # Stage → its open deals, of all stages that were asked for.
    open_counts: dict[str, int]

    @property
    def rate(self) -> int | None:
        """Percent won of those that are closed; None as long as there are fewer than ten."""
        return round(100 * self.won / self.closed) if self.closed >= ENOUGH else None

    @property
    def days(self) -> int | None:
        enough = self.left >= ENOUGH and self.median_days is not None
        return round(self.median_days) if enough else None  # type: ignore[arg-type]


def stage_facts(stage_id: int, counted: list[int]) -> StageFacts:
    """In one statement: the open deals of the `counted` stages; of the one stage how often a deal that was in the stage is won, and how long it stayed; by indexes, whatever the size."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(DISTINCT deal.id) FILTER (WHERE stage.kind = 'won'),
                   count(DISTINCT deal.id) FILTER (WHERE stage.kind IN ('won', 'lost')),
                   count(after.at),
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM after.at - entered.at) / 86400)
                       FILTER (WHERE after.at IS NOT NULL),
                   (SELECT json_object_agg(stage_id, n) FROM
                       (SELECT stage_id, count(*) AS n FROM pipeline_deal
                        WHERE closed_at IS NULL AND deleted_at IS NULL AND stage_id = ANY(%s) GROUP BY 1) AS open)
            FROM (SELECT deal_id, at, id FROM pipeline_stagemove WHERE to_stage_id = %s
                  ORDER BY at DESC LIMIT %s) AS entered
            JOIN pipeline_deal AS deal ON deal.id = entered.deal_id AND deal.deleted_at IS NULL
            JOIN accounts_company AS company ON company.id = deal.company_id AND NOT company.is_restricted
            JOIN pipeline_stage AS stage ON stage.id = deal.stage_id
            LEFT JOIN LATERAL (SELECT at FROM pipeline_stagemove AS move
                               WHERE move.deal_id = entered.deal_id AND move.at >= entered.at AND move.id <> entered.id
                               ORDER BY move.at LIMIT 1) AS after ON TRUE
            """,
            [counted, stage_id, NEWEST],
        )
        won, closed, left, days, counts = cursor.fetchone()
        return StageFacts(won, closed, left, days, counts or {})


def _met(criterion: ExitCriterion) -> Q:
    """The same answer as `exit_criteria`, asked of the database; its slow twin is in the tests."""
    kind = ExitCriterion.Kind
    if criterion.kind in (kind.QUESTION, kind.APPROVAL):
        answers = CriterionAnswer.objects.filter(criterion=criterion, deal=OuterRef("pk"))
        if criterion.kind == kind.APPROVAL:
            given = Coalesce("amount", Decimal(0))
            answers = answers.alias(given=given).filter(given__gte=Coalesce(OuterRef("amount"), Decimal(0)))
        elif criterion.needs_evidence:
            answers = answers.exclude(evidence="")
        return Q(Exists(answers))
    found = _found(criterion)
    return ~found if criterion.kind == kind.ABSENCE else found


def _found(criterion: ExitCriterion) -> Q:
    if criterion.activity_kinds:
        return Q(activity_kinds__overlap=criterion.activity_kinds)
    if criterion.file_kind:
        files = DealFile.objects.filter(kind=criterion.file_kind, deleted_at=None, deal=OuterRef("pk"))
        return Q(Exists(files))
    name, condition = criterion.field, ExitCriterion.Condition
    if own := CustomField.pk_of(name):
        whose = CustomField.objects.values_list("subject", flat=True).get(pk=own)
        held = CustomValue.objects.filter(field=own, subject_id=OuterRef(own_values.HOLDERS[whose]))
        if criterion.condition == condition.AT_LEAST:
            held = held.filter(number__gte=criterion.threshold)
        elif criterion.condition == condition.AT_MOST:
            held = held.filter(number__lte=criterion.threshold)
        elif criterion.condition == condition.LENGTH:
            held = held.filter(GreaterThanOrEqual(Length("text"), criterion.threshold))
        return Q(Exists(held))
    filled = Q(**{f"{name}__isnull": False})
    if name in exit_criteria.TEXTS:
        filled &= ~Q(**{name: ""})
    if criterion.condition == condition.AT_LEAST:
        return Q(**{f"{name}__gte": criterion.threshold})
    if criterion.condition == condition.AT_MOST:
        return Q(**{f"{name}__lte": criterion.threshold})
    if criterion.condition == condition.LENGTH:
        return filled & Q(GreaterThanOrEqual(Length(name), criterion.threshold))
    return filled
