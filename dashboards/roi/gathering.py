"""The rows behind the statement: decided deals of two groups, and which of them are left out and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F
from django.utils import timezone

from dashboards.figures.kpis import DAYS_TO_WIN, IS_LOST, IS_WON
from dashboards.figures.periods import Period
from dashboards.roi.statement import Group, Row
from pipeline.models import Deal, Stage
from staff.models import Team, User


@dataclass(frozen=True)
class Question:
    """What is compared: a period with one before it, or a team with all others in the same period."""

    period: Period
    baseline: Period | None = None
    pilot: Team | None = None
    cost: float = 0.0  # of the CRM in the period
    margin_percent: int = 100
    without_largest: bool = False


@dataclass(frozen=True)
class Gathered:
    """The rows that count, and how many were left out for which reason."""

    rows: list[Row]
    left_out: dict[str, int]


# Reasons for leaving something out, in the order in which they are asked.
NO_AMOUNT, NO_CONTACT, BACKWARDS, LARGEST = (
    "no amount",
    "no first contact",
    "ends before it begins",
    "largest order",
)


def gather(user: User, question: Question) -> Gathered:
    """Deals decided in the periods. Without an amount a won deal counts for the win rate and not for the amount;
    without a first contact, or with one after the order, not for the lead time."""
    rows: list[Row] = []
    left_out = {NO_AMOUNT: 0, NO_CONTACT: 0, BACKWARDS: 0, LARGEST: 0}
    for deal in _deals(user, question):
        is_won, days = deal["stage__kind"] == Stage.Kind.WON, deal["days"]
        amount = float(deal["amount"]) if deal["amount"] else None
        if is_won:
            left_out[NO_AMOUNT] += amount is None
            left_out[NO_CONTACT] += days is None
            if days is not None and days < 0:
                left_out[BACKWARDS] += 1
                days = None
        closed_on = timezone.localdate(deal["closed_at"])
        group = _group_of(deal, closed_on, question)
        if group:
            rows.append(
                Row(
                    deal["pk"],
                    group,
                    is_won,
                    amount if is_won else None,
                    days if is_won else None,
                    closed_on.isoformat(),
                )
            )
    if question.without_largest:
        rows = _without_largest(rows)
        left_out[LARGEST] = len(Group)
    return Gathered(rows, {reason: count for reason, count in left_out.items() if count})


def _deals(user: User, question: Question) -> Any:
    spans = question.period.has_moment("closed_at")
    if question.baseline:
        spans |= question.baseline.has_moment("closed_at")
    rows = Deal.objects.visible_to(user).filter(IS_WON | IS_LOST, spans).annotate(days=DAYS_TO_WIN)
    wanted = ("pk", "amount", "closed_at", "days", "stage__kind", "team_path")
    return rows.annotate(team_path=F("team__path")).order_by("closed_at", "pk").values(*wanted).iterator(2000)


def _group_of(deal: dict[str, Any], closed_on: date, question: Question) -> Group | None:
    if question.pilot:
        return Group.AFTER if deal["team_path"].startswith(question.pilot.path) else Group.BEFORE
    if closed_on in question.period:
        return Group.AFTER
    return Group.BEFORE if question.baseline and closed_on in question.baseline else None


def _without_largest(rows: list[Row]) -> list[Row]:
    """Without the largest order of each group: one lucky order is no method."""
    largest = set()
    for group in Group:
        won = [row for row in rows if row.group == group and row.amount is not None]
        if won:
            largest.add(max(won, key=lambda row: (row.amount or 0, row.deal)).deal)
    return [row for row in rows if row.deal not in largest]


HEADER = ("deal", "group", "outcome", "amount", "days_to_win", "closed_on")


def as_table(rows: list[Row]) -> Iterator[tuple[Any, ...]]:
    """The rows as they are exported, so that anyone can compute the statement again."""
    yield HEADER
    for row in rows:
        outcome = "won" if row.is_won else "lost"
        amount = int(row.amount) if row.amount is not None else ""
        yield row.deal, str(row.group), outcome, amount, "" if row.days is None else row.days, row.closed_on


def from_table(table: Iterator[list[str]]) -> list[Row]:
    """The rows of an exported table."""
    header = next(iter(table))
    found = (dict(zip(header, cells, strict=True)) for cells in table)
    return [
        Row(
            int(cells["deal"]), Group(cells["group"]), cells["outcome"] == "won",
            float(cells["amount"]) if cells["amount"] else None,
            int(cells["days_to_win"]) if cells["days_to_win"] else None, cells["closed_on"],
        )
        for cells in found
    ]  # fmt: skip
