"""`manage.py match list.csv --out clusters.csv`: which lines of a list are one company, person or site. Needs no database."""

from __future__ import annotations

import csv
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from crm.lib.sheets import safe_cell
from crm.lib.tables import Unreadable
from integrations.imports import list_matching


class Command(BaseCommand):
    help = (
        "Matches a list (CSV, TSV, xlsx, xls, ods) against itself without loading it. The result has a line for each line of the list: "
        "record_no (1 is the first line below the header) and cluster_id, by certain joins only."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--out", type=Path, required=True, metavar="CLUSTERS.csv", help="record_no, cluster_id"
        )
        parser.add_argument(
            "--pairs", type=Path, metavar="PAIRS.csv",
            help="what a person should be asked, the most useful question first, then what was joined; with score, verdict and reasons",
        )  # fmt: skip
        parser.add_argument("--unit", choices=list_matching.UNITS, default=list_matching.COMPANY)
        parser.add_argument(
            "--sheet", default="", help="of a workbook; the first one with anything in it when left out"
        )
        parser.add_argument("--lang", default="", help="language of the reasons: ja or en")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(options["lang"] or settings.LANGUAGE_CODE):
            try:
                self._match(options)
            except Unreadable as refusal:
                raise CommandError(refusal.message, returncode=2) from None
            except list_matching.Unclear as refusal:
                raise CommandError(
                    f"No column of the list names a company or a person. Its columns are: {', '.join(refusal.columns)}",
                    returncode=2,
                ) from None
            except OSError as problem:
                raise CommandError(f"{problem.filename}: {problem.strerror}", returncode=2) from None

    def _match(self, options: dict[str, Any]) -> None:
        given = list_matching.ListOfRecords(options["file"], options["sheet"])
        result = list_matching.match(given.records, options["unit"], bool(options["pairs"]))
        _write(options["out"], ["record_no", "cluster_id"], enumerate(result.clusters, start=1))
        if options["pairs"]:
            header = ["record_no_a", "record_no_b", "score", "verdict", "reasons"]
            _write(
                options["pairs"], header, ((p.a, p.b, p.score, p.verdict, p.reasons) for p in result.pairs)
            )
        known = ", ".join(
            f"{name} = {key}" for name, key in zip(given.table.columns, given.fields, strict=True) if key
        )
        asked = sum(1 for pair in result.pairs if pair.verdict == "probable")
        if options["verbosity"]:
            # Where the result itself goes to the screen, what is told about it does not stand in it.
            screen = self.stderr if "-" in (str(options["out"]), str(options["pairs"])) else self.stdout
            screen.write(
                f"{known}\n{len(result.clusters)} records, {len(set(result.clusters))} clusters"
                + (f", {asked} questions" if options["pairs"] else "")
            )


def _write(path: Path, header: list[str], rows: Iterable[Iterable[Any]]) -> None:
    to_screen = str(path) == "-"
    with nullcontext(sys.stdout) if to_screen else path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([safe_cell(cell) for cell in row] for row in rows)
