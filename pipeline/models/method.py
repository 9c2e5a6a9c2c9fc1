"""The method as administrators change it: a draft, and every version that came into force."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pipeline.models.stage import Pipeline
from staff.models import Team, User


class InFlight(models.TextChoices):
    """What a new version asks of deals that stand in a stage when it comes into force."""

    KEEP = "keep", _("keep the old criteria until they leave their stage")
    AT_ONCE = "at_once", _("the new criteria hold at once")


@pghistory.track()
class TeamPipeline(models.Model):
    """Which pipeline a team (and those below it that have none of their own) begins its deals in."""

    team = models.OneToOneField(Team, models.CASCADE, related_name="pipeline_of_team")
    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="teams")

    def __str__(self) -> str:
        return f"{self.team} → {self.pipeline}"


class MethodDraft(models.Model):
    """Stages and criteria of a pipeline as they are going to be. Nothing of it holds before it is published."""

    pipeline = models.OneToOneField(Pipeline, models.CASCADE, related_name="draft")
    content = models.JSONField()
    # The method as it was when the draft was begun: what differs is what the draft changes.
    base = models.JSONField()
    begun_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.pipeline} v{self.version}"


class MethodVersion(models.Model):
    """A published method: what it changed, from which day, by whom, and what it asks of deals in flight."""

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    base = models.JSONField()
    in_flight = models.CharField(max_length=7, choices=InFlight.choices)
    starts_on = models.DateField()
    note = models.CharField(max_length=200, blank=True)
    # How many open deals would have to fill in more, counted when it was published.
    affected_count = models.PositiveIntegerField(default=0)
    published_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    published_at = models.DateTimeField()
    in_force_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "number"], name="method_version_has_its_number"),
            # One waits at a time, so that each is built on what is in force.
            models.UniqueConstraint(
                fields=["pipeline"],
                condition=Q(in_force_at=None, withdrawn_at=None),
                name="one_method_version_waits",
            ),
            models.CheckConstraint(
                condition=Q(in_force_at=None) | Q(withdrawn_at=None),
                name="method_version_in_force_is_not_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pipeline} {self.number}"

    @property
    def version(self) -> int:
        """As other records say which version of them was seen."""
        return self.number
