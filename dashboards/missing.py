"""Deals beside what their stage still lacks, as rows of a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from pipeline import exit_criteria
from pipeline.models import Deal, ExitCriterion

# How many missing criteria a row of the team names; the deal's page names all.
MOST_MISSING = 2


@dataclass(frozen=True)
class DealAndMissing:
    """A deal with the criteria of its stage that are not met yet."""

    deal: Deal
    missing: list[ExitCriterion]
    days_in_stage: int

    @property
    def shown(self) -> list[ExitCriterion]:
        return self.missing[:MOST_MISSING]

    @property
    def not_shown(self) -> int:
        return len(self.missing) - len(self.shown)


def with_missing(deals: Iterable[Deal], day: date) -> list[DealAndMissing]:
    deals = list(deals)
    found = exit_criteria.statuses_of_many(deals) if deals else {}
    return [
        DealAndMissing(
            deal,
            missing=[status.criterion for status in found[deal.pk] if not status.is_met],
            days_in_stage=(day - timezone.localdate(deal.stage_entered_at)).days,
        )
        for deal in deals
    ]
