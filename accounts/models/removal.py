from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models.company import Company
from staff import access, roles
from staff.models import User


class RemovalQuerySet(models.QuerySet["Removal"]):
    def visible_to(self, user: User) -> RemovalQuerySet:
        """What the person could see before it was removed: not what is of companies closed to them, or of other teams."""
        if not user.is_active:
            return self.none()
        if user.is_system or roles.can(user, "read everything"):
            return self
        rows = self.filter(Q(team_id=None) | Q(team_id__in=access.team_ids(user)))
        closed = Company.objects.closed_to(user).values("pk")
        return rows.exclude(company_id__isnull=False, company_id__in=closed)

    def in_bin(self) -> RemovalQuerySet:
        return self.filter(restored_at=None)


class Removal(models.Model):
    """A record in the bin, with what went there with it: what, by whom, when, and whether it was restored."""

    kind = models.CharField(max_length=12)
    record_id = models.BigIntegerField()
    name = models.CharField(max_length=200)
    # Whose it is, as plain ids: who may not see that does not see this.
    company_id = models.BigIntegerField(null=True)
    team_id = models.BigIntegerField(null=True)
    owner_id = models.BigIntegerField(null=True)
    # {"pipeline.deal": 3}: how many rows went along.
    moved = models.JSONField(default=dict)
    # What was written, in its order, as `MergeChange` keeps it.
    changes: Any = models.JSONField(default=list)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    restored_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    restored_at = models.DateTimeField(null=True)

    objects = RemovalQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "record_id"], condition=Q(restored_at=None), name="record_is_in_the_bin_once"
            )
        ]
        indexes = [models.Index(fields=["-id"], name="removal_in_bin", condition=Q(restored_at=None))]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("accounts:bin")
