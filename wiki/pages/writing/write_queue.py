"""The queue of writers before SQLite's lock, which lets only one write at a time and is not fair.

SQLite makes waiting writers sleep and try again: who came first may be overtaken for seconds. So writers of one process
stand in line here, and the first of each process competes for a lock file with those of the others. PostgreSQL has its
own row locks and needs no queue.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wiki.errors import DatabaseBusy, gettext_noop

POLL_SECONDS = 0.002
"""Seconds between two attempts of the first writer of a process to get the lock file."""


LINE_LIMIT = 5
"""Threads in line at most, the writing one included: the others of a server's process stay free for readers."""


class WriteQueue:
    """A line of threads, first come first served, in front of a lock file that all processes use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._line: deque[threading.Event] = deque()

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Wait for one's turn, at most `seconds`, and hold it during the block.

        Raises DatabaseBusy, at once if LINE_LIMIT threads of this process stand in line.
        """
        deadline = time.monotonic() + seconds
        ticket = threading.Event()
        with self._guard:
            if len(self._line) >= LINE_LIMIT:
                raise busy()
            self._line.append(ticket)
            if self._line[0] is ticket:
                ticket.set()
        try:
            if not ticket.wait(seconds):
                raise busy()
            with self._path.open("a") as file:
                while not _try_lock(file.fileno()):
                    if time.monotonic() > deadline:
                        raise busy()
                    time.sleep(POLL_SECONDS)
                yield
        finally:
            with self._guard:
                self._line.remove(ticket)
                if self._line:
                    self._line[0].set()


def busy() -> DatabaseBusy:
    """Return the exception for a write that waited too long."""
    return DatabaseBusy(gettext_noop("The wiki is very busy. Nothing was lost: please save again."))


def _try_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
