"""Work that nobody waits for: done piece by piece by the one worker of an instance, `manage.py work`.

What waits lies in the database (a mark on a row, an outbox), written in the transaction that made it necessary, so that
nothing is lost when a worker is killed. Rooms register their chores in `wiki/apps.py`.
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
"""Seconds between two looks at what waits."""
RETRY_SECONDS = 30.0
"""Seconds for which a chore that failed is left alone."""


class Job(Protocol):
    """One kind of work."""

    name: str

    def run(self) -> bool:
        """Do a piece of what waits, in about a second at most; whether there may be more."""


JOBS: list[Job] = []


def register(chore: Job) -> None:
    """Add a chore (once per name)."""
    if all(known.name != chore.name for known in JOBS):
        JOBS.append(chore)


def run_pending() -> None:
    """Do all that waits, here and now. Errors pass through."""
    more = True
    while more:
        more = False
        for chore in JOBS:
            more = chore.run() or more


def run_until_stopped(stopped: threading.Event) -> None:
    """Do what waits until `stopped` is set. A chore that fails is logged, left alone for a while, and tried again."""
    resting: dict[str, float] = {}
    while not stopped.is_set():
        more = False
        for chore in JOBS:
            if resting.get(chore.name, 0) > time.monotonic():
                continue
            try:
                more = chore.run() or more
            except Exception:
                logger.exception("The chore “%s” failed", chore.name)
                resting[chore.name] = time.monotonic() + RETRY_SECONDS
            if stopped.is_set():
                break
        close_old_connections()
        if not more:
            stopped.wait(POLL_SECONDS)


@contextmanager
def worker_lock(folder: Path) -> Iterator[bool]:
    """Whether this process is the one worker of the instance whose data lie in `folder`; it stays so within."""
    with (folder / "worker.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
