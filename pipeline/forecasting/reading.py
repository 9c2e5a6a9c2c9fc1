"""The ledger out of the database: moves, changed values, owners and answers, each with its day.

Values of the past come from the log of events, never from what a deal says today: a forecast as of a past day must not
know better than it did then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Q
from django.utils import timezone

from pipeline.deal_events import DealEvent
from pipeline.forecasting.history import LOST, WON, DealHistory, Ledger
from pipeline.models import CriterionAnswer, Deal, Stage, StageMove
from staff.models import CompanyProfile, Event, User

YEARS = 5
# With more deals than this, the past is looked at for fewer years, but never for fewer than two.
MOST_DEALS = 100_000
BATCH = 2000
TALKED = "activity.logged"  # by the activities, which stand above deals

Changes = dict[str, list[tuple[int, Any, Any]]]
MISSING = object()


def read_ledger(as_of: date) -> Ledger:
    """All that happened to deals before the day began."""
    morning = _morning(as_of)
    stages = list(Stage.objects.filter(kind=Stage.Kind.OPEN, pipeline__is_default=True).order_by("position"))
    place_of = {stage.pk: place for place, stage in enumerate(stages)}
    for stage in Stage.objects.exclude(pk__in=place_of):
        others = {Stage.Kind.WON: WON, Stage.Kind.LOST: LOST}
        # Stages of other pipelines count like the one as far along.
        place_of[stage.pk] = others.get(Stage.Kind(stage.kind), min(stage.position - 1, len(stages) - 1))
    deals = [deal for batch in _batches(as_of, morning) for deal in _histories(batch, place_of, morning)]
    return Ledger(
        deals=deals,
        teams=dict(User.objects.values_list("pk", "team_id")),
        probabilities=[float(stage.probability) for stage in stages],
        start_month=CompanyProfile.load().fiscal_start_month,
    )


def _morning(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def _batches(as_of: date, morning: datetime) -> Iterator[list[dict[str, Any]]]:
    """The deals as they are now, by their ids; batch by batch, so that a million rows need no memory for all."""
    rows = _of_these_years(as_of, morning).order_by("pk")
    wanted = ("id", "amount", "close_on", "owner_id", "channel_id", "deleted_at", "created_at")
    last = 0
    while batch := list(rows.filter(pk__gt=last).values(*wanted)[:BATCH]):
        yield batch
        last = batch[-1]["id"]


def _of_these_years(as_of: date, morning: datetime) -> Any:
    # Deals of a list that was undone never were; others in the bin count until the day they went there.
    undone = Event.objects.filter(kind=DealEvent.REMOVED, deal_id__isnull=False).values("deal_id")
    for years in range(YEARS, 1, -1):
        since = morning - timedelta(days=365 * years)
        rows = Deal.objects.filter(Q(closed_at=None) | Q(closed_at__gte=since), created_at__lt=morning)
        rows = rows.exclude(Q(deleted_at__isnull=False) & Q(pk__in=undone))
        if years == 2 or rows.count() <= MOST_DEALS:
            return rows
    raise AssertionError("two years are always looked at")


def _histories(
    rows: list[dict[str, Any]], place_of: dict[int, int], morning: datetime
) -> Iterator[DealHistory]:
    ids = [row["id"] for row in rows]
    moves = _moves(ids, place_of, morning)
    changes, answers, touches = _changes(ids), _answers(ids, morning), _touches(ids, morning)
    end = _day(morning)
    for row in rows:
        way = moves.get(row["id"])
        if not way:
            continue
        changed, began = changes.get(row["id"], {}), way[0][0]
        yield DealHistory(
            id=row["id"],
            moves=way,
            amounts=_known(changed, "amount", row["amount"], began, end, _money),
            closes=_known(changed, "close_on", row["close_on"], began, end, _ordinal),
            owners=_known(changed, "owner", row["owner_id"], began, end, int),
            channels=_known(changed, "channel", row["channel_id"], began, end, lambda value: int(value or 0)),
            answered=sorted(answers.get(row["id"], ())),
            touched=touches.get(row["id"], []),
            deleted=_day(row["deleted_at"]) if row["deleted_at"] and row["deleted_at"] < morning else None,
        )


def _moves(ids: list[int], place_of: dict[int, int], morning: datetime) -> dict[int, list[tuple[int, int]]]:
    rows = StageMove.objects.filter(deal__in=ids, at__lt=morning).order_by("deal_id", "at", "pk")
    return {
        deal: [(_day(at), place_of[stage]) for _deal, at, stage in own]
        for deal, own in groupby(rows.values_list("deal_id", "at", "to_stage_id"), key=itemgetter(0))
    }


def _changes(ids: list[int]) -> dict[int, Changes]:
    """By deal and field: (day, before, after), also of what came later: its `before` held until then."""
    kinds = [DealEvent.CREATED, DealEvent.EDITED, DealEvent.HANDED_OVER]
    rows = Event.objects.filter(deal_id__in=ids, kind__in=kinds).order_by("happened_at", "pk")
    found: dict[int, Changes] = defaultdict(lambda: defaultdict(list))
    for deal, kind, at, before, after in _of_deals(
        rows.values_list("deal_id", "kind", "happened_at", "before", "after")
    ):
        if kind == DealEvent.CREATED:
            continue  # an imported deal was written down with what it had become
        for name in ("amount", "close_on", "owner", "channel"):
            if name in after:
                found[deal][name].append((_day(at), before.get(name, MISSING), after[name]))
    return found


def _known(
    changed: Changes, name: str, now: Any, began: int, end: int, plain: Callable[[Any], Any]
) -> list[tuple[int, Any]]:
    """What the field said since which day, up to the morning of `end`.

    Before the first change it said what that change replaced. Where nobody wrote that down, it is not known.
    """
    steps = changed.get(name, [])
    if not steps:
        return [(began, plain(now))]
    first_day, first, value = steps[0]
    if first is MISSING:
        first = value if first_day <= began else (now if name == "owner" else None)
    told = [(began, plain(first))]
    told += [(max(day, began), plain(after)) for day, _before, after in steps if day < end]
    return told


def _answers(ids: list[int], morning: datetime) -> dict[int, list[int]]:
    """The days on which criteria were answered for the first time. Rows tell of answers that left no event."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    told = Event.objects.filter(deal_id__in=ids, kind=DealEvent.ANSWERED).order_by("happened_at", "pk")
    seen: set[tuple[int, int]] = set()
    for deal, at, after, data in _of_deals(told.values_list("deal_id", "happened_at", "after", "data")):
        criterion = data.get("criterion", 0)
        seen.add((deal, criterion))
        if at < morning and after.get("value"):
            found[deal].setdefault(criterion, _day(at))
    rows: Iterable[tuple[int, int, datetime]] = CriterionAnswer.objects.filter(
        deal__in=ids, answered_at__lt=morning
    ).values_list("deal_id", "criterion_id", "answered_at")
    for deal, criterion, at in rows:
        if (deal, criterion) not in seen:
            found[deal].setdefault(criterion, _day(at))
    return {deal: list(days.values()) for deal, days in found.items()}


def _touches(ids: list[int], morning: datetime) -> dict[int, list[int]]:
    """The days on which somebody was talked with, as the log of events tells it: a memo reaches nobody."""
    found: dict[int, list[int]] = defaultdict(list)
    told = Event.objects.filter(deal_id__in=ids, kind=TALKED, happened_at__lt=morning)
    reached = told.filter(data__reached=True).exclude(data__activity="memo").order_by("happened_at", "pk")
    for deal, at in _of_deals(reached.values_list("deal_id", "happened_at")):
        found[deal].append(_day(at))
    return found


def _of_deals(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    """Rows of events that were asked for by deal, and therefore have one."""
    return rows


def _day(moment: datetime) -> int:
    return timezone.localtime(moment).date().toordinal()


def _money(value: Any) -> float | None:
    return None if value in (None, "") else float(Decimal(str(value)))


def _ordinal(value: Any) -> int | None:
    if value in (None, ""):
        return None
    return (date.fromisoformat(value[:10]) if isinstance(value, str) else value).toordinal()
