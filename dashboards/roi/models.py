from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from staff import roles
from staff.models import User


class CrmCostQuerySet(models.QuerySet["CrmCost"]):
    def visible_to(self, user: User) -> CrmCostQuerySet:
        """What the CRM costs is the business of those who see the business."""
        return self if roles.can(user, "see the business") else self.none()


@pghistory.track()
class CrmCost(models.Model):
    """What the CRM costs a month, from a month on until the next row: licences, operation, the hours of its people."""

    from_month = models.DateField(_("from"), unique=True, help_text=_("its first day"))
    amount = models.DecimalField(_("cost a month"), max_digits=14, decimal_places=0)
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    objects = CrmCostQuerySet.as_manager()

    class Meta:
        ordering = ("from_month",)
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="crm_cost_is_not_negative"),
            models.CheckConstraint(condition=Q(from_month__day=1), name="crm_cost_begins_with_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.from_month:%Y-%m} {self.amount}"
