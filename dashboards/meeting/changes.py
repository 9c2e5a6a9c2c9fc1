"""What moved since the meeting before: won, lost, on, back, new, and what an amount or a date was before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max, Min
from django.utils import timezone

from dashboards.meeting.models import Meeting
from pipeline.deal_events import DealEvent
from pipeline.models import Deal, Stage, StageMove
from staff.models import Event, User

MOST_ROWS = 40
# The order in which a meeting wants to hear of it.
KINDS = ("won", "lost", "back", "on", "new", "less", "more", "later", "sooner")


@dataclass(frozen=True)
class Change:
    """One deal and what became of it: a kind of `KINDS`, what was, and what is now."""

    deal: Deal
    kind: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Changes:
    rows: list[Change]
    counts: dict[str, int]

    @property
    def shown(self) -> list[Change]:
        return self.rows[:MOST_ROWS]

    @property
    def not_shown(self) -> int:
        return max(0, len(self.rows) - MOST_ROWS)


def since(meeting: Meeting, user: User) -> Changes:
    """What became of the team's deals since the meeting before, as far as the person may see them."""
    deals = Deal.objects.visible_to(user).filter(team__in=meeting.team.subtree_ids())
    moved = _moves(deals, meeting)
    edited = _edits(deals, meeting)
    found = {
        deal.pk: deal
        for deal in Deal.objects.filter(pk__in={*moved, *edited}).for_cards().order_by("pk")
    }  # fmt: skip
    rows = [Change(found[pk], *moved[pk]) for pk in moved]
    rows += [Change(found[pk], *change) for pk in edited for change in edited[pk]]
    rows.sort(key=lambda row: (KINDS.index(row.kind), -(row.deal.amount or Decimal(0)), row.deal.pk))
    counts = {kind: sum(row.kind == kind for row in rows) for kind in KINDS}
    return Changes(rows, {kind: count for kind, count in counts.items() if count})


def _moves(deals: Any, meeting: Meeting) -> dict[int, tuple[str, Stage | None, Stage]]:
    """Deal → what its moves came to: from where it stood then to where it stands now."""
    moves = StageMove.objects.filter(
        at__gte=meeting.since, at__lt=_until(meeting), deal__in=deals.order_by().values("pk")
    )
    ends = moves.order_by().values("deal").annotate(first=Min("pk"), last=Max("pk"))
    pairs = {row["deal"]: (row["first"], row["last"]) for row in ends}
    rows = StageMove.objects.filter(pk__in={pk for pair in pairs.values() for pk in pair})
    by_id = {move.pk: move for move in rows.select_related("from_stage", "to_stage")}
    found = {}
    for deal, (first, last) in pairs.items():
        came_from, to = by_id[first].from_stage, by_id[last].to_stage
        kind = _kind(came_from, to)
        if kind:
            found[deal] = (kind, came_from, to)
    return found


def _until(meeting: Meeting) -> datetime:
    """The minutes of a meeting that is over do not grow."""
    return meeting.ended_at or timezone.now()


def _kind(came_from: Stage | None, to: Stage) -> str:
    if to.kind in (Stage.Kind.WON, Stage.Kind.LOST):
        return str(to.kind)
    if came_from is None:
        return "new"
    if came_from.pk == to.pk:
        return ""
    return "on" if came_from.is_open and to.position > came_from.position else "back"


def _edits(deals: Any, meeting: Meeting) -> dict[int, list[tuple[str, Any, Any]]]:
    """Deal → its amount and its expected close, where they are another than then."""
    rows = (
        Event.objects.filter(
            kind=DealEvent.EDITED, happened_at__gte=meeting.since, happened_at__lt=_until(meeting),
            deal_id__in=deals.open().order_by().values("pk"),
        )
        .order_by("happened_at", "pk")
        .values_list("deal_id", "before", "after")
    )  # fmt: skip
    spans: dict[tuple[int, str], list[Any]] = {}
    for deal, before, after in rows:
        for name in ("amount", "close_on"):
            if name in after:
                spans.setdefault((deal or 0, name), [before.get(name), None])[1] = after[name]
    return _told(spans.items())


def _told(spans: Iterable[tuple[tuple[int, str], list[Any]]]) -> dict[int, list[tuple[str, Any, Any]]]:
    found: dict[int, list[tuple[str, Any, Any]]] = {}
    for (deal, name), (before, after) in spans:
        # A first amount or date is no news: the stage asked for it.
        if before in (None, "") or after in (None, "") or before == after:
            continue
        found.setdefault(deal, []).append(_amount(before, after) if name == "amount" else _day(before, after))
    return found


def _amount(before: Any, after: Any) -> tuple[str, Any, Any]:
    was, now = Decimal(str(before)), Decimal(str(after))
    return "less" if now < was else "more", was, now


def _day(before: str, after: str) -> tuple[str, Any, Any]:
    was, now = date.fromisoformat(before), date.fromisoformat(after)
    return "sooner" if now < was else "later", was, now
