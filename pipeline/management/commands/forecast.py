"""`manage.py forecast --as-of 2026-07-01 --by team --json`: what the quarters will bring, or (`--backtest`) how good it was."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pipeline.forecasting import backtest, wording
from pipeline.forecasting.forecast import Engine, Forecast
from pipeline.forecasting.reading import read_ledger
from pipeline.models import Stage
from staff.models import Team

MOST_QUARTERS = 40


def day(text: str) -> date:
    """A day within the years that a company has deals of."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day such as 2026-07-01") from None
    if not 1990 <= found.year <= 2100:
        raise ArgumentTypeError(f"{text} lies outside the years 1990 to 2100")
    return found


class Command(BaseCommand):
    help = (
        "Forecasts what will be won in the current quarter and the next, from the company's own history. "
        "With --as-of it knows only what had happened before that day began; without, all that happened until now. "
        "docs/forecast.md explains every field."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=day, metavar="DATE", help="a day, such as 2026-07-01")
        parser.add_argument("--by", choices=["team"], help="also for each team")
        parser.add_argument("--quarters", type=int, help="how many: 2 forecast, or 12 of the back-test")
        parser.add_argument(
            "--backtest", action="store_true", help="forecasts quarters that are over, beside what came"
        )
        parser.add_argument(
            "--deals", action="store_true", help="also the win chance of every open deal, by quarter"
        )
        parser.add_argument("--json", action="store_true", help="as JSON instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["quarters"] is not None and not 1 <= options["quarters"] <= MOST_QUARTERS:
            raise CommandError(f"From one quarter to {MOST_QUARTERS}.")
        # What happened today counts, when nobody asks for a past day.
        as_of = options["as_of"] or timezone.localdate() + timedelta(days=1)
        self.engine = Engine(read_ledger(as_of))
        self.by_team = options["by"] == "team"
        self.teams = dict(Team.objects.values_list("pk", "name"))
        made = (
            self.backtest(as_of, options["quarters"] or 12)
            if options["backtest"]
            else self.forecast(as_of, options)
        )
        if options["json"]:
            self.stdout.write(json.dumps(made, ensure_ascii=False, indent=1))
        else:
            self.stdout.write(_table(made))

    def forecast(self, as_of: date, options: dict[str, Any]) -> dict[str, Any]:
        current = self.engine.quarter_of(as_of)
        quarters = [current.plus(n) for n in range(options["quarters"] or 2)]
        found = [f for quarter in quarters for f in self.engine.forecast(quarter, as_of) if self.wanted(f)]
        stages = Stage.objects.filter(kind=Stage.Kind.OPEN, pipeline__is_default=True).order_by("position")
        method, closed = found[0].method, self.engine.past.records.closed_before(as_of.toordinal())
        told: dict[str, Any] = {
            "as_of": as_of.isoformat(),
            "method": method,
            "closed_deals": closed,
            "note": wording.note(method, closed),
            "stages": [stage.name_ja for stage in stages],
            "forecasts": [self.told(f) for f in found],
        }
        if options["deals"]:
            told["deals"] = self.deals(as_of, quarters)
        return told

    def deals(self, as_of: date, quarters: list[Any]) -> list[dict[str, Any]]:
        chances = {wording.code(q): self.engine.chances(q.last, as_of) for q in quarters}
        ids = sorted(next(iter(chances.values())))
        return [
            {"id": pk} | {f"won_by_{code}": round(own[pk], 4) for code, own in chances.items()} for pk in ids
        ]

    def backtest(self, as_of: date, quarters: int) -> dict[str, Any]:
        checks = [c for c in backtest.check(self.engine, as_of, quarters) if self.wanted(c.forecast)]
        rows = [
            {
                "offset": c.offset,
                **self.told(c.forecast),
                "actual": c.actual,
                "error": c.error,
                "inside80": c.is_inside,
            }
            for c in checks
        ]
        return {
            "as_of": as_of.isoformat(),
            "forecasts": rows,
            "summary": [
                {
                    "offset": offset, "of": "teams" if of_teams else "company", "n": s.count, "wape": _rounded(s.wape),
                    "bias": _rounded(s.bias), "coverage80": _rounded(s.coverage), "width80": _rounded(s.width),
                }
                for (offset, of_teams), s in backtest.summaries(checks).items()
            ],
        }  # fmt: skip

    def wanted(self, forecast: Forecast) -> bool:
        return self.by_team or forecast.team is None

    def told(self, forecast: Forecast) -> dict[str, Any]:
        quarter = forecast.quarter
        return {
            "quarter": wording.code(quarter), "first": quarter.first.isoformat(), "last": quarter.last.isoformat(),
            "as_of": forecast.as_of.isoformat(), "team": forecast.team,
            "team_name": None if forecast.team is None else self.teams.get(forecast.team, ""),
            "method": forecast.method, "point": forecast.point, "low80": forecast.low80, "high80": forecast.high80,
            "low50": forecast.low50, "high50": forecast.high50, "won": forecast.won, "open": forecast.opened,
            "by_stage": list(forecast.by_place), "unborn": forecast.unborn,
        }  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _table(made: dict[str, Any]) -> str:
    lines = [f"as of {made['as_of']}"]
    for row in made["forecasts"]:
        name = row["team_name"] or ("" if row["team"] is None else row["team"])
        line = f"{row['quarter']}  {row['as_of']}  {row['point']:>15,}  {row['low80']:>15,} – {row['high80']:<15,}"
        lines.append(line + (f"  {row['actual']:>15,}" if "actual" in row else "") + f"  {name}")
    lines += [", ".join(f"{key} {value}" for key, value in row.items()) for row in made.get("summary", [])]
    return "\n".join([*lines, *([made["note"]] if made.get("note") else [])])
