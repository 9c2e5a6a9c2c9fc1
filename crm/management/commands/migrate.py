from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from staff.privileges import take_from_the_application
from staff.row_history import index_requests


class Command(Migrate):
    """Migrates as the owner, then takes from the application's role what it may never do, and indexes the row history."""

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not options["plan"] and not options["check_unapplied"]:
            take_from_the_application(connections[options["database"]])
            index_requests(connections[options["database"]])
