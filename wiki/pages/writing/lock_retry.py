"""Retrying of transactions while another writer locks the database."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction

from wiki.errors import DatabaseBusy, gettext_noop

LOCK_SECONDS = 30.0
_T = TypeVar("_T")


def retry_while_locked(act: Callable[[], _T]) -> _T:
    """Run `act` in a transaction, and retry it with a random delay while the database is locked.

    Raises DatabaseBusy after LOCK_SECONDS. SQLite's own waiting is unfair to writers that came first, so its timeout is
    short. Within another transaction there is no retry.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            with transaction.atomic():
                return act()
        except OperationalError as error:
            if connection.in_atomic_block or not _is_lock(error):
                raise
            if time.monotonic() > deadline:
                raise DatabaseBusy(
                    gettext_noop("The wiki is very busy. Nothing was lost: please save again.")
                ) from error
            time.sleep(random.uniform(0.005, 0.08))  # noqa: S311  not used for security


def _is_lock(error: OperationalError) -> bool:
    """Whether `error` is a lock (SQLite), or a deadlock, serialisation failure or lock timeout (PostgreSQL)."""
    state = getattr(error.__cause__, "sqlstate", None)
    return "locked" in str(error) or state in {"40P01", "40001", "55P03"}
