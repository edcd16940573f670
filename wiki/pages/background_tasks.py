"""Background tasks: what a person asks for and the worker does, while the browser shows progress (`/tasks/<number>`).

A kind of task is registered in `wiki/apps.py`; each lane (`background_jobs.Lane`) runs the tasks of its kinds. A task
is stored before anything is done, and a person has one unfinished task in a lane. A task that was running when the
worker ended is run again from its beginning, so its function has to bear being run twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext

from wiki.accounts import slow_work
from wiki.accounts.models import User
from wiki.errors import ServerBusy, WikiError, gettext_noop
from wiki.pages import background_jobs
from wiki.pages.background_jobs import DATABASE_ERRORS, Lane
from wiki.pages.error_middleware import message_for
from wiki.pages.task_models import BackgroundTask
from wiki.pages.writing.lock_retry import retry_while_locked

logger = logging.getLogger(__name__)
TaskState = BackgroundTask.TaskState
MAX_ATTEMPTS = 3
"""How often a task is begun when the worker, or the database, ends in the middle of it."""
REPORT_SECONDS = 0.5
"""Seconds between two writes of a task's progress, and between two looks whether it was cancelled."""
KEEP_FINISHED = timedelta(days=7)
GIVEN_UP = gettext_noop("The server was interrupted several times while it worked on this. Please try again later.")
FAULT = gettext_noop("This failed by a fault of the server. Its administrators can see what happened.")


class TaskUnderWay(ServerBusy):
    """The person has an unfinished task in the same lane already."""

    def __init__(self, task: BackgroundTask | None) -> None:
        super().__init__(
            gettext_noop("The server still works on what you asked for before. Please try again in a moment.")
        )
        self.task = task
        """The unfinished task; None if it has ended meanwhile."""


class TaskCancelled(Exception):
    """The person cancelled the task that reports its progress. Functions of tasks let it through."""


class WorkerStopping(Exception):
    """The worker stops; the task that reports its progress is run again by the next one."""


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What a task ends with."""

    address: str = ""
    """Where the browser goes then."""
    message: str = ""
    """What is said there, in the language of the task."""


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A kind of task."""

    name: str
    title: str
    """Message id of the heading of its page."""
    lane: Lane
    run: Callable[[TaskRun], TaskResult]
    """Does the work outside any transaction, in the language of the task.

    A WikiError is the message that the person gets; other exceptions are logged, and shown to administrators.
    """


class TaskRun:
    """A task while it runs, as its function sees it."""

    def __init__(self, task: BackgroundTask) -> None:
        self.arguments: Mapping[str, Any] = task.arguments
        self.person: User = task.person
        self._key = task.pk
        self._next_report = 0.0

    def say(self, message: str) -> None:
        """Store the sentence that says what is done now. Raises as `report_progress`."""
        self._store(message=message)

    def report_progress(self, done: int, total: int) -> None:
        """Store how much is done, of how much (0: not known). Call it often, and outside transactions.

        Raises TaskCancelled, WorkerStopping, DatabaseBusy.
        """
        if background_jobs.is_stopping():
            raise WorkerStopping
        if time.monotonic() >= self._next_report:
            self._store(done=done, total=total)
            self._next_report = time.monotonic() + REPORT_SECONDS

    def _store(self, **values: Any) -> None:
        rows = BackgroundTask.objects.filter(pk=self._key, state=TaskState.RUNNING)
        if not retry_while_locked(lambda: rows.update(heartbeat_at=timezone.now(), **values)):
            raise TaskCancelled


KINDS: dict[str, TaskKind] = {}
_RUNNING: set[int] = set()
"""Primary keys of the tasks that this process runs."""


def register(kind: TaskKind) -> None:
    """Add a kind of task, and the job that runs the tasks of its lane."""
    KINDS[kind.name] = kind
    background_jobs.register(TaskJob(kind.lane), kind.lane)


def enqueue(kind: str, person: User, arguments: Mapping[str, Any], back: str = "") -> BackgroundTask:
    """Store a task for the worker, in the transaction of the caller if there is one; return it.

    `back` is the address of the form it came from, filled in. Raises TaskUnderWay, RateLimitExceeded, DatabaseBusy.
    """
    slow_work.require_budget(f"user:{person.pk}")
    lane = KINDS[kind].lane.name
    language = translation.get_language() or settings.LANGUAGE_CODE
    task = BackgroundTask(kind=kind, lane=lane, person=person, arguments=dict(arguments), language=language, back=back)
    try:
        retry_while_locked(lambda: task.save(force_insert=True))
    except IntegrityError as error:
        unfinished = BackgroundTask.objects.filter(lane=lane, person=person, state__in=BackgroundTask.UNFINISHED)
        raise TaskUnderWay(unfinished.first()) from error
    return task


def cancel(task: BackgroundTask) -> bool:
    """Cancel a task unless it has ended; return whether it was cancelled. Raises DatabaseBusy."""
    rows = BackgroundTask.objects.filter(pk=task.pk, state__in=BackgroundTask.UNFINISHED)
    return bool(retry_while_locked(lambda: rows.update(state=TaskState.CANCELLED, finished_at=timezone.now())))


def retry(task: BackgroundTask) -> bool:
    """Let a failed task be run again; return whether it will be. Raises TaskUnderWay, DatabaseBusy."""
    rows = BackgroundTask.objects.filter(pk=task.pk, state=TaskState.FAILED)
    values = {"state": TaskState.WAITING, "attempts": 0, "message": "", "error": "", "done": 0, "finished_at": None}
    try:
        return bool(retry_while_locked(lambda: rows.update(**values)))
    except IntegrityError as error:
        raise TaskUnderWay(None) from error


class TaskJob:
    """The background job that runs the tasks of a lane, first come first served, one per run."""

    def __init__(self, lane: Lane) -> None:
        self.name = f"tasks: {lane.name}"
        self._lane = lane.name
        self._guard = threading.Lock()

    def run(self) -> bool:
        """Run one task to its end; return whether there was one."""
        task = self._begin()
        if task is None:
            return False
        try:
            if task.attempts > MAX_ATTEMPTS:
                _end(task, TaskState.FAILED, message=_translated(task, GIVEN_UP), error=f"begun {MAX_ATTEMPTS} times")
            else:
                _run(task)
        finally:
            _RUNNING.discard(task.pk)
        return True

    def _begin(self) -> BackgroundTask | None:
        """Mark the first unfinished task that no thread runs as running, and return it.

        One marked as running that this process does not run was left by a worker that ended: there is one at a time.
        """
        unfinished = BackgroundTask.objects.filter(lane=self._lane, state__in=BackgroundTask.UNFINISHED)
        with self._guard:
            task = unfinished.exclude(pk__in=list(_RUNNING)).select_related("person").order_by("pk").first()
            if task is None:
                return None
            _RUNNING.add(task.pk)
        try:
            now = timezone.now()
            values = {"state": TaskState.RUNNING, "attempts": F("attempts") + 1, "started_at": now, "heartbeat_at": now}
            begun = retry_while_locked(lambda: unfinished.filter(pk=task.pk).update(**values))
        except BaseException:
            _RUNNING.discard(task.pk)
            raise
        task.attempts += 1
        if begun:
            return task
        _RUNNING.discard(task.pk)  # it was cancelled just now
        return None


def _run(task: BackgroundTask) -> None:
    """Run a task and store how it ended. Raises DATABASE_ERRORS; the task is run again then."""
    started = time.monotonic()
    try:
        with translation.override(task.language):
            result = KINDS[task.kind].run(TaskRun(task))
    except TaskCancelled:
        pass
    except WorkerStopping:
        _end(task, TaskState.WAITING, attempts=task.attempts - 1)
    except DATABASE_ERRORS:
        _end(task, TaskState.WAITING)
        raise
    except WikiError as error:
        with translation.override(task.language):
            _end(task, TaskState.FAILED, message=message_for(error))
    except Exception as error:
        logger.exception("The task %d (“%s”) failed", task.pk, task.kind)
        _end(task, TaskState.FAILED, message=_translated(task, FAULT), error=f"{type(error).__name__}: {error}")
    else:
        _end(task, TaskState.DONE, result=asdict(result))
    finally:
        slow_work.charge(f"user:{task.person_id}", started)


def _translated(task: BackgroundTask, message: str) -> str:
    with translation.override(task.language):
        return gettext(message)


def _end(task: BackgroundTask, state: TaskState, **values: Any) -> None:
    """Store the state in which a run of a task ended, unless the task was cancelled meanwhile. Raises DatabaseBusy."""
    if state != TaskState.WAITING:
        values["finished_at"] = timezone.now()
    rows = BackgroundTask.objects.filter(pk=task.pk, state=TaskState.RUNNING)
    retry_while_locked(lambda: rows.update(state=state, **values))


class TaskCleanupJob:
    """Background job that deletes tasks KEEP_FINISHED after their end, and what else has expired."""

    name = "old tasks"
    PAUSE_SECONDS = 600.0

    def __init__(self, *cleanups: Callable[[], None]) -> None:
        """`cleanups` delete what tasks of higher layers left."""
        self._cleanups = cleanups
        self._next_at = 0.0

    def run(self) -> bool:
        """Delete what is old, at most every PAUSE_SECONDS; nothing is left to do then."""
        if time.monotonic() >= self._next_at:
            old = BackgroundTask.objects.filter(finished_at__lt=timezone.now() - KEEP_FINISHED)
            if old.exists():
                retry_while_locked(old.delete)
            for clean_up in self._cleanups:
                clean_up()
            self._next_at = time.monotonic() + self.PAUSE_SECONDS
        return False
