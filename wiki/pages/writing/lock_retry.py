"""Transactions of writers: one after the other on SQLite, and tried again while another program locks the database."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.db import OperationalError, connection, transaction

from wiki.pages.writing.write_queue import WriteQueue, busy

LOCK_SECONDS = 30.0
QUEUE = WriteQueue(settings.DATA / "write.lock")
_T = TypeVar("_T")


def retry_while_locked(act: Callable[[], _T]) -> _T:
    """Run `act` in a transaction, when it is its turn (`write_queue`), and retry it while the database is locked.

    Raises DatabaseBusy after LOCK_SECONDS. Within another transaction there is neither a queue nor a retry.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return _retry(act)
    with QUEUE.turn(LOCK_SECONDS):
        return _retry(act)


def _retry(act: Callable[[], _T]) -> _T:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            with transaction.atomic():
                return act()
        except OperationalError as error:
            if connection.in_atomic_block or not _is_lock(error):
                raise
            if time.monotonic() > deadline:
                raise busy() from error
            time.sleep(random.uniform(0.005, 0.08))  # noqa: S311  not used for security


def _is_lock(error: OperationalError) -> bool:
    """Whether `error` is a lock (SQLite), or a deadlock, serialisation failure or lock timeout (PostgreSQL)."""
    state = getattr(error.__cause__, "sqlstate", None)
    return "locked" in str(error) or state in {"40P01", "40001", "55P03"}
