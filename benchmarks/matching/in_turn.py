"""Seven files in turn against all at once: does the order in which lists come in change what becomes one company?

    manage.py shell --no-imports -c "from benchmarks.matching.in_turn import main; main([91, 92])"

Runs the real import inside a transaction that is rolled back, on an installation with nothing but people in it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from django.db import connection, transaction

from accounts import duplicates
from accounts.models import Company
from benchmarks.matching import measures, sets
from crm.demo import lists
from integrations.imports import outcome
from staff import relay
from staff.models import User


def main(seeds: Sequence[int], count: int = 3000, profile: str = "a") -> None:
    for seed in seeds:
        made = sets.make(seed, count, profile)
        truth = [record.company for record in made.records]
        found = {}
        for name, files in (("at once", [None]), ("in turn", list(sets.SOURCES))):
            with transaction.atomic():
                found[name] = _companies(made, files)
                transaction.set_rollback(True)
        # What was refused, or names no company, is one of its own in both.
        told = {name: measures.b_cubed(groups, truth)[2] for name, groups in found.items()}
        precision = {name: measures.pairs(groups, truth)[0] for name, groups in found.items()}
        print(
            f"seed {seed}, {len(truth)} records: "
            + "  ".join(f"{name} F1 {told[name]:.4f} (pairs {precision[name]:.4f})" for name in told)
            + f"  difference {abs(told['at once'] - told['in turn']):.4f}",
            flush=True,
        )


def _companies(made: sets.Set, files: Sequence[str | None], accepting: bool = True) -> list[object]:
    """For each record the company that it came to be of."""
    rows, found = made.rows(), [("alone", n) for n in range(len(made.records))]
    of: dict[int, int | None] = {}
    by = User.objects.system()
    for source in files:
        wanted = [n for n, record in enumerate(made.records) if source in (None, record.source)]
        if not wanted:
            continue
        text = io.StringIO()
        csv.writer(text).writerows([made.header, *(rows[n] for n in wanted)])
        batch = lists.through(f"{source or 'all'}.csv", text.getvalue(), by)
        for row in batch.rows.exclude(company_id=None).values_list("line", "company_id"):
            of[wanted[row[0] - 2]] = row[1]
        # What a list added may have made two companies one beyond doubt: a person takes all such pairs by one click.
        relay.drain()
        if accepting:
            _plan_without_statistics()
            duplicates.accept_certain(by=by, most=len(rows))
    alive = outcome.surviving(Company, list(of.values()))
    return [alive.get(pk, pk) if (pk := of.get(n)) else alone for n, alone in enumerate(found)]


def _plan_without_statistics() -> None:
    """Inside one transaction nobody has analysed what it wrote; in life that is done minutes later."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL statement_timeout = 0")
