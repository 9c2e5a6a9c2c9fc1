import signal
from typing import Any

from django.core.management.base import BaseCommand

from staff import relay, tasks


class Command(BaseCommand):
    help = "Hands committed work to the workers, until it is told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        def stop(*_: Any) -> None:
            raise KeyboardInterrupt

        signal.signal(signal.SIGTERM, stop)
        try:
            relay.run(lambda pk: tasks.deliver.apply_async((pk,), retry=False))
        except KeyboardInterrupt:
            self.stdout.write("relay stopped")
