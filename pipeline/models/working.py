"""How people work with many deals: what they changed at once, and the filters they keep."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from staff import roles
from staff.models import Team, User


class BulkEdit(models.Model):
    """One change of many deals: what was done to each, so that it can be taken back, and who was refused and why."""

    action = models.CharField(max_length=12)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # [{"deal": id, "name": …, "undo": {…}}] and [{"deal": id, "name": …, "reason": …}]
    done = models.JSONField(default=list)
    refused = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.action} × {len(self.done)}"


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> SavedViewQuerySet:
        """One's own, and those that a manager above shares with the team."""
        above = [int(pk) for pk in user.team.path.strip("/").split("/")]
        return self.filter(Q(owner=user) | Q(shared_with__in=above))


class SavedView(models.Model):
    """A filter of the deals under a name; its state is the query of an address."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="views")
    name = models.CharField(_("name"), max_length=40)
    query = models.CharField(max_length=1000, blank=True)
    shared_with = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="+")

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="view_is_named_once_a_person"),
        ]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def may_share(user: User) -> bool:
        return roles.can(user, "lead a team")
