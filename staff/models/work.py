from django.db import models
from django.utils import timezone

from staff.models.people import User


class Submission(models.Model):
    """A form that was sent: the same key again gets the same answer, and nothing happens twice."""

    key = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE)
    path = models.CharField(max_length=200)
    status = models.PositiveSmallIntegerField(default=0)
    target = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.path} {self.key}"


class ScheduleSlot(models.Model):
    """One due time of one job. Whoever inserts the row runs it; an unfinished one is taken over after its lease."""

    job = models.CharField(max_length=80)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "due_at"], name="job_runs_once_a_slot")]

    def __str__(self) -> str:
        return f"{self.job} {self.due_at:%Y-%m-%d %H:%M}"
