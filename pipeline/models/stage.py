from __future__ import annotations

import pghistory
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pipeline.models import rollup_triggers


class InBothLanguages(models.Model):
    """A row that admins name in Japanese and English; readers see theirs."""

    name_ja = models.CharField(_("name (Japanese)"), max_length=60)
    name_en = models.CharField(_("name (English)"), max_length=60)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_en if (get_language() or "ja").startswith("en") else self.name_ja


@pghistory.track()
class Pipeline(InBothLanguages):
    """An order of stages. The default one is the method: 新規リード → … → 受注 / 失注."""

    is_default = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_pipeline"
            )
        ]


@pghistory.track(exclude=["measured_won", "measured_closed"])
class Stage(InBothLanguages):
    """A step of a pipeline; a deal leaves it forwards only when its exit criteria are met."""

    class Kind(models.TextChoices):
        OPEN = "open", _("open")
        WON = "won", _("won")
        LOST = "lost", _("lost")
        # Given up by a later version of the method: no deal stands there, histories still name it.
        GONE = "gone", _("given up")

    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="stages")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.OPEN)
    probability = models.PositiveSmallIntegerField(_("probability"), validators=[MaxValueValidator(100)])
    # Days in the stage after which a deal counts as stalled.
    patience_days = models.PositiveSmallIntegerField(_("days until stalled"), default=14)
    # Business days after which the manager, too, hears of a deal that still stands still.
    tell_manager_after = models.PositiveSmallIntegerField(
        _("tell the manager after (business days)"), default=3
    )
    # What became of deals that came here, kept by `pipeline.measuring`.
    measured_won = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    measured_closed = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["pipeline", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "position"],
                name="stage_has_its_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["pipeline", "kind"],
                condition=Q(kind__in=["won", "lost"]),
                name="pipeline_is_won_and_lost_in_one_stage",
            ),
        ]
        triggers = rollup_triggers.of_stages()

    @property
    def is_open(self) -> bool:
        return self.kind == Stage.Kind.OPEN


class OutcomeReason(InBothLanguages):
    """A row of one of the company's lists of reasons. Deals keep the one they were closed with, so it is never deleted then."""

    code = models.SlugField(max_length=20, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]


@pghistory.track()
class LossReason(OutcomeReason):
    """Why deals are lost, in the company's one list."""


@pghistory.track()
class WinReason(OutcomeReason):
    """Why deals are won, in the company's one list."""
