"""Spending by channel: written down by month, asked for any stretch of days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from accounts.models import Channel
from crm.lib.questions import Question, Row
from crm.lib.stats import wilson
from dashboards import amounts
from dashboards.channels.models import ChannelCost
from dashboards.figures.business import ChannelRow
from dashboards.figures.kpis import Rate
from dashboards.figures.periods import Period
from staff import access
from staff.models import User


class CostEvent:
    SET = "channel.cost_set"


@transaction.atomic
def set_cost(
    channel: Channel, month: date, amount: Decimal | None, *, by: User, base: Decimal | None = None
) -> bool:
    """Sets what the channel cost in the month; None takes it away. False when it is no longer `base`, what was seen."""
    access.require(by, "set channel cost", channel)
    # Two who type at once: the second sees what the first has written.
    Channel.objects.select_for_update().get(pk=channel.pk)
    held = ChannelCost.objects.filter(channel=channel, month=month)

    def write(amount: Decimal) -> None:
        ChannelCost.objects.update_or_create(channel=channel, month=month, defaults={"amount": amount})

    return amounts.change(
        held, amount, write, base=base, kind=CostEvent.SET, subject=channel, by=by, month=month,
        channel=str(channel),
    )  # fmt: skip


def spent(user: User, period: Period) -> Question[dict[int, Decimal]]:
    """Channel → what was spent in the period; of a month that lies in it only partly, its share of days."""
    first_month = period.first.replace(day=1)
    rows = ChannelCost.objects.visible_to(user).filter(month__gte=first_month, month__lte=period.last)

    def read(found: list[Row]) -> dict[int, Decimal]:
        sums: dict[int, Decimal] = {}
        for row in found:
            part = share_of_month(date.fromisoformat(row["month"]), period)
            sums[row["channel_id"]] = sums.get(row["channel_id"], Decimal(0)) + Decimal(row["amount"]) * part
        return {pk: amount.quantize(Decimal(1)) for pk, amount in sums.items()}

    return Question(rows.order_by().values("channel_id", "month", "amount"), read)


def share_of_month(month: date, period: Period) -> Decimal:
    """How much of the month lies in the period, by days."""
    last = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    days = (min(last, period.last) - max(month, period.first)).days + 1
    return Decimal(max(0, days)) / ((last - month).days + 1)


@dataclass(frozen=True)
class ChannelWithCost:
    """A row of the channels with the intervals of its rates, and what an order through it cost."""

    row: ChannelRow
    cost: Decimal | None

    @property
    def to_deal_interval(self) -> tuple[int, int] | None:
        return interval(self.row.to_deal)

    @property
    def to_won_interval(self) -> tuple[int, int] | None:
        return interval(self.row.to_won)

    @property
    def cost_of_order(self) -> Decimal | None:
        """Spent ÷ orders; None without spending or without an order."""
        return (
            (self.cost / self.row.to_won.part).quantize(Decimal(1))
            if self.cost and self.row.to_won.part
            else None
        )


def interval(rate: Rate) -> tuple[int, int] | None:
    """Where the true rate lies with 95 % (Wilson), in percent; None without any."""
    if not rate.whole:
        return None
    low, high = wilson(rate.part, rate.whole)
    return round(100 * low), round(100 * high)


def with_costs(rows: list[ChannelRow], costs: dict[int, Decimal]) -> list[ChannelWithCost]:
    return [ChannelWithCost(row, costs.get(row.channel.pk)) for row in rows]
