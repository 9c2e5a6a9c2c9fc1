"""Probability and weighted amount of a deal, stored where the deal changes and read everywhere."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from pipeline import batches
from pipeline.models import Deal, Stage


def weigh(deal: Deal) -> None:
    """Sets `probability` (own if a person gave one, else the stage's) and `weighted_amount` = amount × probability, in yen."""
    own = deal.own_probability if deal.stage.is_open else None
    deal.probability = deal.stage.probability if own is None else own
    amount = Decimal(deal.amount or 0)
    deal.weighted_amount = (amount * deal.probability / 100).quantize(Decimal(1), ROUND_HALF_UP)


def recompute(stage: Stage) -> int:
    """After an admin changed the stage's probability: its open deals are weighed anew. Returns how many changed."""
    return sum(_recompute(batch) for batch in batches.of_open_deals(stage))


def _recompute(deals: list[Deal]) -> int:
    changed = []
    for deal in deals:
        before = deal.probability, deal.weighted_amount
        weigh(deal)
        if before != (deal.probability, deal.weighted_amount):
            changed.append(deal)
    return Deal.objects.bulk_update(changed, ["probability", "weighted_amount"]) if changed else 0
