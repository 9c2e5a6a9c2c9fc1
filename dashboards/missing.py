"""Deals beside what their stage still lacks, as rows of a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from pipeline import stall_words
from pipeline.models import Deal, ExitCriterion
from pipeline.models.deal import DealQuerySet

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

    @property
    def is_overdue(self) -> bool:
        """Whether it has stood in its stage longer than that allows."""
        return self.days_in_stage > self.deal.stage.patience_days

    @property
    def stalled_by(self) -> str:
        """What has stalled it, in words, where the days beside it do not say so."""
        return stall_words.unless_by_age(self.deal.stall_why)


def rows(deals: DealQuerySet) -> DealQuerySet:
    """With just what a row of a deal and what it lacks shows; anything else asked of one is one more statement."""
    return deals.select_related("company", "stage", "owner").only(
        "name", "amount", "stage_entered_at", "stalls_on", "stall_why", "next_action_on", "last_activity_at", "criteria_met",
        "criteria_total", "lacking_ids", "stage", "team", "company__name", "owner__family_name", "owner__given_name",
    )  # fmt: skip


def with_missing(deals: Iterable[Deal], day: date) -> list[DealAndMissing]:
    """From the marks that stand on the deals, as their pips do."""
    deals = list(deals)
    wanted = {pk for deal in deals for pk in deal.lacking_ids or ()}
    criteria = ExitCriterion.objects.only("name_ja", "name_en").in_bulk(wanted) if wanted else {}
    return [
        DealAndMissing(
            deal,
            missing=[criteria[pk] for pk in deal.lacking_ids or () if pk in criteria],
            days_in_stage=(day - timezone.localdate(deal.stage_entered_at)).days,
        )
        for deal in deals
    ]
