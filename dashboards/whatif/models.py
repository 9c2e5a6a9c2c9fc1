from __future__ import annotations

import pghistory
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from staff import roles
from staff.models import User


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    def visible_to(self, user: User) -> ScenarioQuerySet:
        """One's own, for those who are shown the forecast at all."""
        return self.filter(owner=user) if roles.can(user, "see the business") else self.none()


@pghistory.track()
class Scenario(models.Model):
    """How somebody sees a quarter: changes of single deals, laid over whatever the forecast says when it is opened."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="scenarios")
    name = models.CharField(_("name"), max_length=60)
    first_on = models.DateField(help_text=_("the first day of the quarter"))
    # Deal id → {"outcome", "amount", "close_on"}, each only where it was changed.
    changes = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "first_on", "name"], name="scenario_has_a_name_of_its_own"
            )
        ]

    def __str__(self) -> str:
        return self.name
