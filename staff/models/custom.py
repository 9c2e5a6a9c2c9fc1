"""Fields that a company adds to its records, and what stands in them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from staff.models.people import User

_KEY = re.compile("cf([0-9]{1,15})")


@pghistory.track()
class CustomField(models.Model):
    """One field: of which records, what it takes, what it is for, who asked for it, and from which stage it is due."""

    class Subject(models.TextChoices):
        COMPANY = "company", _("companies")
        CONTACT = "contact", _("people")
        LEAD = "lead", _("leads")
        DEAL = "deal", _("deals")

    class Kind(models.TextChoices):
        TEXT = "text", _("text")
        NUMBER = "number", _("number")
        MONEY = "money", _("amount of money")
        DATE = "date", _("day")
        CHOICE = "choice", _("choice")
        PERSON = "person", _("colleague")
        YES_NO = "yes_no", _("yes or no")

    subject = models.CharField(_("records"), max_length=8, choices=Subject.choices)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    name_ja = models.CharField(_("name (Japanese)"), max_length=60)
    name_en = models.CharField(_("name (English)"), max_length=60)
    choices = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    purpose = models.CharField(_("what for"), max_length=200)
    owner = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("owner"))
    # The id of a stage of the pipeline, which stands in an app above; none: at any time.
    stage = models.BigIntegerField(_("due from"), null=True, blank=True)
    # Asked by the first form, which does not let a record begin without it.
    is_required = models.BooleanField(_("the first form requires it"), default=False)
    # Why an administrator let the first form require more than five fields.
    override = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["subject", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="choice") | ~Q(choices=[]), name="custom_choice_has_its_choices"
            ),
            models.CheckConstraint(condition=~Q(purpose=""), name="custom_field_has_a_purpose"),
        ]

    def __str__(self) -> str:
        return self.name_en if (get_language() or "ja").startswith("en") else self.name_ja

    @property
    def key(self) -> str:
        """What addresses, criteria and files call it."""
        return f"cf{self.pk}"

    @staticmethod
    def pk_of(key: str) -> int | None:
        """The id in such a key; None for the key of anything else."""
        match = _KEY.fullmatch(key)
        return int(match[1]) if match else None

    @property
    def column(self) -> str:
        """Where its values stand."""
        kinds = self.Kind
        if self.kind in (kinds.NUMBER, kinds.MONEY, kinds.YES_NO):
            return "number"
        return {kinds.DATE: "day", kinds.PERSON: "person"}.get(self.kind, "text")  # type: ignore[call-overload]


@pghistory.track()
class CustomValue(models.Model):
    """What stands in a field of one record. An empty field has no row."""

    field = models.ForeignKey(CustomField, models.PROTECT, related_name="values")
    # One of them holds the value.
    COLUMNS = ("text", "number", "day", "person_id")

    # A plain id: the records stand in the apps above.
    subject_id = models.BigIntegerField()
    text = models.CharField(max_length=1000, null=True)  # noqa: DJ001 - see COLUMNS
    number = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    day = models.DateField(null=True)
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["field", "subject_id"], name="custom_field_has_one_value"),
            models.CheckConstraint(
                condition=Q(text__isnull=False) | Q(number__isnull=False) | Q(day__isnull=False) | Q(person__isnull=False),
                name="custom_value_holds_something",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["field", "text", "subject_id"], name="custom_by_text", condition=Q(text__isnull=False)),
            models.Index(fields=["field", "number", "subject_id"], name="custom_by_number", condition=Q(number__isnull=False)),
            models.Index(fields=["field", "day", "subject_id"], name="custom_by_day", condition=Q(day__isnull=False)),
            models.Index(fields=["field", "person", "subject_id"], name="custom_by_person", condition=Q(person__isnull=False)),
            models.Index(fields=["subject_id", "field"], name="custom_of_record"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.value)

    @property
    def value(self) -> Any:
        """As Python has it: text, whole or broken number, day, person, yes or no."""
        kinds = CustomField.Kind
        if self.field.kind == kinds.YES_NO:
            return self.number == 1
        if self.field.kind == kinds.PERSON:
            return self.person
        found: str | Decimal | date | None = getattr(self, self.field.column)
        return found.normalize() if isinstance(found, Decimal) else found
