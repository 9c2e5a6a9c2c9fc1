from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from staff import append_only
from staff.models.people import User


class Event(models.Model):
    """What happened, once and for good: the timeline of a record, and the operation log of all.

    Ids are plain numbers without foreign keys: a merge or a deletion re-points nothing here.
    """

    kind = models.CharField(max_length=60)
    actor_id = models.BigIntegerField()
    happened_at = models.DateTimeField()
    # Set by a trigger: imported history keeps its dates, but nobody chooses when it was recorded.
    recorded_at = models.DateTimeField(null=True, editable=False)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    company_id = models.BigIntegerField(null=True)
    deal_id = models.BigIntegerField(null=True)
    lead_id = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=36, blank=True, default="")
    address = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["company_id", "-happened_at", "-id"],
                name="event_of_company",
                condition=Q(company_id__isnull=False),
            ),
            models.Index(
                fields=["deal_id", "-happened_at", "-id"],
                name="event_of_deal",
                condition=Q(deal_id__isnull=False),
            ),
            models.Index(
                fields=["lead_id", "-happened_at", "-id"],
                name="event_of_lead",
                condition=Q(lead_id__isnull=False),
            ),
            models.Index(
                fields=["subject_type", "subject_id", "-happened_at", "-id"], name="event_of_subject"
            ),
            models.Index(fields=["kind", "-happened_at", "-id"], name="event_of_kind"),
            models.Index(fields=["actor_id", "-happened_at", "-id"], name="event_of_actor"),
            models.Index(fields=["-happened_at", "-id"], name="event_newest"),
        ]
        triggers = [
            *append_only.triggers("event"),
            pgtrigger.Trigger(
                name="event_is_stamped",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="NEW.recorded_at = clock_timestamp(); RETURN NEW;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_type} {self.subject_id}"


class Delivery(models.Model):
    """One event for one subscriber: the outbox. The row says what is due; the broker only carries its id."""

    event_id = models.BigIntegerField()
    subscriber = models.CharField(max_length=120)
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "subscriber"], name="event_is_delivered_once_to_a_subscriber"
            )
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="delivery_due", condition=Q(done_at__isnull=True))
        ]
        triggers = [
            pgtrigger.Trigger(
                name="delivery_wakes_the_relay",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                func="PERFORM pg_notify('enishi_deliveries', ''); RETURN NULL;",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} for event {self.event_id}"


class Seal(models.Model):
    """A batch of events whose rows are sealed: their hash over the previous seal's, signed with the log's own key."""

    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField(unique=True)
    count = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["last_id"]
        triggers = [
            pgtrigger.Protect(name="seal_is_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.first_id}–{self.last_id}"


class Notification(models.Model):
    """Something a person should know, told once: `topic` names the occurrence (`stalled deal 7 2026-07-14`)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications")
    topic = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    title = models.CharField(_("title"), max_length=200)
    url = models.CharField(max_length=200, blank=True)
    # What the text needs, so that each reader gets it in their own language.
    data = models.JSONField(default=dict)
    # The record it is about, without a foreign key: who may not see that one does not see this.
    subject_type = models.CharField(max_length=40, blank=True, default="")
    subject_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="person_is_told_once")]
        indexes = [
            models.Index(
                fields=["user", "-created_at"], name="notification_unread", condition=Q(read_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.title
