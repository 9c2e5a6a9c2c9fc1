from __future__ import annotations

from typing import Any

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Company, Contact
from activities.automation.models import Automation, AutomationRun
from activities.playbooks.models import PlaybookStep
from activities.texts.models import TextTemplate, TextUse, TextVersion
from crm.lib import paths, text
from leads.models import Lead
from pipeline.models import Deal, ExitCriterion
from staff import access, roles
from staff.models import Team, User
from staff.searchable import Searchable, gram_index

NO_GRAMS = RawSQL("'{}'::text[]", ())  # noqa: S611 - a constant
# Of a text of 20,000 characters in Japanese, as good as all.
MOST_GRAMS = 12_000

__all__ = [
    "Activity",
    "ActivityKind",
    "Automation",
    "AutomationRun",
    "HandedCompany",
    "Handover",
    "PlaybookStep",
    "TextTemplate",
    "TextUse",
    "TextVersion",
    "Todo",
]


class ActivityQuerySet(models.QuerySet["Activity"]):
    def visible_to(self, user: User) -> ActivityQuerySet:
        """What was done for deals, leads and companies that the person may see."""
        if not user.is_active:
            return self.none()
        if user.is_system or roles.can(user, "read everything"):
            return self
        return _about_what_is_seen(self, user)

    def with_text(self) -> ActivityQuerySet:
        """Those that say something: what a search looks through."""
        return self.exclude(search_text="")

    def of_kinds(self, *kinds: str) -> ActivityQuerySet:
        return self.filter(kind__in=kinds)


def _about_what_is_seen(rows: Any, user: User) -> Any:
    """Without rows about deals and leads of other teams, and about companies closed to the person.

    The company of a lead may have been recognised after the row was written, so it is asked too: from the few closed
    companies, since a join of all leads made of a manager's week 30 ms instead of 5.
    """
    closed, teams = Company.objects.closed_ids(user), access.team_ids(user)
    if not access.is_at_the_top(user):
        rows = rows.filter(
            Q(deal__isnull=True) | Q(deal__team__in=teams), Q(lead__isnull=True) | Q(lead__team__in=teams)
        )
    leads = Lead.objects.filter(company__in=closed).order_by().values("pk")
    return rows.exclude(company__isnull=False, company__in=closed).exclude(lead__isnull=False, lead__in=leads)


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


@pghistory.track(exclude=["search_text", "search_grams"])
class Activity(Searchable):
    """Something done for a deal, a lead or a company. Only `reached` calls count as contact."""

    Kind = ActivityKind

    kind = models.CharField(_("kind"), max_length=12, choices=ActivityKind.choices)
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, blank=True, related_name="activities")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="activities")
    company = models.ForeignKey(Company, models.CASCADE, null=True, blank=True, related_name="activities")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="activities")
    body = models.TextField(_("memo"), blank=True)
    reached = models.BooleanField(_("reached"), default=True)
    minutes = models.PositiveSmallIntegerField(pgettext_lazy("length", "minutes"), null=True, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="activities")
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(_("when"), default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    # Rows that are written in bulk by SQL need not name these.
    search_text = models.TextField(blank=True, default="", db_default="", editable=False)
    search_grams = ArrayField(models.TextField(), default=list, db_default=NO_GRAMS, editable=False)
    # The questions that its marked lines have just answered; known only to whoever logs it.
    answered: tuple[ExitCriterion, ...] = ()

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
            # With all that a week's count of a team asks for: then the index alone is read.
            models.Index(
                fields=["by", "at"],
                include=["kind", "reached", "deal", "lead", "company"],
                name="activity_of_person",
            ),
            gram_index("activity_grams"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"

    def prepare_search(self) -> None:
        """Minutes are long, and the last line counts as much as the first."""
        self.search_text = text.search_text(self.body)
        self.search_grams = text.search_grams(self.body, most=MOST_GRAMS)


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

    def only_rows(self) -> TodoQuerySet:
        """With just what a list places of them; anything else asked of them is one more statement."""
        return self.select_related("deal__company", "lead", "company").only(
            "title", "kind", "due_on", "due_time", "done_at", "owner", "team", "deal", "lead", "company",
            "deal__name", "deal__amount", "deal__closed_at", "deal__criteria_met", "deal__criteria_total",
            "deal__company__name", "lead__company_name", "lead__family_name", "lead__given_name", "lead__email",
            "lead__score", "company__name",
        )  # fmt: skip


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
        return paths.of("activities:todo", self.pk)


class HandoverQuerySet(models.QuerySet["Handover"]):
    def visible_to(self, user: User) -> HandoverQuerySet:
        """Those that the person gave, got or made, and those of the teams of whoever got them."""
        if not user.is_active:
            return self.none()
        if user.is_system or roles.can(user, "read everything"):
            return self
        mine = Q(giver=user) | Q(taker=user) | Q(by=user)
        if roles.can(user, "lead a team"):
            mine |= Q(taker__team__in=access.team_ids(user))
        return self.filter(mine)


@pghistory.track()
class Handover(models.Model):
    """引き継ぎ: accounts that went from one person to another. What is told of them is read when the page is opened."""

    giver = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    taker = models.ForeignKey(User, models.PROTECT, related_name="handovers")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    note = models.TextField(_("note"), blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.giver_id} → {self.taker_id}"

    def get_absolute_url(self) -> str:
        return paths.of("activities:handover", self.pk)


@pghistory.track()
class HandedCompany(models.Model):
    """One of the accounts of a handover."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="companies")
    company = models.ForeignKey(Company, models.CASCADE, related_name="handovers")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["handover", "company"], name="company_is_handed_over_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.company_id}"
