"""Back-tests the forecast on made-up companies and prints the rows of the table of figures.

python -m benchmarks.forecast --seeds 1 2 3                both kinds of company
python -m benchmarks.forecast --seeds 9 --kind decision    one of them
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.forecast.decision import Decision
from benchmarks.forecast.funnel import Funnel
from benchmarks.forecast.momentum import Momentum
from crm.lib.fiscal import quarter_of
from pipeline.forecasting import backtest
from pipeline.forecasting.forecast import Engine

KINDS = {"funnel": Funnel, "decision": Decision, "momentum": Momentum}
# Quarters of history before the first one that is judged.
LEARNING = 5
ASKS = {0: (0.085, 0.195, 0.40, 0.65), 45: (0.062, 0.125, 0.40, 0.65)}
Deals = list[tuple[float, bool]]


@dataclass(frozen=True)
class Row:
    """One figure: at most `ask`, at least it (`low`), or between both."""

    name: str
    value: float
    low: float | None
    ask: float | None

    @property
    def is_kept(self) -> bool:
        return (self.low is None or self.value >= self.low) and (self.ask is None or self.value <= self.ask)


@dataclass
class Seen:
    """What one company's back-test gave."""

    checks: list[backtest.Check]
    deals: dict[int, Deals]
    last_year: float
    won: float


def judged(kind: str, seed: int) -> Seen:
    """Every quarter of one company after it had learned for a while."""
    world = KINDS[kind](seed)
    engine = Engine(world.ledger())
    end = date.fromordinal(world.first + world.days)
    first, last = quarter_of(date.fromordinal(world.first)).plus(LEARNING + 1), quarter_of(end)
    quarters = []
    while first < last:
        quarters.append(first)
        first = first.next()
    checks = backtest.check(engine, last.first, len(quarters))
    deals: dict[int, Deals] = {offset: [] for offset in backtest.OFFSETS}
    for quarter in quarters:
        for offset in backtest.OFFSETS:
            raw = engine.raw(quarter, (quarter.first + timedelta(days=offset)).toordinal())
            after = quarter.last.toordinal() + 1
            deals[offset] += [(deal.chance, shot.deal.won_by(after) is not None) for shot, deal in raw.deals]
    missed = sum(abs(engine.actual(quarter) - engine.actual(quarter.plus(-4))) for quarter in quarters)
    return Seen(checks, deals, missed, sum(engine.actual(quarter) for quarter in quarters))


def rows(seen: Sequence[Seen]) -> Iterator[Row]:
    """The figures of several companies together."""
    for offset, (company, team, width, team_width) in ASKS.items():
        found = backtest.summaries(check for one in seen for check in one.checks)
        deals = [deal for one in seen for deal in one.deals[offset]]
        yield Row(f"deal won in the quarter, day {offset}: AUC", auc(deals), 0.905, None)
        yield Row(f"deal won in the quarter, day {offset}: ECE", calibration_error(deals), None, 0.02)
        whole, teams = found[offset, False], found[offset, True]
        yield Row(f"company, day {offset}: WAPE", whole.wape or 0, None, company)
        yield Row(f"company, day {offset}: bias", whole.bias or 0, -0.03, 0.03)
        yield Row(f"company, day {offset}: 80 % range holds", whole.coverage or 0, 0.74, 0.90)
        yield Row(f"company, day {offset}: width", whole.width or 0, None, width)
        yield Row(f"team, day {offset}: WAPE", teams.wape or 0, None, team)
        yield Row(f"team, day {offset}: 80 % range holds", teams.coverage or 0, 0.74, 0.90)
        yield Row(f"team, day {offset}: width", teams.width or 0, None, team_width)
    yield Row(
        "for comparison: last year's quarter, WAPE",
        sum(s.last_year for s in seen) / sum(s.won for s in seen),
        None,
        None,
    )


def auc(deals: Deals) -> float:
    """How often a won deal had the higher chance than one that was not won."""
    ordered = sorted(deals)
    won, ranks, start = 0, 0.0, 0
    while start < len(ordered):
        stop = start
        while stop < len(ordered) and ordered[stop][0] == ordered[start][0]:
            stop += 1
        here = sum(is_won for _chance, is_won in ordered[start:stop])
        won, ranks = won + here, ranks + here * (start + stop + 1) / 2
        start = stop
    lost = len(ordered) - won
    return (ranks - won * (won + 1) / 2) / (won * lost) if won and lost else 0.5


def calibration_error(deals: Deals, parts: int = 10) -> float:
    """Mean distance of chance and share won, over tenths of the deals in the order of their chance."""
    ordered, missed = sorted(deals), 0.0
    for part in range(parts):
        own = ordered[part * len(ordered) // parts : (part + 1) * len(ordered) // parts]
        missed += abs(sum(chance - is_won for chance, is_won in own))
    return missed / len(ordered)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--kind", choices=KINDS, nargs="+", default=list(KINDS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    told: list[dict[str, Any]] = []
    for kind in options.kind:
        started = time.process_time()
        found = [judged(kind, seed) for seed in options.seeds]
        for row in rows(found):
            asked = " – ".join("" if value is None else f"{value:g}" for value in (row.low, row.ask))
            mark = "" if row.is_kept else "  ← not kept"
            sys.stdout.write(f"{kind:10} {row.name:44} {row.value:8.3f}  {asked}{mark}\n")
            told.append({"kind": kind, "seeds": options.seeds, **asdict(row), "is_kept": row.is_kept})
        sys.stdout.write(f"{kind:10} {time.process_time() - started:.0f} CPU-seconds\n")
    if options.json:
        options.json.write_text(json.dumps(told, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
