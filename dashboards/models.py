from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from staff.models import Team, User


@pghistory.track()
class Target(models.Model):
    """What a person, a team or the company wants to win in a month; quarters add months up."""

    month = models.DateField(_("month"), help_text=_("its first day"))
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="targets")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="targets")
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "user", "team"], nulls_distinct=False, name="target_is_set_once"
            ),
            models.CheckConstraint(condition=Q(user=None) | Q(team=None), name="target_is_of_one"),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.team or 'company'} {self.month:%Y-%m}"
