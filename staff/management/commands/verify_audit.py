from typing import Any

from django.core.management.base import BaseCommand, CommandError

from staff import seals
from staff.models import Seal


class Command(BaseCommand):
    help = "Checks that the sealed operation log is what was sealed."

    def handle(self, *args: Any, **options: Any) -> None:
        problems = seals.verify()
        if problems:
            raise CommandError("\n".join(problems))
        newest = Seal.objects.order_by("-last_id").first()
        self.stdout.write(f"The log is whole up to event {newest.last_id if newest else 0}.")
