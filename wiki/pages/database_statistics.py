"""Statistics of the tables for SQLite's query planner, which has none unless they are collected.

Without them it tests a range of numbers for each candidate by walking through the whole range. PostgreSQL collects its
own.
"""

from __future__ import annotations

import time

from django.db import connection

from wiki.pages.writing import lock_retry

PERIOD = 3600
"""Seconds between two collections; open connections use the new ones once they are opened anew (CONN_MAX_AGE)."""
ROWS_READ = 1000
"""Rows of each index that are read at most."""


class DatabaseStatisticsJob:
    """The background job that collects statistics at the start of the worker, and every hour."""

    name = "database statistics"

    def __init__(self) -> None:
        self._next = 0.0

    def run(self) -> bool:
        """Collect statistics if it is time. Raises DatabaseBusy."""
        if connection.vendor == "sqlite" and time.monotonic() >= self._next:
            self._next = time.monotonic() + PERIOD
            lock_retry.retry_while_locked(collect)
        return False


def collect() -> None:
    """Collect statistics of all tables of an SQLite database."""
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit = {ROWS_READ}")
        cursor.execute("ANALYZE")
