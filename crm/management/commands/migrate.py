from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from staff import privileges, row_history


class Command(Migrate):
    """Migrates as the owner; then takes from the application's role what it may never do, and sees to triggers and indexes."""

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if options["plan"] or options["check_unapplied"]:
            return
        connection = connections[options["database"]]
        privileges.take_from_the_application(connection)
        privileges.keep_the_triggers_on(connection)
        row_history.index_requests(connection)
        row_history.drop_unused_indexes(connection)
