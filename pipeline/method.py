"""After the method has changed: what is stored on the deals of its stages is made anew, in a worker."""

from __future__ import annotations

from pipeline import exit_criteria, stalls, weights
from pipeline.deal_events import StageEvent
from pipeline.models import Stage
from staff.models import Event


def recompute(event: Event) -> None:
    """Subscriber: stalls, weights and counts of the stage's open deals, where they rest on what was changed."""
    stage = Stage.objects.get(pk=event.data["stage"])
    if "patience_days" in event.after:
        stalls.recompute(stage)
    if "probability" in event.after:
        weights.recompute(stage)
    if event.kind != StageEvent.EDITED:
        exit_criteria.recompute(stage)
