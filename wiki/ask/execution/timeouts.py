"""Time limits of queries, enforced by the database: `statement_timeout` on PostgreSQL, a progress handler on SQLite."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction

from wiki.ask.language.query_ast import DEPTH_LIMIT
from wiki.ask.language.query_errors import AskProblem

TIMEOUT_SECONDS = 2.0
"""Default time limit of one query."""
PROGRESS_STEPS = 10_000
"""Instructions of SQLite's virtual machine between two checks of the clock."""


def clock() -> float:
    """Return the seconds by which queries are measured.

    On SQLite, which computes in this process, a third is CPU time of this thread: a query is not stopped for the
    work of other threads alone, and yet none holds its thread longer than one and a half times its limit.
    """
    if connection.vendor == "postgresql":
        return time.monotonic()
    return (time.thread_time() + 2 * time.monotonic()) / 3


@contextmanager
def statement_timeout(limit: float | None = None) -> Iterator[None]:
    """Stop the database queries of a block after `limit` seconds (None: TIMEOUT_SECONDS).

    Raises AskProblem when they are stopped; the connection stays usable.
    """
    started, seconds = clock(), TIMEOUT_SECONDS if limit is None else limit
    guard = _on_postgres if connection.vendor == "postgresql" else _on_sqlite
    try:
        with guard(started + seconds), connection.execute_wrapper(_DeadlineWrapper(started + seconds, seconds)):
            yield
    except OperationalError as error:
        if "parser stack overflow" in str(error):  # SQLite's: the statement is nested too deep
            raise AskProblem("ask_depth", {"limit": DEPTH_LIMIT}) from error
        if clock() - started < seconds * 0.9:
            raise
        raise AskProblem("ask_too_slow", {"seconds": f"{seconds:.2g}"}) from error


class _DeadlineWrapper:
    """Execute wrapper that checks the clock before each database query."""

    def __init__(self, deadline: float, seconds: float) -> None:
        self.deadline, self.seconds = deadline, seconds

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        """Run the query if there is time left. Raises AskProblem."""
        if clock() > self.deadline:
            raise AskProblem("ask_too_slow", {"seconds": f"{self.seconds:.2g}"})
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
    """Limit each statement, in a transaction or savepoint; the previous limit is restored at the end."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            previous = cursor.fetchone()[0]
            _set_timeout(str(max(1, int((deadline - time.monotonic()) * 1000))))
        yield
        _set_timeout(previous)


def _set_timeout(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [value])
