from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from pipeline.models.deal import Deal
from staff.models import Team


class QuarterForecast(models.Model):
    """The latest forecast of a quarter, for the company (`team` empty) or a team: computed by a worker, read by pages.

    It is computed from all deals, so only those who may read everything are shown it.
    """

    class Method(models.TextChoices):
        HISTORY = "history", _("from own history")
        WEIGHTED = "weighted", _("amount × stage probability")

    first_on = models.DateField(help_text=_("the first day of the quarter"))
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+")
    as_of = models.DateField()
    made_at = models.DateTimeField()
    # The newest event that it knows.
    seen_event = models.BigIntegerField()
    method = models.CharField(max_length=8, choices=Method.choices)
    point = models.DecimalField(max_digits=16, decimal_places=0)
    low80 = models.DecimalField(max_digits=16, decimal_places=0)
    high80 = models.DecimalField(max_digits=16, decimal_places=0)
    low50 = models.DecimalField(max_digits=16, decimal_places=0)
    high50 = models.DecimalField(max_digits=16, decimal_places=0)
    won = models.DecimalField(max_digits=16, decimal_places=0)
    unborn = models.DecimalField(max_digits=16, decimal_places=0)
    # What open deals bring, the first stage first: {"stage", "position", "name_ja", "name_en", "amount"}; of the company also
    # {"count"}, and {"gains"}: what winning the ten best of them within the quarter would add to the point.
    by_stage = models.JSONField(default=list)
    # Weekly: [day, point, low80, high80].
    course = models.JSONField(default=list)
    # Past quarters at the same day: [{"quarter", "point", "low80", "high80", "actual"}], oldest first.
    checks = models.JSONField(default=list)

    # Of the company: {"deviation", "deals": [[deal, chance, amount, chance inside, chance beyond, place]]}, the dearest first.
    parts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first_on", "team"], nulls_distinct=False, name="quarter_is_forecast_once"
            ),
            models.CheckConstraint(
                condition=models.Q(low80__lte=models.F("point"), high80__gte=models.F("point")),
                name="forecast_lies_in_its_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_on} {self.team_id or ''} {self.point}"

    @property
    def is_learned(self) -> bool:
        """Whether it comes from the company's own history."""
        return self.method == self.Method.HISTORY

    @property
    def held(self) -> int:
        """How many of the past 80 % ranges held the truth."""
        return sum(check["low80"] <= check["actual"] <= check["high80"] for check in self.checks)

    @property
    def error_percent(self) -> int | None:
        """Mean distance of past forecasts from the truth, in percent of it; None without past forecasts."""
        total = sum(check["actual"] for check in self.checks)
        missed = sum(abs(check["point"] - check["actual"]) for check in self.checks)
        return round(100 * missed / total) if total else None


class WinChance(models.Model):
    """What the latest forecast thinks of one open deal: that it is won by the end of its quarter, and of the next one."""

    deal = models.OneToOneField(Deal, models.CASCADE, primary_key=True, related_name="win_chance")
    this_quarter = models.FloatField()
    next_quarter = models.FloatField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    this_quarter__gte=0, this_quarter__lte=models.F("next_quarter"), next_quarter__lte=1
                ),
                name="win_chance_grows_with_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.deal_id} {self.this_quarter:.2f}"
