"""`manage.py rollups`: whether the figures added up ahead are what the rows say; `--repair` makes them so."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipeline import rollups

MOST_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Compares the figures that are added up ahead with the rows they stand for, and ends with an error when they differ. "
        "With --repair the differences are written, so that they agree again. People can go on working meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="makes the figures agree with the rows")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["repair"]:
            count = rollups.repair()
            rollups.fold()
            self.stdout.write(f"{count} sums were mended.")
            return
        found = rollups.differences()
        if found or rollups.totals_differ():
            shown = "\n".join(str(difference) for difference in found[:MOST_SHOWN])
            raise CommandError(
                f"{len(found)} sums are not what the rows say; `manage.py rollups --repair` mends them.\n{shown}"
            )
        self.stdout.write("The sums are what the rows say.")
