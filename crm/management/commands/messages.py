"""`manage.py messages`: collects the texts to translate, checks the catalogues, compiles them."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.lib import catalogues


class Command(BaseCommand):
    help = "Brings the Japanese catalogues up to date (default), checks them, or compiles them."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="fail when a translation is missing, fuzzy or broken"
        )
        parser.add_argument("--compile", action="store_true", help="write the .mo files the server reads")

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        if options["check"]:
            self.check_catalogues(root)
        if options["compile"]:
            self.stdout.write(f"{len(catalogues.compile_all(root))} catalogues compiled")
        if not options["check"] and not options["compile"]:
            for app, count in catalogues.write(root).items():
                self.stdout.write(
                    f"{catalogues.catalogue_path(root, app).relative_to(root)}: {count} to translate"
                )

    def check_catalogues(self, root: Path) -> None:
        """Names every problem, then fails."""
        problems = catalogues.problems(root)
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError(
                f"{len(problems)} problems in the catalogues. `manage.py messages` lists new texts in them."
            )
        self.stdout.write("Catalogues complete")
