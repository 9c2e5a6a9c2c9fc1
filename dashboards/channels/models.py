from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel
from staff import roles
from staff.models import User


class ChannelCostQuerySet(models.QuerySet["ChannelCost"]):
    def visible_to(self, user: User) -> ChannelCostQuerySet:
        """What is spent is the business of those who see the business."""
        return self if roles.can(user, "see the business") else self.none()


@pghistory.track()
class ChannelCost(models.Model):
    """What was spent on a channel in a month: stands, clicks, fees."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="costs")
    month = models.DateField(_("month"), help_text=_("its first day"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=0)

    objects = ChannelCostQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "month"], name="channel_costs_once_a_month"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="channel_cost_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.month:%Y-%m}"
