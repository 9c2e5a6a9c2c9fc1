"""Keeps the latest forecast where pages read it: computed by a worker, again after deals have changed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from crm.lib.fiscal import Quarter
from pipeline.forecasting import course, whatif
from pipeline.forecasting.forecast import Engine, Forecast
from pipeline.forecasting.reading import TALKED, read_ledger
from pipeline.forecasting.whatif import Part
from pipeline.forecasting.wording import code
from pipeline.models import Deal, QuarterForecast, Stage, WinChance
from staff.fiscal_year import ProfileEvent
from staff.models import Event

QUARTERS, CHECKED = 2, 6
# How many deals of one stage are worth naming as the way to the target.
MOST_GAINS = 10
BATCH = 5000


def refresh(now: datetime) -> int:
    """Forecasts the current and the next quarter anew, unless no deal has changed since. Returns how many rows it wrote."""
    today = timezone.localdate(now)
    newest = Event.objects.aggregate(newest=Max("pk"))["newest"] or 0
    if not _is_due(today + timedelta(days=1)):
        return 0
    # All that happened until now is known: the morning after today.
    as_of = today + timedelta(days=1)
    engine = Engine(read_ledger(as_of))
    this = engine.quarter_of(today)
    # On a quarter's last evening nothing is left of it, and the next one begins.
    quarters = [quarter for n in range(QUARTERS + 1) if (quarter := this.plus(n)).last >= as_of][:QUARTERS]
    stages = list(Stage.objects.filter(kind=Stage.Kind.OPEN, pipeline__is_default=True).order_by("position"))
    rows = []
    for quarter in quarters:
        for forecast in engine.forecast(quarter, as_of):
            row = _row(forecast, stages)
            row.made_at, row.seen_event = now, newest
            if forecast.team is None:
                row.checks = _checks(engine, forecast)
                parts, deviation = engine.parts(quarter, as_of)
                for place, stage in enumerate(row.by_stage):
                    stage |= _to_win([part for part in parts if part.place == place])
                row.parts = {
                    "deviation": round(deviation),
                    "are_all": len(parts) <= whatif.MOST_PARTS,
                    "deals": whatif.as_rows(parts[: whatif.MOST_PARTS]),
                }
                if quarter == quarters[0]:
                    row.course = [
                        [step.day.isoformat(), step.point, step.low80, step.high80]
                        for step in course.steps(engine.past, forecast)
                    ]
            rows.append(row)
    chances = _chances(engine, as_of, quarters)
    with transaction.atomic():
        QuarterForecast.objects.all().delete()
        QuarterForecast.objects.bulk_create(rows)
        WinChance.objects.all().delete()
        # A deal may have gone for good since the ledger was read.
        there = set(Deal.objects.filter(closed_at=None).values_list("pk", flat=True))
        WinChance.objects.bulk_create([one for one in chances if one.deal_id in there], batch_size=BATCH)
    return len(rows)


def _to_win(parts: list[Part]) -> dict[str, object]:
    """How many deals a stage holds, and what each of the best of them would add if it were won."""
    gains = sorted((round(part.amount - part.expected) for part in parts), reverse=True)
    return {"count": len(parts), "gains": gains[:MOST_GAINS]}


def _chances(engine: Engine, as_of: date, quarters: list[Quarter]) -> list[WinChance]:
    """Of every open deal: won by the end of the first and of the second quarter, as the command tells them."""
    this, following = (engine.chances(quarter.last, as_of) for quarter in quarters)
    return [
        WinChance(deal_id=deal, this_quarter=chance, next_quarter=max(chance, following[deal]))
        for deal, chance in this.items()
    ]


def _is_due(as_of: object) -> bool:
    last = QuarterForecast.objects.filter(team=None).order_by("first_on").first()
    if last is None or last.as_of != as_of or any("gains" not in stage for stage in last.by_stage):
        return True  # also when a version before this one stored it, and pages would miss something of it
    # Another beginning of the fiscal year makes other quarters.
    of_these = Q(kind__startswith="deal.") | Q(kind__in=[ProfileEvent.FISCAL_START, TALKED])
    return Event.objects.filter(of_these, pk__gt=last.seen_event).exists()


def _row(forecast: Forecast, stages: list[Stage]) -> QuarterForecast:
    return QuarterForecast(
        first_on=forecast.quarter.first, team_id=forecast.team, as_of=forecast.as_of, method=forecast.method,
        point=forecast.point, low80=forecast.low80, high80=forecast.high80, low50=forecast.low50, high50=forecast.high50,
        won=forecast.won, unborn=forecast.unborn,
        by_stage=[
            {"stage": stage.pk, "position": stage.position, "name_ja": stage.name_ja, "name_en": stage.name_en, "amount": amount}
            for stage, amount in zip(stages, forecast.by_place, strict=True)
        ],
    )  # fmt: skip


def _checks(engine: Engine, forecast: Forecast) -> list[dict[str, object]]:
    """What was said of quarters that are over, on the same day of each, beside what came."""
    offset = max(0, (forecast.as_of - forecast.quarter.first).days)
    found: list[dict[str, object]] = []
    quarter = engine.quarter_of(forecast.as_of)
    for back in range(CHECKED, 0, -1):
        past = quarter.plus(-back)
        day = min(past.first + timedelta(days=offset), past.last)
        if day.toordinal() <= engine.past.first + 30:
            continue
        said = engine.forecast(past, day)[0]
        if said.method == "history":
            actual = round(engine.actual(past))
            found.append(
                {
                    "quarter": code(past),
                    "point": said.point,
                    "low80": said.low80,
                    "high80": said.high80,
                    "actual": actual,
                }
            )
    return found
