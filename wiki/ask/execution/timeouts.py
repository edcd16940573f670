"""No question takes longer than it may: the database itself stops."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction

from wiki.ask.language.query_ast import DEPTH_LIMIT
from wiki.ask.language.query_errors import AskProblem

TIMEOUT_SECONDS = 2.0
"""What one question may take."""
PROGRESS_STEPS = 10_000
"""Instructions of SQLite's machine between two looks at the clock."""


def clock() -> float:
    """Seconds that queries are measured in: on SQLite the work of this thread, whatever else the machine does."""
    return time.monotonic() if connection.vendor == "postgresql" else time.thread_time()


@contextmanager
def statement_timeout(limit: float | None = None) -> Iterator[None]:
    """Queries within stop after `limit` seconds (SECONDS). Raises AskProblem then; the connection stays usable."""
    begun, seconds = clock(), TIMEOUT_SECONDS if limit is None else limit
    guard = _on_postgres if connection.vendor == "postgresql" else _on_sqlite
    try:
        with guard(begun + seconds), connection.execute_wrapper(_Clock(begun + seconds, seconds)):
            yield
    except OperationalError as error:
        if "parser stack overflow" in str(error):  # SQLite's: the statement is nested too deep
            raise AskProblem("ask_depth", {"limit": DEPTH_LIMIT}) from error
        if clock() - begun < seconds * 0.9:
            raise
        raise AskProblem("ask_too_slow", {"seconds": f"{seconds:g}"}) from error


class _Clock:
    """Looks at the clock before each query."""

    def __init__(self, deadline: float, seconds: float) -> None:
        self.deadline, self.seconds = deadline, seconds

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        """Run the query while there is time. Raises AskProblem."""
        if clock() > self.deadline:
            raise AskProblem("ask_too_slow", {"seconds": f"{self.seconds:g}"})
        return execute(sql, params, many, context)


@contextmanager
def _on_sqlite(deadline: float) -> Iterator[None]:
    connection.ensure_connection()
    raw = connection.connection
    raw.set_progress_handler(lambda: clock() > deadline, PROGRESS_STEPS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


@contextmanager
def _on_postgres(deadline: float) -> Iterator[None]:
    """A limit on each statement, in a transaction of its own or a savepoint; what was set before is set again."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            before = cursor.fetchone()[0]
            _set_timeout(str(max(1, int((deadline - time.monotonic()) * 1000))))
        yield
        _set_timeout(before)


def _set_timeout(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [value])
