from __future__ import annotations

from typing import TYPE_CHECKING

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pipeline.models.stage import InBothLanguages, Stage
from staff.models import User

if TYPE_CHECKING:
    pass


@pghistory.track()
class ExitCriterion(InBothLanguages):
    """What must be known or done before a deal leaves the stage forwards."""

    class Kind(models.TextChoices):
        FIELD = "field", _("field filled")
        QUESTION = "question", _("question answered")
        ACTIVITY = "activity", _("activity done")
        FILE = "file", _("file attached")

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="exit_criteria")
    code = models.SlugField(max_length=30)
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # FIELD: a name of pipeline.exit_criteria.FIELDS; ACTIVITY: kinds of activity; FILE: a kind of DealFile.
    field = models.CharField(max_length=40, blank=True)
    activity_kinds = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    file_kind = models.CharField(max_length=12, blank=True)
    question_ja = models.CharField(_("how to ask (Japanese)"), max_length=120, blank=True)
    question_en = models.CharField(_("how to ask (English)"), max_length=120, blank=True)
    is_required = models.BooleanField(_("required"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["stage", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "code"], name="criterion_is_named_once_in_a_stage"),
            models.CheckConstraint(
                condition=(models.Q(kind="field") & ~models.Q(field=""))
                | models.Q(kind="question")
                | (models.Q(kind="activity") & ~models.Q(activity_kinds=[]))
                | (models.Q(kind="file") & ~models.Q(file_kind="")),
                name="criterion_says_what_meets_it",
            ),
        ]

    @property
    def question(self) -> str:
        return self.question_en if (get_language() or "ja").startswith("en") else self.question_ja


@pghistory.track()
class CriterionAnswer(models.Model):
    """What was heard for a question, and in which words: the evidence."""

    deal = models.ForeignKey("pipeline.Deal", models.CASCADE, related_name="answers")
    criterion = models.ForeignKey(ExitCriterion, models.PROTECT, related_name="answers")
    value = models.TextField(_("answer"))
    evidence = models.TextField(_("evidence"), blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deal", "criterion"], name="question_is_answered_once_a_deal"),
            models.CheckConstraint(condition=~models.Q(value=""), name="answer_says_something"),
        ]

    def __str__(self) -> str:
        return self.value
