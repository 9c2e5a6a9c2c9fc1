from __future__ import annotations

from django.db import models
from django.db.models import Q


class Figure(models.IntegerChoices):
    """What is added up ahead: for each what `day` and `key` are, and what its numbers n1 to n4 count.

    Of open deals those that are not in the bin; of closed ones by the day they were closed.
    """

    # Something that `COHORT` rests on has changed: until it is made anew, nobody reads it.
    STALE = 0
    # Open; month of the expected close (UNDATED without one), stage: deals, amount, weighted, deals with an amount.
    DUE = 1
    # Open; day it stalls on, stage: deals, amount.
    STALLS = 2
    # Open without a next action; ALWAYS, stage: deals, amount.
    IDLE = 3
    # Open; ALWAYS, owner: deals, exit criteria of their stages that are met, and all that these ask.
    IN_HAND = 4
    # Closed; month, stage: deals, amount, weighted.
    CLOSED = 5
    # Won; day, 0: deals, amount.
    WON = 6
    # Won or lost, with a channel; day, channel: won, won or lost.
    CHANNEL = 7
    # Lost, with a reason; month, reason: deals.
    LOST = 8
    # Won after a first contact; month, days it took: deals.
    LEAD_TIME = 9
    # Reached a stage or one beyond it for the first time; month, stage: went on, went on or lost, won, won or lost.
    COHORT = 10
    # Leads received; day, channel: leads, converted, decided.
    LEADS = 11
    # The same; month, 0.
    LEADS_BY_MONTH = 12
    # Leads with a first-contact deadline; its day, 0: leads, those spoken with by then.
    CLOCKS = 13


class Tallied(models.Model):
    """So much of a figure, of a team, a day and a key."""

    figure = models.PositiveSmallIntegerField()
    # Without a foreign key: 0 stands for the whole company.
    team = models.BigIntegerField()
    day = models.DateField()
    key = models.BigIntegerField()
    n1 = models.BigIntegerField()
    n2 = models.BigIntegerField()
    n3 = models.BigIntegerField()
    n4 = models.BigIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{Figure(self.figure).name} {self.team} {self.day} {self.key}"


class Rollup(Tallied):
    """The sum of all deltas that were folded."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["figure", "team", "day", "key"], name="rollup_has_one_row"),
        ]
        indexes = [
            models.Index(fields=["id"], name="rollup_is_nothing", condition=Q(n1=0, n2=0, n3=0, n4=0)),
        ]


class RollupDelta(Tallied):
    """What one statement changed, written by triggers in its own transaction; folded into `Rollup` by a worker."""
