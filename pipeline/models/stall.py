from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pipeline.models.stage import Stage


@pghistory.track()
class StallRule(models.Model):
    """When deals of a stage stand still, besides having been there too long (`Stage.patience_days`)."""

    class Kind(models.TextChoices):
        SILENCE = "silence", _("no contact made")
        NO_ACTION = "no_action", _("no next action")
        OVERDUE = "overdue", _("next action overdue")
        CLOSE = "close", _("expected close passed")
        UNANSWERED = "unanswered", _("customer silent since our last mail")
        ABSENT = "absent", _("something has not been done")

    # What makes the clock of an ABSENT rule begin, besides the kinds of activity.
    ENTERED, CREATED = "stage", "created"

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="stall_rules")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    days = models.PositiveSmallIntegerField(_("days"))
    is_active = models.BooleanField(default=True)
    # ABSENT only: no activity of this kind within `days` after that.
    activity_kind = models.CharField(max_length=12, blank=True, default="")
    after = models.CharField(max_length=12, blank=True, default="")

    class Meta:
        ordering = ["stage", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "kind", "activity_kind", "after"], name="stall_rule_is_said_once_in_a_stage"
            ),
            models.CheckConstraint(
                condition=(Q(kind="absent") & ~Q(activity_kind="") & ~Q(after=""))
                | (~Q(kind="absent") & Q(activity_kind="", after="")),
                name="stall_rule_says_what_is_absent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.days}"

    @property
    def code(self) -> str:
        """How the deal remembers what stalls it: kind, days, and for ABSENT what after what."""
        return ":".join(filter(None, [self.kind, str(self.days), self.activity_kind, self.after]))

    @property
    def is_paused_by_a_plan(self) -> bool:
        """Whether a next action that lies ahead keeps the deal from standing still. A date that has passed stays passed."""
        return self.kind in (self.Kind.SILENCE, self.Kind.UNANSWERED, self.Kind.ABSENT)
