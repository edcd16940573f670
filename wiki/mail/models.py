"""The table of e-mails that are not sent yet."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class QueuedEmail(models.Model):
    """An e-mail to send. The row, with its addresses and texts, is deleted when it is sent or given up."""

    content = models.JSONField()
    """The parts of the message, as `email_queue` stores them."""
    queued_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now, db_index=True)
    last_error = models.CharField(max_length=500, blank=True)
    """What the last attempt failed with; it may name addresses."""

    def __str__(self) -> str:
        return f"e-mail {self.pk}, {self.attempts} attempts"
