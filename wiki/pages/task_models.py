"""State of background work: what failed and when it is tried again, and by which rules data is derived."""

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


class DerivedRevision(models.Model):
    """By which revision of the rules one kind of derived data was made, and how far it is made again."""

    kind = models.CharField(max_length=64, unique=True)
    """Name of the updater."""
    revision = models.PositiveIntegerField()
    pages_done_to = models.PositiveBigIntegerField(default=0)
    """While it is made again: the primary key of the last page that is done."""

    def __str__(self) -> str:
        return f"{self.kind} {self.revision}"
