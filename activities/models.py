from __future__ import annotations

from typing import Any

import pghistory
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, Contact
from leads.models import Lead
from pipeline.models import Deal, ExitCriterion
from staff import access, roles
from staff.models import Team, User


class ActivityQuerySet(models.QuerySet["Activity"]):
    def visible_to(self, user: User) -> ActivityQuerySet:
        """What was done for deals, leads and companies that the person may see."""
        if not user.is_active:
            return self.none()
        if user.is_system or roles.can(user, "read everything"):
            return self
        return _about_what_is_seen(self, user)

    def of_kinds(self, *kinds: str) -> ActivityQuerySet:
        return self.filter(kind__in=kinds)


def _about_what_is_seen(rows: Any, user: User) -> Any:
    """Without rows about deals and leads of other teams, and about companies closed to the person.

    The company of a lead may have been recognised after the row was written, so it is asked too.
    """
    closed, teams = Company.objects.closed_ids(user), access.team_ids(user)
    return (
        rows.filter(
            Q(deal__isnull=True) | Q(deal__team__in=teams), Q(lead__isnull=True) | Q(lead__team__in=teams)
        )
        .exclude(company__isnull=False, company__in=closed)
        .exclude(lead__company__isnull=False, lead__company__in=closed)
    )


class ActivityKind(models.TextChoices):
    CALL = "call", _("call")
    MAIL = "mail", _("mail")
    MEETING = "meeting", _("meeting")
    VISIT = "visit", _("visit")
    PROPOSAL = "proposal", _("proposal made")
    MEMO = "memo", _("memo")


CONTACT_KINDS = (
    ActivityKind.CALL,
    ActivityKind.MAIL,
    ActivityKind.MEETING,
    ActivityKind.VISIT,
    ActivityKind.PROPOSAL,
)


@pghistory.track()
class Activity(models.Model):
    """Something done for a deal, a lead or a company. Only `reached` calls count as contact."""

    Kind = ActivityKind

    kind = models.CharField(_("kind"), max_length=12, choices=ActivityKind.choices)
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, blank=True, related_name="activities")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="activities")
    company = models.ForeignKey(Company, models.CASCADE, null=True, blank=True, related_name="activities")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="activities")
    body = models.TextField(_("memo"), blank=True)
    reached = models.BooleanField(_("reached"), default=True)
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="activities")
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(_("when"), default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(deal__isnull=False) | Q(lead__isnull=False) | Q(company__isnull=False),
                name="activity_is_about_something",
            )
        ]
        indexes = [
            models.Index(fields=["deal", "-at"], name="activity_of_deal"),
            models.Index(fields=["lead", "-at"], name="activity_of_lead"),
            models.Index(fields=["company", "-at"], name="activity_of_company"),
            models.Index(fields=["by", "at", "kind"], name="activity_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"


class TodoQuerySet(models.QuerySet["Todo"]):
    def visible_to(self, user: User) -> TodoQuerySet:
        """Those of one's teams, one's own among them, whose deal, lead or company the person may see."""
        rows = self.filter(access.of_my_teams(user))
        if user.is_system or not user.is_active or roles.can(user, "read everything"):
            return rows
        return _about_what_is_seen(rows, user)

    def open(self) -> TodoQuerySet:
        return self.filter(done_at=None)

    def for_rows(self) -> TodoQuerySet:
        return self.select_related("deal__company", "deal__stage", "lead", "company", "owner")


@pghistory.track()
class Todo(models.Model):
    """A next action: of a deal, a lead, a company, or just one's own."""

    Kind = ActivityKind

    title = models.CharField(_("what to do"), max_length=160)
    kind = models.CharField(_("kind"), max_length=12, choices=ActivityKind.choices, default=ActivityKind.CALL)
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, blank=True, related_name="todos")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="todos")
    company = models.ForeignKey(Company, models.CASCADE, null=True, blank=True, related_name="todos")
    criterion = models.ForeignKey(ExitCriterion, models.SET_NULL, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(User, models.PROTECT, related_name="todos", verbose_name=_("owner"))
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", editable=False)
    due_on = models.DateField(_("due"))
    due_time = models.TimeField(_("time"), null=True, blank=True)
    # What issued it by itself ("stage 4 deal 7"): issuing twice makes one.
    origin = models.CharField(max_length=120, null=True, blank=True, unique=True, editable=False)
    done_at = models.DateTimeField(null=True, editable=False)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = TodoQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "due_time", "pk"]
        indexes = [
            models.Index(
                fields=["owner", "due_on", "id"], name="todo_open_of_owner", condition=Q(done_at=None)
            ),
            models.Index(
                fields=["deal", "due_on", "id"], name="todo_open_of_deal", condition=Q(done_at=None)
            ),
            models.Index(fields=["lead", "due_on"], name="todo_open_of_lead", condition=Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("activities:todo", args=[self.pk])
