"""The door for deals that began elsewhere: they enter where they stand, and their past is written down with its days.

Nobody passes a gate here, so it takes an administrator's explicit choice, and every move says that it came in by a list.
Forms, boards and automations use `moves`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Company
from pipeline import exit_criteria, stalls, weights
from pipeline.deal_events import DealEvent
from pipeline.deals import EDITABLE
from pipeline.models import Deal, Stage, StageMove
from staff import bulk, events
from staff.models import User

_FACTS = {*EDITABLE, "loss_reason"}


@dataclass
class Entry:
    """A deal as another system has it. `entered_at`: since when in its stage; closed deals were closed then."""

    name: str
    company: Company
    owner: User
    stage: Stage
    created_at: datetime
    entered_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Change:
    """How a deal stood after a day of its past; what is None did not change, or is not known."""

    deal: Deal
    at: datetime
    stage: Stage | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def enter_many(entries: Sequence[Entry], *, by: User, because: str) -> list[Deal]:
    """The deals in the order of the entries, each in its stage, set-wise; `because` stands at every move."""
    if not entries:
        return []
    first = Stage.objects.filter(pipeline=entries[0].stage.pipeline_id).order_by("position")[0]
    deals = [_build(entry) for entry in entries]
    stalls.settle_many(deals)
    bulk.create(deals)
    bulk.store(
        StageMove,
        ["deal_id", "from_stage_id", "to_stage_id", "by_id", "at", "reason"],
        [
            move
            for deal, entry in zip(deals, entries, strict=True)
            for move in _way(deal, entry, first, by, because)
        ],
    )
    exit_criteria.store_counts(deals)
    events.record_all(
        event
        for deal, entry in zip(deals, entries, strict=True)
        for event in _told(deal, entry, first, by=by, because=because)
    )
    return deals


def _build(entry: Entry) -> Deal:
    unknown = entry.facts.keys() - _FACTS
    if unknown:
        raise ValueError(f"not entered here: {sorted(unknown)}")
    deal = Deal(
        name=entry.name,
        company=entry.company,
        owner=entry.owner,
        team_id=entry.owner.team_id,
        stage=entry.stage,
        stage_entered_at=entry.entered_at,
        created_at=entry.created_at,
        closed_at=None if entry.stage.is_open else entry.entered_at,
        **entry.facts,
    )
    weights.weigh(deal)
    deal.prepare_search()
    return deal


def _way(deal: Deal, entry: Entry, first: Stage, by: User, because: str) -> list[list[Any]]:
    """It began in the first stage on the day it was made, and stands where it stands since it came there."""
    if entry.stage.pk == first.pk or entry.created_at >= entry.entered_at:
        return [[deal.pk, None, entry.stage.pk, by.pk, entry.entered_at, because[:200]]]
    return [
        [deal.pk, None, first.pk, by.pk, entry.created_at, because[:200]],
        [deal.pk, first.pk, entry.stage.pk, by.pk, entry.entered_at, because[:200]],
    ]


def _told(deal: Deal, entry: Entry, first: Stage, *, by: User, because: str) -> list[Any]:
    made = events.build(
        DealEvent.CREATED, deal, by=by, at=entry.created_at, after={"name": deal.name, "amount": deal.amount}
    )
    if entry.stage.pk == first.pk:
        return [made]
    entered = events.build(
        DealEvent.ENTERED, deal, by=by, at=entry.entered_at, before={"stage": None}, after={"stage": entry.stage.pk},
        to_ja=entry.stage.name_ja, to_en=entry.stage.name_en, reason=because, amount=deal.amount,
    )  # fmt: skip
    return [made, entered]


@transaction.atomic
def record_past(changes: Sequence[Change], *, by: User, because: str) -> list[bool]:
    """Writes down what happened to deals before: moves and changes of amount and close date, each with its day.

    The deals stay as they are today. For each change whether it was new; the same past twice is written once.
    """
    deals = {change.deal.pk: change.deal for change in changes}
    moves = _Moves(list(deals))
    known = _known_edits(list(deals))
    told, is_new = [], []
    for change in sorted(changes, key=lambda change: change.at):
        moves.note(change)
    for change in changes:
        new = moves.is_new(change)
        key = (change.deal.pk, change.at, tuple(sorted((k, str(v)) for k, v in change.after.items())))
        if change.after and key not in known:
            known.add(key)
            new = True
            told.append(
                events.build(
                    DealEvent.EDITED, change.deal, by=by, at=change.at, before=dict(change.before),
                    after=dict(change.after), reason=because,
                )
            )  # fmt: skip
        is_new.append(new)
    moves.store(by, because)
    events.record_all(told)
    _stand_since(deals)
    return is_new


class _Moves:
    """The moves of some deals as they were, with those that are added."""

    def __init__(self, deals: list[int]) -> None:
        self.of: dict[int, list[tuple[datetime, int]]] = {pk: [] for pk in deals}
        rows = StageMove.objects.filter(deal__in=deals).order_by("at", "pk")
        for deal, at, stage in rows.values_list("deal_id", "at", "to_stage_id"):
            self.of[deal].append((at, stage))
        self.added: dict[tuple[int, datetime, int], int | None] = {}
        self.fresh: set[int] = set()

    def note(self, change: Change) -> None:
        """Called in the order of time."""
        if change.stage is None:
            return
        way = self.of[change.deal.pk]
        before = [stage for at, stage in way if at <= change.at]
        if (change.at, change.stage.pk) in way or (before and before[-1] == change.stage.pk):
            return
        way.append((change.at, change.stage.pk))
        way.sort(key=lambda step: step[0])
        self.added[change.deal.pk, change.at, change.stage.pk] = before[-1] if before else None
        self.fresh.add(id(change))

    def is_new(self, change: Change) -> bool:
        return id(change) in self.fresh

    def store(self, by: User, because: str) -> None:
        bulk.store(
            StageMove,
            ["deal_id", "from_stage_id", "to_stage_id", "by_id", "at", "reason"],
            [
                [deal, came_from, to, by.pk, at, because[:200]]
                for (deal, at, to), came_from in self.added.items()
            ],
        )


def _known_edits(deals: list[int]) -> set[tuple[Any, ...]]:
    rows = events.Event.objects.filter(deal_id__in=deals, kind=DealEvent.EDITED)
    return {
        (deal, at, tuple(sorted((key, str(value)) for key, value in after.items())))
        for deal, at, after in rows.values_list("deal_id", "happened_at", "after")
    }


def _stand_since(deals: dict[int, Deal]) -> None:
    """Now that the past is known: since when open deals stand in their stage, and when they stall."""
    since: dict[int, tuple[int, datetime]] = {}
    rows = StageMove.objects.filter(deal__in=deals).order_by("deal_id", "at", "pk")
    for deal_id, stage, at in rows.values_list("deal_id", "to_stage_id", "at"):
        if since.get(deal_id, (0, at))[0] != stage:  # entering a stage again where it stands is no change
            since[deal_id] = stage, at
    changed = []
    for deal_id, (stage, at) in since.items():
        deal = deals[deal_id]
        if stage == deal.stage_id and deal.is_open and at < deal.stage_entered_at:
            deal.stage_entered_at = at
            changed.append(deal)
    stalls.settle_many(changed)
    bulk.change(changed, ["stage_entered_at", "stalls_on", "stall_why"])
