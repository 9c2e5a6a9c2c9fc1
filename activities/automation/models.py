from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pipeline.models import Stage
from staff.models import User


@pghistory.track()
class Automation(models.Model):
    """A sentence that runs by itself: when this happens, and that holds, then do this."""

    class Trigger(models.TextChoices):
        DEAL_CREATED = "deal_created", _("a deal was made")
        STAGE_ENTERED = "stage_entered", _("a deal enters a stage")
        STALLED = "stalled", _("a deal stands still")
        WON = "won", _("a deal is won")
        LOST = "lost", _("a deal is lost")
        FIELD_CHANGED = "field_changed", _("a field of a deal changes")
        DATE_REACHED = "date_reached", _("a date of a deal is reached")
        LEAD_RECEIVED = "lead_received", _("a lead comes in")
        CLOCK_NEAR = "clock_near", _("the first-contact deadline is near")
        CLOCK_OVER = "clock_over", _("the first-contact deadline has passed")

    LEAD_TRIGGERS = (Trigger.LEAD_RECEIVED, Trigger.CLOCK_NEAR, Trigger.CLOCK_OVER)

    trigger = models.CharField(_("when"), max_length=16, choices=Trigger.choices)
    # STAGE_ENTERED, STALLED: only this one. FIELD_CHANGED, DATE_REACHED: which. DATE_REACHED: days after it, or before.
    stage = models.ForeignKey(Stage, models.CASCADE, null=True, blank=True, related_name="automations")
    field = models.CharField(max_length=24, blank=True, default="")
    offset_days = models.SmallIntegerField(default=0)
    # [{"field": "amount", "op": "gte", "value": "1000000"}] and [{"kind": "todo", …}]: see conditions.py and actions.py.
    conditions = models.JSONField(default=list)
    actions = models.JSONField(default=list)
    is_active = models.BooleanField(_("in use"), default=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(actions=[]), name="automation_does_something"),
            models.CheckConstraint(
                condition=~Q(trigger__in=["field_changed", "date_reached"]) | ~Q(field=""),
                name="automation_names_the_field_it_waits_for",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_trigger_display())

    @property
    def about(self) -> str:
        """The kind of record it is about: deal or lead."""
        return "lead" if self.trigger in self.LEAD_TRIGGERS else "deal"


class AutomationRun(models.Model):
    """That an automation ran for an occurrence, once: what it did, or why it was refused."""

    class State(models.TextChoices):
        DONE = "done", _("done")
        REFUSED = "refused", pgettext_lazy("run", "refused")

    automation = models.ForeignKey(Automation, models.CASCADE, related_name="runs")
    # "event 4711", or "close_on 2026-07-14 of deal 7".
    occurrence = models.CharField(max_length=80)
    deal = models.ForeignKey("pipeline.Deal", models.CASCADE, null=True, related_name="+")
    lead = models.ForeignKey("leads.Lead", models.CASCADE, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.DONE)
    note = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["automation", "occurrence"], name="automation_runs_once_an_occurrence"
            )
        ]
        indexes = [models.Index(fields=["automation", "-at"], name="run_of_automation")]

    def __str__(self) -> str:
        return f"{self.automation_id} {self.occurrence}"
