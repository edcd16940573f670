"""State of background work: tasks of people, what failed and when it is tried again, by which rules data is derived."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from wiki.accounts.models import User


class BackgroundTask(models.Model):
    """Work that a person asked for and the worker does (`wiki.pages.background_tasks`); deleted a week after its end.

    A person has one unfinished task in each lane at most.
    """

    class TaskState(models.TextChoices):
        """How far a task is. A cancelled task may still run until it next reports its progress."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    UNFINISHED = (TaskState.WAITING, TaskState.RUNNING)

    kind = models.CharField(max_length=64)
    lane = models.CharField(max_length=64)
    """Name of the lane in which the worker runs it."""
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    arguments = models.JSONField(default=dict)
    language = models.CharField(max_length=16)
    """Language of its messages."""
    back = models.TextField(blank=True)
    """Address to go back to when it fails: the form, filled in as it was."""
    state = models.CharField(max_length=16, choices=TaskState, default=TaskState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often the worker began it."""
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    """How much is done, of how much: in a unit of its kind. The total is 0 while it is not known."""
    message = models.TextField(blank=True)
    """One sentence in its language: what it does now, or why it failed."""
    error = models.TextField(blank=True)
    """Class and message of an exception that is not for people; administrators see it."""
    result = models.JSONField(default=dict)
    """The fields of `background_tasks.TaskResult`, once it is done."""
    enqueued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    """When it last reported its progress, or began."""
    finished_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["lane", "state"], name="tasks_of_lane")]
        constraints = [
            models.UniqueConstraint(
                fields=["lane", "person"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_unfinished_task_each",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"


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


class OutdatedPage(models.Model):
    """A page whose data is to be derived again, since something else than its text changed what follows from it.

    A page may be waiting several times.
    """

    page = models.ForeignKey("wiki.WikiPage", on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"page {self.page_id}"


class DerivedRevision(models.Model):
    """By which revision of the rules one kind of derived data was made, and how far it is made again."""

    kind = models.CharField(max_length=64, unique=True)
    """Name of the updater."""
    revision = models.PositiveIntegerField()
    pages_done_to = models.PositiveBigIntegerField(default=0)
    """While it is made again: the primary key of the last page that is done."""

    def __str__(self) -> str:
        return f"{self.kind} {self.revision}"
