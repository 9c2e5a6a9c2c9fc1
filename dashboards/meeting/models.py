from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pghistory
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from activities.models import Todo
from crm.lib import paths
from pipeline.models import Deal
from staff import access, roles
from staff.models import Team, User


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, user: User) -> MeetingQuerySet:
        """Meetings of one's teams, and of the teams above, where one sits too. What is shown in them is asked again."""
        if not user.is_active:
            return self.none()
        if user.is_system or roles.can(user, "read everything"):
            return self
        return self.filter(team__in=access.line_ids(user))

    def running(self) -> MeetingQuerySet:
        return self.filter(ended_at=None)


class Topic(models.TextChoices):
    """What a meeting goes through, in this order."""

    PROMISES = "promises", _("Last week's decisions")
    CHANGES = "changes", _("What moved")
    STALLED = "stalled", _("Stalled")
    IDLE = "idle", _("No next action")
    CLOCKS = "clocks", _("First contact")
    FIGURES = "figures", _("Figures")


@pghistory.track(exclude=["topic", "place", "version"])
class Meeting(models.Model):
    """One 営業定例 of a team: who led it, what was on its agenda, and where it stands now."""

    Topic = Topic

    team = models.ForeignKey(Team, models.PROTECT, related_name="meetings", verbose_name=_("team"))
    led_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    held_on = models.DateField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # How long it should take; the timer turns red after it.
    minutes = models.PositiveSmallIntegerField(pgettext_lazy("length", "minutes"), default=30)
    # What "since last week" means here: the meeting before, or seven days.
    since = models.DateTimeField()
    # Frozen when it begins, so that nothing moves away under people: topic → ids of deals (of leads for the clocks).
    agenda = models.JSONField(default=dict)
    # The three KPIs as they were when it ended, for the minutes.
    figures = models.JSONField(default=dict)
    # What is on the screen: those who follow see the same.
    topic = models.CharField(max_length=10, choices=Topic.choices, default=Topic.PROMISES)
    place = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team"], condition=Q(ended_at=None), name="team_holds_one_meeting_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["team", "-started_at"], name="meeting_of_team")]

    def __str__(self) -> str:
        return f"{self.team} {self.held_on}"

    @property
    def is_running(self) -> bool:
        return self.ended_at is None

    @property
    def items(self) -> list[int]:
        """Ids of the deals that the current topic goes through one by one; other topics are one screen each."""
        return list(self.agenda.get(self.topic, [])) if self.topic in OF_DEALS else []

    @property
    def took(self) -> timedelta:
        return (self.ended_at or timezone.now()) - self.started_at

    def get_absolute_url(self) -> str:
        return paths.of("dashboards:meeting", self.pk)

    @property
    def minutes_url(self) -> str:
        return paths.of("dashboards:meeting-minutes", self.pk)


# Topics that go deal by deal.
OF_DEALS = (Topic.STALLED, Topic.IDLE)


class DecisionQuerySet(models.QuerySet["Decision"]):
    def visible_to(self, user: User) -> DecisionQuerySet:
        """What was decided about deals that the person may see."""
        return self.filter(deal__in=Deal.objects.visible_to(user).order_by().values("pk"))

    def standing(self) -> DecisionQuerySet:
        """Without those that were taken back."""
        return self.filter(undone_at=None)

    def for_rows(self) -> DecisionQuerySet:
        return self.select_related("deal__company", "deal__stage", "owner", "todo", "meeting").defer(
            "deal__search_text", "deal__search_grams", "deal__company__search_text",
            "deal__company__search_grams", "deal__company__notes",
        )  # fmt: skip

    def with_outcome(self, today: date) -> DecisionQuerySet:
        """With `outcome`: what became of the promise. Figures, minutes and the next meeting read this one answer."""
        done, closed = "todo__done_at__date", "deal__closed_at__date"
        return self.annotate(
            outcome=Case(
                When(kind=Decision.Kind.LOSE, then=Value(Outcome.DROPPED)),
                When(**{f"{done}__lte": F("due_on")}, then=Value(Outcome.KEPT)),
                When(**{f"{done}__isnull": False}, then=Value(Outcome.LATE)),
                # A deal that was closed first left nothing to be done.
                When(**{f"{closed}__lte": F("due_on")}, then=Value(Outcome.DROPPED)),
                When(due_on__gte=today, then=Value(Outcome.OPEN)),
                default=Value(Outcome.BROKEN),
            )
        )


class Outcome(models.TextChoices):
    """What became of a promise. The rate of kept ones is kept ÷ (kept, late and broken)."""

    KEPT = "kept", pgettext_lazy("promise", "Kept")
    LATE = "late", pgettext_lazy("promise", "Late")
    BROKEN = "broken", pgettext_lazy("promise", "Not kept")
    OPEN = "open", pgettext_lazy("promise", "Still time")
    DROPPED = "dropped", pgettext_lazy("promise", "Nothing to do")


@pghistory.track()
class Decision(models.Model):
    """What a meeting decided about a deal: who does what by when. Undone ones stay, and count no more."""

    class Kind(models.TextChoices):
        GO_ON = "go_on", pgettext_lazy("decision", "Go on")
        NEW_DATE = "new_date", pgettext_lazy("decision", "New date")
        ESCALATE = "escalate", pgettext_lazy("decision", "Escalate")
        LOSE = "lose", pgettext_lazy("decision", "Lose")
        HELP = "help", pgettext_lazy("decision", "Help")

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="decisions")
    deal = models.ForeignKey(Deal, models.CASCADE, related_name="decisions")
    topic = models.CharField(max_length=10, choices=Topic.choices)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    title = models.CharField(_("what to do"), max_length=160)
    owner = models.ForeignKey(User, models.PROTECT, related_name="decisions")
    due_on = models.DateField(_("due"))
    todo = models.ForeignKey(Todo, models.SET_NULL, null=True, related_name="+")
    # What undoing needs: the edit's event, or the version that losing produced.
    made = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(title=""), name="decision_says_what_to_do")]
        indexes = [models.Index(fields=["deal", "-at"], name="decision_of_deal")]

    def __str__(self) -> str:
        return self.title

    @property
    def outcome_label(self) -> Any:
        return Outcome(self.outcome).label  # type: ignore[attr-defined]
