"""Deals that a manager let pass without their exit criteria: who did, which criteria, how often, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.coverage import Rate
from pipeline.models import Deal, ExitCriterion, Stage, StageMove
from staff.models import User

# The newest ones of a year are counted; more than that is no exception any longer.
NEWEST = 1000
SHOWN = 30
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Waiver:
    """One move that passed without some criteria."""

    move: StageMove
    criteria: list[ExitCriterion]


@dataclass(frozen=True)
class Line:
    """A person, or a criterion, with how often."""

    who: User | None
    criterion: ExitCriterion | None
    count: int


@dataclass(frozen=True)
class Waivers:
    count: int
    is_cut: bool
    by_person: list[Line]
    by_criterion: list[Line]
    # Of the deals that passed so and are closed.
    rate: Rate
    newest: list[Waiver]


def read(user: User, now: datetime) -> Waivers:
    """Of the deals that the person sees, in a year; four statements."""
    moves = StageMove.objects.filter(
        waived_count__gt=0, at__gte=now - _YEAR, deal__in=Deal.objects.visible_to(user)
    )
    rows = moves.select_related("deal__company", "deal__stage", "from_stage", "to_stage", "by").order_by(
        "-at", "-pk"
    )
    found = list(
        rows.defer("deal__search_text", "deal__search_grams", "deal__company__search_text", "deal__company__search_grams")[
            : NEWEST + 1
        ]
    )  # fmt: skip
    found, is_cut = found[:NEWEST], len(found) > NEWEST
    asked = {pk for move in found for pk in move.waived}
    criteria = {c.pk: c for c in ExitCriterion.objects.filter(pk__in=asked).select_related("stage")}
    people = {move.by_id: move.by for move in found}
    return Waivers(
        len(found),
        is_cut,
        [Line(people[pk], None, n) for pk, n in Counter(move.by_id for move in found).most_common()],
        [
            Line(None, criteria[pk], n)
            for pk, n in Counter(pk for move in found for pk in move.waived).most_common()
            if pk in criteria
        ],
        _rate({move.deal_id: move.deal for move in found}.values()),
        [Waiver(move, [criteria[pk] for pk in move.waived if pk in criteria]) for move in found[:SHOWN]],
    )


def _rate(deals: Iterable[Deal]) -> Rate:
    kinds = Counter(deal.stage.kind for deal in deals)
    won, lost = kinds[Stage.Kind.WON], kinds[Stage.Kind.LOST]
    return Rate(won, won + lost)
