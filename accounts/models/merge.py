from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models.company import Company
from accounts.models.matching import DuplicatePair
from staff import access, roles
from staff.models import User


class MergeQuerySet(models.QuerySet["Merge"]):
    def visible_to(self, user: User) -> MergeQuerySet:
        """Merges of records that the person may see, both of them."""
        if not user.is_active:
            return self.none()
        if user.is_system or roles.can(user, "read everything"):
            return self
        closed = Company.objects.closed_ids(user)
        rows = self.exclude(company_id__isnull=False, company_id__in=closed)
        rows = rows.exclude(other_company_id__isnull=False, other_company_id__in=closed)
        leads = access.visible("lead", user).values("pk")
        return rows.filter(~Q(kind="lead") | Q(winner_id__in=leads, loser_id__in=leads))

    def standing(self) -> MergeQuerySet:
        """Those that were not taken back."""
        return self.filter(undone_at=None)


class Merge(models.Model):
    """Two records became one: which, by whom, with which choices. Its `changes` say what to write to take it back.

    Records are named by plain ids, as in events: a later merge re-points nothing here.
    """

    # company, contact, division, site, lead, or placing: a company that became a site of another.
    kind = models.CharField(max_length=12)
    winner_id = models.BigIntegerField()
    loser_id = models.BigIntegerField()
    # As they were called, for lists and for the log.
    winner_name = models.CharField(max_length=200)
    loser_name = models.CharField(max_length=200)
    # Whose they were: who may not see both does not see the merge.
    company_id = models.BigIntegerField(null=True)
    other_company_id = models.BigIntegerField(null=True)
    # {"phone": "loser", "name": {"value": "…"}}: what was picked otherwise than by the rule.
    picks = models.JSONField(default=dict)
    # {"pipeline.deal": 3}: how many rows went along.
    moved = models.JSONField(default=dict)
    # "company:7", "contact:12" …: all records that it touched, so that later merges of one of them are found.
    records = ArrayField(models.CharField(max_length=40), default=list)
    # "pipeline.deal.company:7" …: rows that hung on things of both before; they are not taken for new ones.
    crossing = models.JSONField(default=list)
    pair = models.ForeignKey(DuplicatePair, models.SET_NULL, null=True, related_name="merges")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    # Taken back to take back an earlier one, and made again after it.
    made_again_as = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "loser_id"],
                condition=Q(undone_at=None) & ~Q(kind="placing"),
                name="record_is_merged_away_once",
            ),
            models.CheckConstraint(condition=~Q(winner_id=models.F("loser_id")), name="merge_is_of_two"),
        ]
        indexes = [
            GinIndex(fields=["records"], name="merge_of_records", condition=Q(undone_at=None)),
            models.Index(fields=["kind", "winner_id"], name="merge_into"),
        ]

    def __str__(self) -> str:
        return f"{self.winner_name} ← {self.loser_name}"

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None

    def get_absolute_url(self) -> str:
        return reverse("accounts:merge", args=[self.pk])


class MergeChange(models.Model):
    """What a merge wrote to rows of one table, in the order of writing."""

    class Action(models.TextChoices):
        MOVED = "moved"  # `fields`: {column: [before, after]}, the same for all the rows
        CHANGED = "changed"  # the same of one row, whose values a person may have edited since
        REMOVED = "removed"  # `fields`: {column: value}: the row as it was
        CREATED = "created"  # `fields`: {column: value}: the row as it was made

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="changes")
    # "pipeline.deal"
    table = models.CharField(max_length=80)
    action = models.CharField(max_length=8, choices=Action.choices)
    rows = ArrayField(models.BigIntegerField())
    fields: Any = models.JSONField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.action} {self.table} {self.rows}"
