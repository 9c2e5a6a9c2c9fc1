from __future__ import annotations

import copy
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pipeline.models.stage import InBothLanguages, Stage
from staff.models import CustomField, User

if TYPE_CHECKING:
    from pipeline.models.deal import Deal

# What says when a criterion is met and how strong it is: the part of it that a new version of the method changes.
RULE = (
    "kind", "field", "condition", "threshold", "activity_kinds", "file_kind", "needs_evidence", "is_required",
)  # fmt: skip


class CriterionQuerySet(models.QuerySet["ExitCriterion"]):
    def current(self) -> CriterionQuerySet:
        """Without those that the method has given up."""
        return self.filter(retired_at=None)


@pghistory.track()
class ExitCriterion(InBothLanguages):
    """What must be known or done before a deal leaves the stage forwards."""

    class Kind(models.TextChoices):
        FIELD = "field", _("field filled")
        QUESTION = "question", _("question answered")
        ACTIVITY = "activity", _("activity done")
        FILE = "file", _("file attached")
        APPROVAL = "approval", _("approval given")
        ABSENCE = "absence", _("something is absent")

    class Condition(models.TextChoices):
        """What a field must hold, besides something."""

        FILLED = "", _("filled in")
        AT_LEAST = "at_least", _("at least")
        AT_MOST = "at_most", _("at most")
        LENGTH = "length", _("at least so many characters")

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="exit_criteria")
    code = models.SlugField(max_length=30)
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # FIELD: a name of pipeline.exit_criteria.FIELDS; ACTIVITY: kinds of activity; FILE: a kind of DealFile.
    # ABSENCE: one of the three, which must not be there.
    field = models.CharField(max_length=40, blank=True)
    condition = models.CharField(
        max_length=8, choices=Condition.choices, default=Condition.FILLED, blank=True
    )
    threshold = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    activity_kinds = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    file_kind = models.CharField(max_length=12, blank=True)
    question_ja = models.CharField(_("how to ask (Japanese)"), max_length=120, blank=True)
    question_en = models.CharField(_("how to ask (English)"), max_length=120, blank=True)
    # QUESTION: an answer counts only with the words it was heard in.
    needs_evidence = models.BooleanField(_("with evidence"), default=False)
    is_required = models.BooleanField(_("required"), default=True)
    # Rules that deals in flight keep until they leave the stage: [{"until": moment, "rule": {…} or null}], oldest first.
    earlier = models.JSONField(default=list, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CriterionQuerySet.as_manager()

    class Meta:
        ordering = ["stage", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "code"], name="criterion_is_named_once_in_a_stage"),
            models.CheckConstraint(
                condition=(models.Q(kind="field") & ~models.Q(field=""))
                | models.Q(kind="question")
                | (models.Q(kind="activity") & ~models.Q(activity_kinds=[]))
                | (models.Q(kind="file") & ~models.Q(file_kind=""))
                | models.Q(kind="approval")
                | (
                    models.Q(kind="absence")
                    & (~models.Q(field="") | ~models.Q(activity_kinds=[]) | ~models.Q(file_kind=""))
                ),
                name="criterion_says_what_meets_it",
            ),
            models.CheckConstraint(
                condition=models.Q(condition="") | models.Q(threshold__isnull=False),
                name="criterion_condition_has_its_number",
            ),
        ]

    @property
    def question(self) -> str:
        return self.question_en if (get_language() or "ja").startswith("en") else self.question_ja

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> ExitCriterion:
        """From its columns as JSON has them."""
        number = row["threshold"]
        return cls(**{**row, "threshold": None if number is None else Decimal(str(number))})

    @property
    def rule(self) -> dict[str, Any]:
        """The rule as plain values, for versions and for deals that keep it."""
        found = {name: getattr(self, name) for name in RULE}
        found["activity_kinds"] = list(self.activity_kinds)
        found["threshold"] = None if self.threshold is None else f"{self.threshold.normalize():f}"
        return found

    def with_rule(self, rule: dict[str, Any]) -> ExitCriterion:
        """The same criterion, asking as it did under that rule; never to be saved."""
        past = copy.copy(self)
        for name in RULE:
            setattr(past, name, rule[name])
        past.threshold = None if rule["threshold"] is None else Decimal(rule["threshold"])
        return past

    @property
    def asks_own_field(self) -> bool:
        """Whether it asks for a field that the company has added."""
        return CustomField.pk_of(self.field) is not None

    def for_deal(self, deal: Deal) -> ExitCriterion | None:
        """As it binds this deal, or None when it does not.

        A deal that stood in the stage when a version with "keep the old rules" came keeps what it entered under.
        """
        if self.earlier and deal.stage_id == self.stage_id:
            for past in self.earlier:
                if deal.stage_entered_at < datetime.fromisoformat(past["until"]):
                    return self.with_rule(past["rule"]) if past["rule"] else None
        return None if self.retired_at else self


@pghistory.track()
class CriterionAnswer(models.Model):
    """What was heard for a question, and in which words: the evidence. Of an approval: who gave it, and what for."""

    deal = models.ForeignKey("pipeline.Deal", models.CASCADE, related_name="answers")
    criterion = models.ForeignKey(ExitCriterion, models.PROTECT, related_name="answers")
    value = models.TextField(_("answer"))
    evidence = models.TextField(_("evidence"), blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(default=timezone.now)
    # Of an approval: the amount it was given for. It does not hold for more.
    amount = models.DecimalField(max_digits=14, decimal_places=0, null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deal", "criterion"], name="question_is_answered_once_a_deal"),
            models.CheckConstraint(condition=~models.Q(value=""), name="answer_says_something"),
        ]

    def __str__(self) -> str:
        return self.value
