"""経営: what the quarter will be, where deals come from, how long they take, why they are lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, Count, DecimalField, ExpressionWrapper, F, Q, Sum, Value, When, Window
from django.db.models.functions import RowNumber, TruncDate

from accounts.models import Channel
from crm.lib.questions import Combined, Question, Row
from dashboards.figures import links
from dashboards.figures.kpis import DECIDED, IS_LOST, IS_WON, Rate
from dashboards.figures.periods import Period
from dashboards.figures.sales import due_in
from leads.models import Lead, LeadQuerySet
from pipeline.models import LossReason, Stage
from pipeline.models.deal import DealQuerySet

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


def won_day_by_day(deals: DealQuerySet, period: Period, before: Period) -> Question[Courses]:
    """受注の累計: the amounts of the deals won, by the day they were won, for both periods."""
    rows = (
        deals.filter(IS_WON)
        .filter(period.has_moment("closed_at") | before.has_moment("closed_at"))
        .order_by()
        .values(day=TruncDate("closed_at"))
        .annotate(amount=Sum("amount"))
        .order_by("day")
    )

    def read(rows: list[Row]) -> Courses:
        won = [(date.fromisoformat(row["day"]), Decimal(row["amount"] or 0)) for row in rows]
        return Courses(_added_up(won, period), _added_up(won, before))

    return Question(rows, read)


def _added_up(won: list[tuple[date, Decimal]], period: Period) -> Course:
    total, days = Decimal(0), []
    for day, amount in won:
        if day in period:
            total += amount
            days.append((day, total))
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


def pullable(deals: DealQuerySet, period: Period, today: date) -> Question[list[StageToPull]]:
    """For each stage, the latest first: what its open deals would add, the ten largest of them.

    A deal that is due in the period is in the expected sum by its weighted amount; winning it adds the rest.
    """
    counted = Case(When(due_in(period, today), then=F("weighted_amount")), default=Value(Decimal(0)))
    gain = ExpressionWrapper(F("amount") - counted, output_field=DecimalField())
    ranked = (
        deals.open()
        .filter(amount__gt=0)
        .annotate(
            gain=gain,
            rank=Window(RowNumber(), partition_by=F("stage_id"), order_by=gain.desc()),
            count=Window(Count("pk"), partition_by=F("stage_id")),
        )
        .filter(rank__lte=MOST_DEALS_TO_PULL)
        .annotate(position=F("stage__position"), ja=F("stage__name_ja"), en=F("stage__name_en"))
        .order_by("-position", "rank")
        .values("stage_id", "position", "ja", "en", "count", "gain")
    )

    def read(rows: list[Row]) -> list[StageToPull]:
        stages: dict[int, StageToPull] = {}
        for row in rows:
            pk = row["stage_id"]
            stage = Stage(pk=pk, name_ja=row["ja"], name_en=row["en"], position=row["position"])
            found = stages.setdefault(pk, StageToPull(stage, row["count"], [], links.deals(stage=pk)))
            found.gains.append(Decimal(row["gain"]))
        return list(stages.values())

    return Question(ranked, read)


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
    won_url: str


def channels(leads: LeadQuerySet, deals: DealQuerySet, period: Period) -> Combined[list[ChannelRow]]:
    """チャネル別CVR of the period.

    リード = received in it. 商談化率 = as in kpis: of those that are decided, the share that became deals.
    受注率 = of the channel's deals closed in the period, the share won.
    """
    received = (
        leads.filter(period.has_moment("received_at"), deleted_at=None)
        .order_by()
        .values("channel_id")
        .annotate(
            count=Count("pk"),
            converted=Count("pk", filter=Q(state=Lead.State.CONVERTED)),
            decided=Count("pk", filter=Q(state__in=DECIDED)),
        )
    )
    closed = (
        deals.filter(IS_WON | IS_LOST, period.has_moment("closed_at"), channel__isnull=False)
        .order_by()
        .values("channel_id")
        .annotate(won=Count("pk", filter=Q(stage__kind=Stage.Kind.WON)), count=Count("pk"))
    )
    names = Channel.objects.values("id", "code", "name_ja", "name_en", "is_active")

    def make(names: list[Row], received: dict[int, Row], closed: dict[int, Row]) -> list[ChannelRow]:
        rows = [
            _channel_row(Channel(**name), received.get(name["id"], {}), closed.get(name["id"], {}), period)
            for name in names
        ]
        with_something = [row for row in rows if row.leads or row.to_won.whole]
        return sorted(with_something, key=lambda row: -(row.to_deal.percent or 0))

    return Combined(
        make,
        {
            "names": Question(names, list),
            "received": Question(received, _by("channel_id")),
            "closed": Question(closed, _by("channel_id")),
        },
    )


def _by(key: str):
    return lambda rows: {row[key]: row for row in rows}


def _channel_row(channel: Channel, received: Row, closed: Row, period: Period) -> ChannelRow:
    return ChannelRow(
        channel,
        leads=received.get("count", 0),
        to_deal=Rate(received.get("converted", 0), received.get("decided", 0)),
        to_won=Rate(closed.get("won", 0), closed.get("count", 0)),
        leads_url=links.leads(period, channel=channel.pk),
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


def losses(deals: DealQuerySet, period: Period, before: Period) -> Question[Losses]:
    """失注の上位理由: deals lost in the period by their reason, beside the period before."""
    rows = (
        deals.filter(IS_LOST, loss_reason__isnull=False)
        .filter(period.has_moment("closed_at") | before.has_moment("closed_at"))
        .order_by()
        .values(
            "loss_reason_id",
            code=F("loss_reason__code"),
            ja=F("loss_reason__name_ja"),
            en=F("loss_reason__name_en"),
        )
        .annotate(
            now=Count("pk", filter=period.has_moment("closed_at")),
            before=Count("pk", filter=before.has_moment("closed_at")),
        )
        .order_by("-now", "-before", "loss_reason__position")
    )

    def read(rows: list[Row]) -> Losses:
        return Losses(
            sum(row["now"] for row in rows), [_loss_row(row, period) for row in rows[:MOST_REASONS]]
        )

    return Question(rows, read)


def _loss_row(row: Row, period: Period) -> LossRow:
    reason = LossReason(pk=row["loss_reason_id"], code=row["code"], name_ja=row["ja"], name_en=row["en"])
    return LossRow(
        reason, row["now"], row["before"], links.closed_deals(Stage.Kind.LOST, period, reason=reason.code)
    )
