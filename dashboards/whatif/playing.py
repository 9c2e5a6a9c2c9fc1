"""The forecast of a quarter with somebody's changes laid over it, and what people say of the same deals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Count, Q, Sum

from crm.lib import money
from crm.lib.fiscal import Quarter
from dashboards.figures import links, periods
from dashboards.figures.kpis import IS_WON
from dashboards.figures.sales import due_in
from pipeline.forecasting import since
from pipeline.forecasting.whatif import Change, Outlook, Part, changed, from_rows, imagine, worth_at
from pipeline.models import Deal, QuarterForecast, Stage
from staff.models import User

# Deals that the page lists; what the others bring stands below them as one sum.
MOST_ROWS = 60
OUTCOMES = ("won", "out")


@dataclass(frozen=True)
class Said:
    """What somebody said of one deal, as the form and a scenario keep it."""

    outcome: str = ""
    amount: Decimal | None = None
    close_on: date | None = None

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"outcome": self.outcome} if self.outcome else {}
        if self.amount is not None:
            found["amount"] = str(self.amount)
        if self.close_on is not None:
            found["close_on"] = self.close_on.isoformat()
        return found


def in_percent(chance: float) -> int:
    """The chance in whole percent; 0 and 100 are kept for what is settled."""
    return round(100 * chance) if chance in (0, 1) else min(max(round(100 * chance), 1), 99)


@dataclass(frozen=True)
class Row:
    """One deal of the forecast: as it is, and as somebody sees it."""

    deal: Deal
    now: Part
    then: Part
    said: Said

    @property
    def percent(self) -> int:
        return in_percent(self.now.chance)

    @property
    def percent_then(self) -> int:
        return in_percent(self.then.chance)

    @property
    def expected(self) -> Decimal:
        return Decimal(round(self.then.expected))

    @property
    def is_changed(self) -> bool:
        return self.now != self.then

    @property
    def change(self) -> Decimal:
        return Decimal(round(self.then.expected - self.now.expected))


@dataclass(frozen=True)
class StageOfRows:
    """What the open deals of a stage bring, those that are listed, and what the others bring of it."""

    stage: Stage
    amount: Decimal
    rows: list[Row]
    others: Decimal

    @property
    def brings(self) -> Decimal:
        """As somebody sees it."""
        return self.amount + sum((row.change for row in self.rows), Decimal(0))


@dataclass(frozen=True)
class Play:
    """The quarter as forecast, as imagined, and the deals that make the difference, the latest stage first."""

    forecast: QuarterForecast
    now: Outlook
    then: Outlook
    stages: list[StageOfRows]

    @property
    def rows(self) -> list[Row]:
        return [row for stage in self.stages for row in stage.rows]

    @property
    def is_changed(self) -> bool:
        return any(row.is_changed for row in self.rows)

    @property
    def shift(self) -> Decimal:
        return Decimal(round(self.then.point - self.now.point))

    @property
    def shift_size(self) -> Decimal:
        return abs(self.shift)


def forecast_of(user: User, quarter: Quarter) -> QuarterForecast | None:
    """The company's forecast as it stands now, with its parts; None where there is none from its own history."""
    found = QuarterForecast.objects.filter(first_on=quarter.first, team=None).first()
    if not (found and found.is_learned and found.parts):
        return None
    in_quarter = periods.of_quarter(quarter).has_moment("closed_at")
    won = Deal.objects.visible_to(user).filter(IS_WON, in_quarter).aggregate(sum=Sum("amount"))["sum"]
    return since.laid_over(found, quarter, since.touched(quarter), won or Decimal(0))


@dataclass(frozen=True)
class Ground:
    """A forecast with its parts and deals, read once, on which any number of scenarios are played."""

    quarter: Quarter
    forecast: QuarterForecast
    parts: list[Part]
    deals: dict[int, Deal]

    @property
    def now(self) -> Outlook:
        names = ("point", "low80", "high80", "low50", "high50")
        return Outlook(*(float(getattr(self.forecast, name)) for name in names))

    def imagined(self, said: Mapping[int, Said]) -> Outlook:
        """The quarter with what was said laid over it."""
        deviation = float(self.forecast.parts["deviation"])
        return imagine(self.now, float(self.forecast.won), deviation, self.parts, self.changes(said))

    def changes(self, said: Mapping[int, Said]) -> dict[int, Change]:
        told = [part for part in self.parts if part.deal in said and part.deal in self.deals]
        return {
            part.deal: _change(self.deals[part.deal], part, said[part.deal], self.quarter) for part in told
        }


def ground(user: User, quarter: Quarter, wanted: Iterable[int] = ()) -> Ground | None:
    """The company's forecast of the quarter with the deals that are listed, and those `wanted` besides."""
    forecast = forecast_of(user, quarter)
    if forecast is None:
        return None
    parts = from_rows(forecast.parts["deals"])
    pks = {part.deal for part in parts[:MOST_ROWS]} | set(wanted)
    deals = {deal.pk: deal for deal in Deal.objects.visible_to(user).filter(pk__in=pks).for_cards()}
    return Ground(quarter, forecast, parts, deals)


def play(found: Ground, said: Mapping[int, Said]) -> Play:
    """The deals of the forecast as they are, and as somebody sees them."""
    changes = found.changes(said)
    rows = [
        Row(
            found.deals[part.deal],
            part,
            changed(part, changes.get(part.deal, Change())),
            said.get(part.deal, Said()),
        )
        for part in found.parts
        if part.deal in found.deals
    ]
    return Play(found.forecast, found.now, found.imagined(said), _by_stage(found, rows))


def _by_stage(found: Ground, rows: list[Row]) -> list[StageOfRows]:
    """The latest stage first; without those that hold nothing."""
    are_all = found.forecast.parts.get("are_all") and len(rows) == len(found.parts)
    told = []
    for place, part in reversed(list(enumerate(found.forecast.by_stage))):
        own = [row for row in rows if _place_of(row, found.forecast.by_stage) == place]
        listed = Decimal(round(sum(row.now.expected for row in own)))
        stage = Stage(pk=part["stage"], **{name: part[name] for name in ("position", "name_ja", "name_en")})
        amount = Decimal(part["amount"])
        # Where all are listed no yen of rounding is left over.
        is_whole = are_all or part.get("count") == len(own)
        told.append(StageOfRows(stage, amount, own, Decimal(0) if is_whole else amount - listed))
    return [stage for stage in told if stage.rows or stage.others > 0]


def _place_of(row: Row, stages: list[dict[str, Any]]) -> int:
    """Forecasts of older versions do not say it: then where the deal stands now, else the first stage."""
    if row.now.place >= 0:
        return row.now.place
    return next((place for place, one in enumerate(stages) if one["stage"] == row.deal.stage_id), 0)


def _change(deal: Deal, part: Part, told: Said, quarter: Quarter) -> Change:
    amount = None
    if told.amount is not None:
        amount = worth_at(part, float(told.amount), float(deal.amount or 0))
    inside = None if told.close_on is None else told.close_on <= quarter.last
    return Change(told.outcome, amount, inside)


def read(params: Mapping[str, Any]) -> dict[int, Said]:
    """What the form says: `o-7=won`, `a-7=300万`, `c-7=2026-10-15`. Anything else is left out."""
    found: dict[int, dict[str, Any]] = {}
    for name, value in list(params.items())[:1000]:
        kind, _dash, pk = name.partition("-")
        if kind in ("o", "a", "c") and pk.isascii() and pk.isdigit() and len(pk) < 19:
            found.setdefault(int(pk), {})[kind] = str(value)[:40]
    said = {pk: _said(values) for pk, values in found.items()}
    return {pk: one for pk, one in said.items() if one != Said()}


def unread(params: Mapping[str, Any]) -> list[str]:
    """What was typed as an amount and is none."""
    typed = [str(value)[:40] for name, value in list(params.items())[:1000] if name.startswith("a-")]
    return [text for text in typed if text.strip() and _amount(text) is None]


def from_scenario(changes: Mapping[str, Any]) -> dict[int, Said]:
    """What a scenario keeps."""
    keys = {"outcome": "o", "amount": "a", "close_on": "c"}
    return {
        int(pk): _said({keys[name]: str(value) for name, value in values.items() if name in keys})
        for pk, values in changes.items()
    }


def _said(values: dict[str, str]) -> Said:
    outcome = values.get("o", "")
    return Said(
        outcome if outcome in OUTCOMES else "", _amount(values.get("a", "")), _day(values.get("c", ""))
    )


def _amount(text: str) -> Decimal | None:
    try:
        amount = money.parse(text)
    except (money.NotMoney, InvalidOperation):
        return None
    return amount if amount >= 0 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def days_offered(quarter: Quarter, today: date) -> list[date]:
    """Ends of months that lie ahead: those within the quarter, and one after it."""
    months = [*quarter.months, quarter.next().first]
    ends = [(month + timedelta(days=32)).replace(day=1) - timedelta(days=1) for month in months]
    return [day for day in ends if day >= today]


# What people say -----------------------------------------------------------------------------------

Category = Deal.ForecastCategory


@dataclass(frozen=True)
class SaidBy:
    """What one person promises for the quarter; each sum contains the one before it."""

    user: User
    won: Decimal
    commit: Decimal
    best: Decimal
    pipeline: Decimal
    url: str


@dataclass(frozen=True)
class SaidByPeople:
    rows: list[SaidBy]

    def total(self, name: str) -> Decimal:
        return sum((getattr(row, name) for row in self.rows), Decimal(0))

    @property
    def won(self) -> Decimal:
        return self.total("won")

    @property
    def commit(self) -> Decimal:
        return self.total("commit")

    @property
    def best(self) -> Decimal:
        return self.total("best")

    @property
    def pipeline(self) -> Decimal:
        return self.total("pipeline")


def said_by_people(user: User, quarter: Quarter, today: date) -> SaidByPeople:
    """コミット = won + committed deals due in the quarter; ベスト = and best cases; パイプライン = and all others but those left out."""
    period = periods.of_quarter(quarter)
    deals = Deal.objects.visible_to(user)
    is_due = Q(closed_at=None, deleted_at=None) & due_in(period, today)
    is_won = IS_WON & period.has_moment("closed_at")
    sums = {
        "won": Sum("amount", filter=is_won),
        **{kind: Sum("amount", filter=is_due & Q(forecast_category=kind)) for kind in Category.values},
    }
    rows = deals.filter(is_due | is_won).order_by().values("owner").annotate(count=Count("pk"), **sums)
    people = {person.pk: person for person in User.objects.filter(pk__in=[row["owner"] for row in rows])}
    found = [_said_by(people[row["owner"]], row) for row in rows]
    return SaidByPeople(sorted(found, key=lambda row: (-row.commit, -row.pipeline, row.user.pk)))


def _said_by(user: User, row: Mapping[str, Any]) -> SaidBy:
    won, commit, best, others = (row[key] or Decimal(0) for key in ("won", "commit", "best", "pipeline"))
    return SaidBy(
        user, won, won + commit, won + commit + best, won + commit + best + others, links.deals(owner=user.pk)
    )
