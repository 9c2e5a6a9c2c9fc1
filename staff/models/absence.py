from __future__ import annotations

from datetime import date, timedelta

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from staff.models.people import User


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def visible_to(self, user: User) -> AbsenceQuerySet:
        """Everyone of the company may know who is away when; why is written nowhere."""
        return self if user.is_active else self.none()

    def on(self, day: date) -> AbsenceQuerySet:
        return self.filter(first_on__lte=day, last_on__gte=day)


@pghistory.track()
class Absence(models.Model):
    """Days, or halves of days, on which a person does not work."""

    class Part(models.TextChoices):
        DAY = "day", _("all day")
        MORNING = "morning", _("the morning")
        AFTERNOON = "afternoon", _("the afternoon")

    user = models.ForeignKey(User, models.CASCADE, related_name="absences", verbose_name=_("person"))
    first_on = models.DateField(_("from"))
    last_on = models.DateField(_("to"))
    part = models.CharField(_("which part"), max_length=9, choices=Part.choices, default=Part.DAY)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["first_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_on__lte=F("last_on")), name="absence_ends_after_it_begins"
            )
        ]
        indexes = [models.Index(fields=["user", "last_on"], name="absence_of_person")]

    def __str__(self) -> str:
        return f"{self.first_on:%Y-%m-%d} – {self.last_on:%Y-%m-%d}"

    def days(self) -> list[date]:
        return [self.first_on + timedelta(days=n) for n in range((self.last_on - self.first_on).days + 1)]
