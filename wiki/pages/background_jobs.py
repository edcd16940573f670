"""Background jobs, run in small slices by the single worker of an instance (`manage.py work`).

Pending work is stored in the database (a column of a row, an outbox) in the same transaction as the change that causes
it, so that nothing is lost when the worker is killed. Packages register their jobs in `wiki/apps.py`.
"""

from __future__ import annotations

import fcntl
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from django.db import close_old_connections

logger = logging.getLogger(__name__)
POLL_SECONDS = 0.5
"""Seconds between two polls for pending work."""
RETRY_SECONDS = 30.0
"""Seconds before a failed job is run again."""


class Job(Protocol):
    """One kind of background work."""

    name: str

    def run(self) -> bool:
        """Do a slice of the pending work, in at most about a second. Return whether there may be more."""


JOBS: list[Job] = []


def register(job: Job) -> None:
    """Add a job, once per name."""
    if all(known.name != job.name for known in JOBS):
        JOBS.append(job)


def run_pending() -> None:
    """Run all jobs until no work is pending. Exceptions of jobs are not caught."""
    more = True
    while more:
        more = False
        for job in JOBS:
            more = job.run() or more


def run_until_stopped(stopped: threading.Event) -> None:
    """Run all jobs, and poll for more work, until `stopped` is set. A failed job is logged, and retried later."""
    retry_at: dict[str, float] = {}
    while not stopped.is_set():
        more = False
        for job in JOBS:
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
            stopped.wait(POLL_SECONDS)


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
