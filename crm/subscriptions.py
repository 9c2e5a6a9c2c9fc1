"""What happens after something happened, on one page.

A handler takes the event and may run twice: a second run must do nothing. It runs in a worker, in one transaction with
the mark that it is done.
"""

from collections.abc import Callable

from pipeline import stalls
from pipeline.deal_events import DealEvent
from staff.models import Event

SUBSCRIPTIONS: dict[str, list[Callable[[Event], None]]] = {
    DealEvent.STALLED: [stalls.tell],
}
