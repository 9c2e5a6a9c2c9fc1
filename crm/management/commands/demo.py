import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import renewing
from crm.demo import people
from staff.models import User


class Command(BaseCommand):
    help = "Loads the sample company, or with --deals any number of made-up deals for measuring. Never on a server."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--deals", type=int, help="that many deals with history, written in bulk")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same company (1)")
        parser.add_argument("--logins", action="store_true", help="only print who may sign in")

    def handle(self, *, deals: int | None, seed: int, logins: bool, **options: Any) -> None:
        if logins:
            self.stdout.write("\n".join(people.login_lines()))
            return
        if settings.MODE == "server":
            raise CommandError("Sample data never goes into a server's database.")
        started = time.monotonic()
        # An empty database is told that its keys are of today before there is anything to look at again.
        renewing.follow_update()
        if not User.objects.people().exists():
            from crm.demo.story import Story

            Story(seed, timezone.localdate(), self.stdout.write).tell()
        elif deals is None:
            raise CommandError(
                "There are people in this database already; sample data goes into an empty one."
            )
        if deals:
            from crm.demo import bulk

            bulk.fill(deals, seed, self.stdout.write)
        self.stdout.write(f"Loaded in {time.monotonic() - started:.1f} s.")
