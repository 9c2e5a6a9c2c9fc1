"""経営: what the quarter will be, where deals come from, how long they take, why they are lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from accounts.models import Channel
from crm.lib.questions import Question, Row, Sql, sql_of
from dashboards.figures import links
from dashboards.figures.asking import Rolled, Tallies
from dashboards.figures.kpis import Rate
from dashboards.figures.periods import Period
from dashboards.figures.sales import due_in
from pipeline.models import Figure, LossReason, Stage
from pipeline.models.deal import DealQuerySet
from pipeline.rollups import UNDATED, Tally, Want

# How many deals of one stage are worth naming as the way to the target.
MOST_DEALS_TO_PULL = 10
CHANNEL_DAYS = 90


@dataclass(frozen=True)
class Course:
    """The amounts won in a period, added up day by day; days without an order are left out."""

    days: list[tuple[date, Decimal]]

    @property
    def total(self) -> Decimal:
        return self.days[-1][1] if self.days else Decimal(0)

    def on(self, day: date) -> Decimal:
        """How much it was at the end of the day."""
        return max((amount for when, amount in self.days if when <= day), default=Decimal(0))


@dataclass(frozen=True)
class Courses:
    """The period and the same days of the year before."""

    now: Course
    before: Course


def won_day_by_day(period: Period, before: Period) -> Rolled[Courses]:
    """受注の累計: the amounts of the deals won, by the day they were won, for both periods."""

    def make(now: Tallies, then: Tallies) -> Courses:
        return Courses(_added_up(now), _added_up(then))

    return Rolled(
        make,
        {
            name: Want(Figure.WON, span.first, span.last, by_day=True)
            for name, span in (("now", period), ("then", before))
        },
    )


def _added_up(won: Tallies) -> Course:
    total, days = Decimal(0), []
    for tally in sorted(won, key=lambda tally: tally.day or date.min):
        total += tally.n2
        days.append((tally.day or date.min, total))
    return Course(days)


# The gap -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StageToPull:
    """The open deals of a stage, and what each would add to the expected sum if it were won in the period."""

    stage: Stage
    count: int
    gains: list[Decimal]
    url: str

    def deals_for(self, gap: Decimal) -> int | None:
        """How many of them, the largest first, close the gap; None when they do not."""
        total = Decimal(0)
        for number, gain in enumerate(self.gains, 1):
            total += gain
            if total >= gap:
                return number
        return None


@dataclass(frozen=True)
class WayToTarget:
    """The shortest way: winning so many of the deals of one stage within the period."""

    stage: Stage
    deals: int
    count: int
    url: str


def pullable(deals: DealQuerySet, period: Period, today: date) -> Rolled[list[StageToPull]]:
    """For each stage, the latest first: what its open deals would add, the ten largest of them.

    A deal that is due in the period is in the expected sum by its weighted amount; winning it adds the rest. The ten are
    the largest of two tens: of those that are due and of those that are not, each found by its index.
    """
    some = deals.open().filter(amount__gt=0).order_by()
    names = "stage_id", "amount", "weighted_amount"
    due, due_params = sql_of(some.filter(due_in(period, today)).values(*names))
    others = some.filter(Q(close_on=None) | ~due_in(period, today))
    other, other_params = sql_of(others.values(*names))
    rows = Sql(_GAINS.format(due=due, other=other), (*due_params, *other_params))

    def make(priced: Tallies, gains: list[Row]) -> list[StageToPull]:
        counts = {tally.key: tally.n4 for tally in priced}
        stages: dict[int, StageToPull] = {}
        for row in gains:
            pk = row["stage_id"]
            stage = Stage(pk=pk, name_ja=row["ja"], name_en=row["en"], position=row["position"])
            found = stages.setdefault(pk, StageToPull(stage, counts.get(pk, 0), [], links.deals(stage=pk)))
            found.gains.append(Decimal(row["gain"]))
        return list(stages.values())

    return Rolled(make, {"priced": Want(Figure.DUE, UNDATED, date.max)}, {"gains": Question(rows, list)})


_GAINS = f"""
    SELECT s.id AS stage_id, s.position, s.name_ja AS ja, s.name_en AS en, g.gain
    FROM pipeline_stage s CROSS JOIN LATERAL (
        SELECT gain FROM (
            (SELECT d.amount - d.weighted_amount AS gain FROM ({{due}}) d WHERE d.stage_id = s.id
             ORDER BY d.amount - d.weighted_amount DESC LIMIT {MOST_DEALS_TO_PULL})
            UNION ALL
            (SELECT d.amount FROM ({{other}}) d WHERE d.stage_id = s.id ORDER BY d.amount DESC LIMIT {MOST_DEALS_TO_PULL})
        ) both_ways ORDER BY gain DESC LIMIT {MOST_DEALS_TO_PULL}
    ) g
    WHERE s.kind = 'open' ORDER BY s.position DESC, s.id, g.gain DESC
"""  # noqa: S608 - put together from constants


def way_to_target(gap: Decimal | None, stages: list[StageToPull]) -> WayToTarget | None:
    """The latest stage whose deals close the gap; None without a gap or when no single stage is enough."""
    if not gap:
        return None
    for found in stages:
        number = found.deals_for(gap)
        if number is not None:
            return WayToTarget(found.stage, number, found.count, found.url)
    return None


# Channels ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChannelRow:
    """One way customers come: leads, those that became deals, and deals won; each with what it is a share of."""

    channel: Channel
    leads: int
    to_deal: Rate
    to_won: Rate
    leads_url: str
    decided_url: str
    won_url: str


def channels(period: Period) -> Rolled[list[ChannelRow]]:
    """チャネル別CVR of the period.

    リード = received in it. 商談化率 = as in kpis: of those that are decided, the share that became deals.
    受注率 = of the channel's deals closed in the period, the share won.
    """
    names = Channel.objects.values("id", "code", "name_ja", "name_en", "is_active")

    def make(received: Tallies, closed: Tallies, names: list[Row]) -> list[ChannelRow]:
        of_leads, of_deals = ({tally.key: tally for tally in rows} for rows in (received, closed))
        rows = [
            _channel_row(Channel(**name), of_leads.get(name["id"]), of_deals.get(name["id"]), period)
            for name in names
        ]
        with_something = [row for row in rows if row.leads or row.to_won.whole]
        return sorted(with_something, key=lambda row: -(row.to_deal.percent or 0))

    return Rolled(
        make,
        {
            "received": Want(Figure.LEADS, period.first, period.last),
            "closed": Want(Figure.CHANNEL, period.first, period.last),
        },
        {"names": Question(names, list)},
    )


def _channel_row(
    channel: Channel, received: Tally | None, closed: Tally | None, period: Period
) -> ChannelRow:
    return ChannelRow(
        channel,
        leads=received.n1 if received else 0,
        to_deal=Rate(received.n2, received.n3) if received else Rate(),
        to_won=Rate(closed.n1, closed.n2) if closed else Rate(),
        leads_url=links.leads(period, channel=channel.pk),
        decided_url=links.leads(period, channel=channel.pk, state="decided"),
        won_url=links.closed_deals(Stage.Kind.WON, period, channel=channel.pk),
    )


# Losses --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LossRow:
    reason: LossReason
    now: int
    before: int
    url: str

    @property
    def change(self) -> int:
        return self.now - self.before

    @property
    def change_size(self) -> int:
        return abs(self.change)


@dataclass(frozen=True)
class Losses:
    """All losses of the period, and the reasons given for them, the most frequent first."""

    count: int
    rows: list[LossRow]


MOST_REASONS = 5


def losses(period: Period, before: Period) -> Rolled[Losses]:
    """失注の上位理由: deals lost in the period by their reason, beside the period before."""
    reasons = LossReason.objects.order_by("position", "pk").values("id", "code", "name_ja", "name_en")

    def make(now: Tallies, then: Tallies, reasons: list[Row]) -> Losses:
        lost, lost_before = ({tally.key: tally.n1 for tally in rows} for rows in (now, then))
        rows = [
            LossRow(
                LossReason(**reason),
                lost.get(reason["id"], 0),
                lost_before.get(reason["id"], 0),
                links.closed_deals(Stage.Kind.LOST, period, reason=reason["code"]),
            )
            for reason in reasons
            if reason["id"] in lost or reason["id"] in lost_before
        ]
        # Those of the same number stay in the order of the company's list.
        rows.sort(key=lambda row: (-row.now, -row.before))
        return Losses(sum(lost.values()), rows[:MOST_REASONS])

    return Rolled(
        make,
        {
            name: Want(Figure.LOST, span.first, span.last)
            for name, span in (("now", period), ("then", before))
        },
        {"reasons": Question(reasons, list)},
    )
