"""Probability and weighted amount of a deal, stored where the deal changes and read everywhere."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from pipeline.models import Deal


def weigh(deal: Deal) -> None:
    """Sets `probability` (own if a person gave one, else the stage's) and `weighted_amount` = amount × probability, in yen."""
    own = deal.own_probability if deal.stage.is_open else None
    deal.probability = deal.stage.probability if own is None else own
    amount = Decimal(deal.amount or 0)
    deal.weighted_amount = (amount * deal.probability / 100).quantize(Decimal(1), ROUND_HALF_UP)
