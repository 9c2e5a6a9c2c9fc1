from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dashboards.channels.models import ChannelCost
from dashboards.meeting.models import Decision, Meeting
from dashboards.roi.models import CrmCost
from dashboards.whatif.models import Scenario
from staff import access, append_only, roles
from staff.models import Team, User

__all__ = ["ChannelCost", "CrmCost", "Decision", "Meeting", "Scenario", "Target", "WeeklyKpis"]


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


class WeeklyKpisQuerySet(models.QuerySet["WeeklyKpis"]):
    def visible_to(self, user: User) -> WeeklyKpisQuerySet:
        """Those of one's teams; the whole company's for who reads everything."""
        if not user.is_active:
            return self.none()
        if roles.can(user, "read everything"):
            return self
        return self.filter(team_id__in=access.team_ids(user))

    def of_team(self, team_id: int | None) -> WeeklyKpisQuerySet:
        """One row a week, the newest week first: what was frozen then, else what was counted later, the last count."""
        rows = self.filter(team_id=team_id)
        return rows.order_by("-week", "-is_frozen", "-known_at", "-pk").distinct("week")


class WeeklyKpis(models.Model):
    """The three KPIs as they stood at the end of a week, over the thirteen weeks that end with it; written once, for good.

    A team's leave restricted companies out, since its manager may not see all of them.
    """

    # Its Monday.
    week = models.DateField()
    # Without a foreign key, so that nothing changes it: None is the whole company.
    team_id = models.BigIntegerField(null=True)
    # Taken when the week ended; else counted later, from what history says of that day.
    is_frozen = models.BooleanField()
    known_at = models.DateTimeField()
    leads_converted = models.PositiveIntegerField()
    leads_decided = models.PositiveIntegerField()
    orders = models.PositiveIntegerField()
    days_average = models.IntegerField(null=True)
    days_median = models.IntegerField(null=True)
    # [{"stage": 3, "won": [4, 11], "passed": [9, 12]}] in the order of the stages.
    stages = models.JSONField(default=list)
    # What exit criteria asked of the open deals when the week ended, and what of it was met: not counted of weeks gone by.
    criteria_met = models.PositiveIntegerField(null=True)
    criteria_asked = models.PositiveIntegerField(null=True)

    objects = WeeklyKpisQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["week", "team_id"],
                condition=Q(is_frozen=True),
                nulls_distinct=False,
                name="week_is_frozen_once",
            )
        ]
        indexes = [models.Index(fields=["team_id", "-week"], name="weekly_kpis_of_team")]
        triggers = append_only.triggers("weekly_kpis")

    def __str__(self) -> str:
        return f"{self.week} {self.team_id or 'company'}"

    def same_figures(self, other: WeeklyKpis) -> bool:
        names = "leads_converted", "leads_decided", "orders", "days_average", "days_median", "stages"
        return all(getattr(self, name) == getattr(other, name) for name in names)
