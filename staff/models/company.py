from __future__ import annotations

from datetime import date, time
from typing import Any

import pghistory
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
    # ISO dates: days the company is closed beyond weekends and holidays, and days it works all the same.
    closures = models.JSONField(_("closed days"), default=list, blank=True)
    extra_workdays = models.JSONField(_("extra working days"), default=list, blank=True)
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
        )
