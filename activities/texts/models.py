from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.lib import paths
from staff import append_only
from staff.models import User


@pghistory.track()
class TextTemplate(models.Model):
    """文例: words to begin minutes, a proposal or a mail with, given out by stage. The newest version is the one in use."""

    class Kind(models.TextChoices):
        MINUTES = "minutes", _("minutes")
        PROPOSAL = "proposal", pgettext_lazy("text", "proposal")
        MAIL = "mail", _("mail")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=80)
    # The stages where it is offered; none: wherever something is written down.
    stage_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["kind", "name", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="text_template_has_a_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return paths.of("activities:text", self.pk)


class TextVersion(models.Model):
    """One wording of a template. It is never changed: figures of a version speak of these very words."""

    template = models.ForeignKey(TextTemplate, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    body = models.TextField(_("text"))
    note = models.CharField(_("what is different"), max_length=120, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["template", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="text_version_has_its_own_number")
        ]
        triggers = append_only.triggers("text_version")

    def __str__(self) -> str:
        return f"{self.template} v{self.number}"


class TextUse(models.Model):
    """That an activity was written with a version: what use and win rates are counted from."""

    version = models.ForeignKey(TextVersion, models.PROTECT, related_name="uses")
    activity = models.OneToOneField("activities.Activity", models.CASCADE, related_name="text_use")

    def __str__(self) -> str:
        return f"{self.version_id} in {self.activity_id}"
