from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashboards.meeting.models import Decision, Meeting
from staff import access, roles
from staff.models import Team, User

__all__ = ["Decision", "Meeting", "Target"]


class TargetQuerySet(models.QuerySet["Target"]):
    def visible_to(self, user: User) -> TargetQuerySet:
        """One's own, those of one's teams and of their people; the company's for who sees the business."""
        if not user.is_active:
            return self.none()
        if roles.can(user, "read everything"):
            return self
        teams = access.team_ids(user)
        return self.filter(Q(user=user) | Q(team__in=teams) | Q(user__team__in=teams))

    def of_company(self) -> TargetQuerySet:
        return self.filter(user=None, team=None)


@pghistory.track()
class Target(models.Model):
    """What a person, a team or the company wants to win in a month; quarters add months up."""

    month = models.DateField(_("month"), help_text=_("its first day"))
    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="targets")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="targets")
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=0)

    objects = TargetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["month", "user", "team"], nulls_distinct=False, name="target_is_set_once"
            ),
            models.CheckConstraint(condition=Q(user=None) | Q(team=None), name="target_is_of_one"),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.team or 'company'} {self.month:%Y-%m}"
