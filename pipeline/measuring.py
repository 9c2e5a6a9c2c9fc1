"""How often deals that came to a stage were won, in the company's own history: kept on the stage, read everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from crm.lib import stats
from pipeline import reach
from pipeline.models import Stage


@dataclass(frozen=True)
class Measured:
    """Of so many closed deals that had come to the stage, the share won, with the range of the true share."""

    won: int
    closed: int

    @property
    def is_enough(self) -> bool:
        return self.closed >= reach.ENOUGH

    @property
    def percent(self) -> int:
        return round(100 * self.won / self.closed)

    @property
    def range(self) -> tuple[int, int]:
        low, high = stats.wilson(self.won, self.closed)
        return round(100 * low), round(100 * high)


def of(stage: Stage) -> Measured:
    """As it was measured last; below ten closed deals nothing is to be said."""
    return Measured(stage.measured_won, stage.measured_closed)


def measure_stages() -> int:
    """Measures every open stage anew, of the newest 500 deals that entered it. Returns how many changed."""
    changed = 0
    for stage in Stage.objects.filter(kind=Stage.Kind.OPEN):
        facts = reach.stage_facts(stage.pk, [])
        if (facts.won, facts.closed) != (stage.measured_won, stage.measured_closed):
            changed += Stage.objects.filter(pk=stage.pk).update(
                measured_won=facts.won, measured_closed=facts.closed
            )
    return changed
