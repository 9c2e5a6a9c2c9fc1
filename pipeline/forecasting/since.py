"""What has happened since the forecast was computed, laid over it: pages show it without waiting for the next one.

Deals that were won, lost or removed meanwhile, another amount, another day. What moves a chance otherwise – a stage, an
answer, talking – waits for the worker.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate

from crm.lib.fiscal import Quarter
from pipeline.deal_events import DealEvent
from pipeline.forecasting.whatif import Change, Outlook, Part, as_rows, changed, from_rows, imagine, worth_at
from pipeline.models import Deal, QuarterForecast, Stage
from staff.models import Event

# More than happens in the minutes until the next forecast; after a long list of deals the worker catches up.
MOST_EVENTS = 1000

Row = Mapping[str, Any]


def touched(quarter: Quarter) -> QuerySet[Deal, Any]:
    """The deals to which something happened since the company's forecast of the quarter, as rows for `laid_over`."""
    seen = QuarterForecast.objects.filter(first_on=quarter.first, team=None).values("seen_event")[:1]
    newer = Event.objects.filter(pk__gt=Subquery(seen)).order_by("pk")
    edits = Event.objects.filter(
        kind=DealEvent.EDITED, deal_id=OuterRef("pk"), pk__gt=Subquery(seen)
    ).order_by("pk")

    def before(name: str) -> Subquery:
        return Subquery(edits.filter(before__has_key=name).values(f"before__{name}")[:1])

    # The limit has the database begin at the newest that the forecast knows, however many there are before it.
    deals = Deal.objects.filter(pk__in=newer.values("deal_id")[:MOST_EVENTS]).order_by("pk")
    return deals.values(
        "id",
        "amount",
        "close_on",
        closed_on=TruncDate("closed_at"),
        kind=F("stage__kind"),
        is_gone=Q(deleted_at__isnull=False),
        amount_before=before("amount"),
        close_before=before("close_on"),
    )


def laid_over(
    forecast: QuarterForecast, quarter: Quarter, rows: Iterable[Row], won: Decimal
) -> QuarterForecast:
    """The forecast as it stands now: `rows` are those of `touched`, `won` is what is won in the quarter by now.

    Each deal takes its new worth, or leaves; ranges are those of `whatif.imagine`. Point = won + stages + not yet born.
    """
    parts = from_rows(forecast.parts.get("deals", []))
    happened = {row["id"]: row for row in rows}
    changes = {
        part.deal: change
        for part in parts
        if part.deal in happened and (change := _change(part, happened[part.deal], quarter))
    }
    new = copy.copy(forecast)
    new.won, new.by_stage = won, _stages(forecast.by_stage, parts, changes)
    new.point = won + forecast.unborn + sum(Decimal(stage["amount"]) for stage in new.by_stage)
    _set_ranges(new, forecast, parts, changes)
    new.course = _course(new, forecast)
    left = [
        changed(part, changes.get(part.deal, Change())) for part in parts if not _is_settled(part, changes)
    ]
    new.parts = forecast.parts | {"deals": as_rows(left)}
    return new


def _change(part: Part, row: Row, quarter: Quarter) -> Change:
    first, last = quarter.first.isoformat(), quarter.last.isoformat()
    if row["is_gone"] or row["closed_on"]:
        is_won = (
            row["kind"] == Stage.Kind.WON and not row["is_gone"] and first <= str(row["closed_on"]) <= last
        )
        return Change("won" if is_won else "out", float(row["amount"] or 0))
    amount = None
    if row["amount_before"] is not None and row["amount"] is not None:
        amount = worth_at(part, float(row["amount"]), float(row["amount_before"]))
    was, now = (bool(day) and str(day) <= last for day in (row["close_before"], row["close_on"]))
    return Change("", amount, now if row["close_before"] and row["close_on"] and was != now else None)


def _is_settled(part: Part, changes: Mapping[int, Change]) -> bool:
    return part.deal in changes and bool(changes[part.deal].outcome)


def _stages(
    stages: list[dict[str, Any]], parts: Iterable[Part], changes: Mapping[int, Change]
) -> list[dict[str, Any]]:
    """What each stage brings without the deals that were settled, and with what the others have become."""
    new = [dict(stage) for stage in stages]
    for part in parts:
        if part.deal not in changes or not 0 <= part.place < len(new):
            continue
        stage, is_settled = new[part.place], _is_settled(part, changes)
        brings = 0.0 if is_settled else changed(part, changes[part.deal]).expected
        stage["amount"] = max(0, stage["amount"] + round(brings - part.expected))
        if is_settled:
            stage["count"] = max(0, stage.get("count", 0) - 1)
            stage["gains"] = _without(stage.get("gains", []), part.amount - part.expected)
    return new


def _without(gains: list[int], gain: float) -> list[int]:
    """Stored chances have four digits, so the nearest is the one."""
    nearest = min(gains, key=lambda one: abs(one - gain), default=None)
    if nearest is None or abs(nearest - gain) > 0.001 * (abs(gain) + 1000):
        return gains
    left = list(gains)
    left.remove(nearest)
    return left


def _set_ranges(
    new: QuarterForecast, old: QuarterForecast, parts: list[Part], changes: Mapping[int, Change]
) -> None:
    names = ("point", "low80", "high80", "low50", "high50")
    said = Outlook(*(float(getattr(old, name)) for name in names))
    seen = imagine(said, 0.0, float(old.parts.get("deviation", 0)), parts, changes)
    for name in names[1:]:
        end = new.point + Decimal(round(getattr(seen, name) - seen.point))
        setattr(new, name, max(new.won, end))


def _course(new: QuarterForecast, old: QuarterForecast) -> list[list[Any]]:
    """The way there: what was still to come has grown or shrunk in one ratio, the ends as the range has."""
    to_come, now_to_come = float(old.point - old.won), float(new.point - new.won)
    ratio = now_to_come / to_come if to_come else 0.0
    low, high = (
        float(abs(getattr(new, end) - new.point)) / size
        if (size := float(abs(getattr(old, end) - old.point)))
        else 1.0
        for end in ("low80", "high80")
    )
    won, steps = float(new.won), list[list[Any]]()
    for day, point, bottom, top in old.course:
        at = won + (float(point) - float(old.won)) * ratio
        ends = max(won, at - low * float(point - bottom)), at + high * float(top - point)
        steps.append([day, round(at), *map(round, ends)])
    return steps
