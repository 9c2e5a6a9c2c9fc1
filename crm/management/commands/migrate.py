from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from staff import privileges


class Command(Migrate):
    """Migrates as the owner, then takes from the application's role what it may never do and makes sure of the triggers."""

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not options["plan"] and not options["check_unapplied"]:
            privileges.take_from_the_application(connections[options["database"]])
            privileges.keep_the_triggers_on(connections[options["database"]])
