from __future__ import annotations

import pghistory
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pipeline.models import Stage
from staff.models import User

KINDS = [
    ("call", _("call")), ("mail", _("mail")), ("meeting", _("meeting")), ("visit", _("visit")),
    ("proposal", _("proposal made")), ("memo", _("memo")),
]  # fmt: skip


@pghistory.track()
class PlaybookStep(models.Model):
    """A todo that every deal gets, once, when it comes into the stage; won and lost are stages, too."""

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="playbook")
    title = models.CharField(_("what to do"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=KINDS, default="call")
    due_days = models.PositiveSmallIntegerField(_("due after (business days)"), default=1)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("in use"), default=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["stage", "position", "pk"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(title=""), name="playbook_step_says_what_to_do")
        ]

    def __str__(self) -> str:
        return self.title
