"""Background jobs, run in small slices by the single worker of an instance (`manage.py work`).

Quick jobs run one after the other in the worker's main loop. A job that may wait for another machine, or takes long,
is registered in a lane of its own: threads that run its slices, so that it never delays the jobs of other lanes.

Pending work is stored in the database (a column of a row, an outbox) in the same transaction as the change that causes
it, so that nothing is lost when the worker is killed. Packages register their jobs in `wiki/apps.py`.

A job that works on one item after the other runs each through `FailureLog.run`: an item that fails is recorded, tried
again after a growing time, and never stops the others.
"""

from __future__ import annotations

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from django.db import InterfaceError, OperationalError, close_old_connections, connections
from django.utils import timezone

from wiki.errors import DatabaseBusy
from wiki.pages import database_changes
from wiki.pages.task_models import TaskFailure

logger = logging.getLogger(__name__)
POLL_SECONDS = 0.5
"""Seconds between two looks whether anything was written that may be work."""
IDLE_SECONDS = 10.0
"""Seconds after which jobs run though nothing was written: what failed, or waits for an hour, is due by the clock."""
RETRY_SECONDS = 30.0
"""Seconds before a failed job is run again."""
STOP_SECONDS = 5.0
"""Seconds that a worker that is stopped waits for its lanes."""

FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(days=1)
"""Time after which an item that failed is tried again: it doubles from the first to the last."""
DATABASE_ERRORS = (DatabaseBusy, OperationalError, InterfaceError)
"""Errors that are not about the item: the whole job is run again later."""


class FailureLog:
    """The items of one job that failed; loaded once, for one run of the job."""

    def __init__(self, job: str) -> None:
        self.job = job
        self._failures = {row.item: row for row in TaskFailure.objects.filter(job=job)}

    def waiting(self) -> list[str]:
        """Return the items that failed and are not to be tried yet."""
        now = timezone.now()
        return [item for item, row in self._failures.items() if row.next_try_at > now]

    def run(self, item: object, action: Callable[..., object], *arguments: Any) -> bool:
        """Run `action` with its arguments for an item; record and log its exception. Return whether it succeeded.

        Raises DATABASE_ERRORS.
        """
        key = str(item)
        try:
            action(*arguments)
        except DATABASE_ERRORS:
            raise
        except Exception as error:
            logger.exception("The job “%s” failed for %s", self.job, key)
            self.record(key, error)
            return False
        self.forget(key)
        return True

    def due(self) -> list[str]:
        """Return the items that failed and are to be tried again now; each is returned once."""
        now = timezone.now()
        found = [item for item, row in self._failures.items() if row.next_try_at <= now]
        TaskFailure.objects.filter(job=self.job, item__in=found).update(next_try_at=now + FIRST_RETRY)
        return found

    def forget(self, item: str) -> None:
        """Delete the failure of an item that is done now, if there is one."""
        if item in self._failures:
            self._failures.pop(item).delete()

    def record(self, item: str, error: BaseException) -> None:
        """Record that an item failed, and when it is tried again."""
        known = self._failures.get(item)
        attempts = 1 if known is None else known.attempts + 1
        wait = min(FIRST_RETRY * 2 ** min(attempts - 1, 20), LAST_RETRY)
        values = {
            "attempts": attempts,
            "failed_at": timezone.now(),
            "next_try_at": timezone.now() + wait,
            "error": f"{type(error).__name__}: {error}",
        }
        self._failures[item], _ = TaskFailure.objects.update_or_create(job=self.job, item=item, defaults=values)


class Job(Protocol):
    """One kind of background work."""

    name: str

    def run(self) -> bool:
        """Do a slice of the pending work, in at most about a second. Return whether there may be more."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Threads of the worker that run the same jobs, beside all other lanes."""

    name: str
    threads: int = 1
    """Slices of its jobs that run at once; with more than one, `run` of its jobs is called by several threads."""
    poll_seconds: float = POLL_SECONDS
    """Seconds between two polls for pending work."""


MAIN = Lane("main")
"""The lane of the worker's main thread."""
JOBS: list[Job] = []
_LANES: dict[str, Lane] = {}
"""Lanes by name of the job; a job that is not named here runs in MAIN."""
_STOPPED: ContextVar[threading.Event | None] = ContextVar("stopped", default=None)
"""In each thread of a worker: what is set when it has to stop."""


def register(job: Job, lane: Lane = MAIN) -> None:
    """Add a job, once per name."""
    if all(known.name != job.name for known in JOBS):
        JOBS.append(job)
        _LANES[job.name] = lane


def is_stopping() -> bool:
    """Whether the worker that runs the calling job has to stop; False outside a worker."""
    stopped = _STOPPED.get()
    return stopped is not None and stopped.is_set()


def run_pending() -> None:
    """Run all jobs of all lanes, in this thread, until no work is pending. Exceptions of jobs are not caught."""
    more = True
    while more:
        more = False
        for job in JOBS:
            more = job.run() or more


def run_until_stopped(stopped: threading.Event) -> bool:
    """Run all jobs, each lane in threads of its own, until `stopped` is set.

    A failed job is logged, and retried later. Return False if a lane still runs STOP_SECONDS after `stopped`; what it
    does is taken up again by the next worker.
    """
    lanes: dict[Lane, list[Job]] = {}
    for job in JOBS:
        lanes.setdefault(_LANES.get(job.name, MAIN), []).append(job)
    threads = [
        threading.Thread(target=_run_lane, args=(lane, jobs, stopped), name=f"{lane.name} {number}", daemon=True)
        for lane, jobs in lanes.items()
        if lane != MAIN
        for number in range(lane.threads)
    ]
    for thread in threads:
        thread.start()
    _run_jobs(MAIN, lanes.get(MAIN, []), stopped)
    deadline = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0))
    return not any(thread.is_alive() for thread in threads)


def _run_lane(lane: Lane, jobs: Sequence[Job], stopped: threading.Event) -> None:
    """Run the jobs of a lane in a thread of its own, which has its own database connection."""
    try:
        _run_jobs(lane, jobs, stopped)
    finally:
        connections.close_all()


def _run_jobs(lane: Lane, jobs: Sequence[Job], stopped: threading.Event) -> None:
    """Run the jobs of a lane in the calling thread until `stopped` is set."""
    retry_at: dict[str, float] = {}
    token = _STOPPED.set(stopped)
    while not stopped.is_set():
        more, change = False, _last_change()
        for job in jobs:
            if retry_at.get(job.name, 0) > time.monotonic():
                continue
            try:
                more = job.run() or more
            except Exception:
                logger.exception("The job “%s” failed", job.name)
                retry_at[job.name] = time.monotonic() + RETRY_SECONDS
            if stopped.is_set():
                break
        close_old_connections()
        if not more:
            _wait_for_change(lane, change, stopped)
    _STOPPED.reset(token)


def _wait_for_change(lane: Lane, change: object, stopped: threading.Event) -> None:
    """Wait until something was written after `change`, or until work may be due by the clock."""
    deadline = time.monotonic() + max(IDLE_SECONDS, lane.poll_seconds)
    while not stopped.wait(lane.poll_seconds) and time.monotonic() < deadline:
        if change is None or _last_change() != change:
            return


def _last_change() -> object:
    """Return the last change of the database; None if that is not known."""
    try:
        return database_changes.last_change()
    except (OperationalError, InterfaceError):
        return None


@contextmanager
def worker_lock(folder: Path) -> Iterator[bool]:
    """Hold the worker lock of the instance with the data folder `folder`; yield False if another process has it."""
    with (folder / "worker.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
