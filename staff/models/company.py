from __future__ import annotations

from datetime import date, time
from typing import Any

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.lib import workdays


@pghistory.track()
class CompanyProfile(models.Model):
    """The one company that this installation serves: its name, its year, its working time."""

    name = models.CharField(_("company name"), max_length=120)
    fiscal_start_month = models.PositiveSmallIntegerField(
        _("first month of the fiscal year"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
    )
    opens_at = models.TimeField(_("opens at"), default=time(9))
    closes_at = models.TimeField(_("closes at"), default=time(18))
    lunch_from = models.TimeField(_("lunch from"), null=True, blank=True)
    lunch_to = models.TimeField(_("lunch to"), null=True, blank=True)
    closed_at_year_end = models.BooleanField(_("closed from 12/29 to 1/3"), default=True)
    # Which Saturdays of a month are worked, 1 to 5; until when, if not as long as other days.
    working_saturdays = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("working Saturdays"), default=list, blank=True
    )
    saturday_closes_at = models.TimeField(_("closes on Saturdays at"), null=True, blank=True)
    # ISO dates: days the company is closed beyond weekends and holidays, and days it works all the same.
    closures = models.JSONField(_("closed days"), default=list, blank=True)
    extra_workdays = models.JSONField(_("extra working days"), default=list, blank=True)
    # ISO date → [opens, closes]; and what the company calls its own days.
    half_days = models.JSONField(_("half days"), default=dict, blank=True)
    day_names = models.JSONField(_("names of days"), default=dict, blank=True)
    # A deal about which nobody has written a word gets one nudge instead of reminders.
    nudges_without_memo = models.BooleanField(default=True, db_default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="company_profile_is_one_row")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def load(cls) -> CompanyProfile:
        return cls.objects.get(pk=1)

    @classmethod
    def of(cls, values: dict[str, Any]) -> CompanyProfile:
        """The row again from its values as JSON has them."""
        return cls(**{f.attname: f.to_python(values[f.attname]) for f in cls._meta.concrete_fields})

    def calendar(self) -> workdays.Calendar:
        """Working days and hours of the company, for `crm.lib.workdays`."""
        return workdays.Calendar(
            closures=frozenset(date.fromisoformat(d) for d in self.closures),
            workdays=frozenset(date.fromisoformat(d) for d in self.extra_workdays),
            opens=self.opens_at,
            closes=self.closes_at,
            lunch=(self.lunch_from, self.lunch_to) if self.lunch_from and self.lunch_to else None,
            year_end=self.closed_at_year_end,
            half_days={
                date.fromisoformat(d): (time.fromisoformat(opens), time.fromisoformat(closes))
                for d, (opens, closes) in self.half_days.items()
            },
            saturdays=frozenset(self.working_saturdays),
            saturday_hours=(self.opens_at, self.saturday_closes_at) if self.saturday_closes_at else None,
        )
