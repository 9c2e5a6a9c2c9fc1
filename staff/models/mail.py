from django.db import models
from django.utils import timezone


class Mail(models.Model):
    """A mail to be sent once: `topic` names the occurrence, and the Message-ID comes from the row."""

    to = models.EmailField()
    topic = models.CharField(max_length=160, unique=True)
    subject = models.CharField(max_length=160)
    body = models.TextField()
    # Whom an answer goes to; "" for mail to our own people.
    reply_to = models.EmailField(blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], name="mail_to_send", condition=models.Q(sent_at=None))]

    def __str__(self) -> str:
        return self.subject
