"""A cheap look whether anything was written to the database, so that an idle worker does not look for work."""

from __future__ import annotations

from django.db import connection


def last_change() -> object:
    """Return a value that differs from the one before if anything was committed meanwhile, by whatever process.

    Compare it within one connection only. Raises OperationalError if the database is away.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # data_version counts the commits of other connections, total_changes the rows that this one changed.
            cursor.execute("PRAGMA data_version")
            return cursor.fetchone()[0], connection.connection.total_changes
        cursor.execute("SELECT pg_current_wal_insert_lsn()")
        return cursor.fetchone()[0]
