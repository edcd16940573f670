"""Failures of background work, one item at a time: what failed, how often, and when it is tried again."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class TaskFailure(models.Model):
    """An item of a background job that could not be done so far; deleted once it is done."""

    job = models.CharField(max_length=64)
    """Name of the job."""
    item = models.CharField(max_length=255)
    """What the job works on, like a primary key."""
    attempts = models.PositiveIntegerField(default=1)
    failed_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now, db_index=True)
    error = models.TextField()
    """Class and message of the last exception."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "item"], name="one_failure_each")]

    def __str__(self) -> str:
        return f"{self.job} {self.item}: {self.error}"
