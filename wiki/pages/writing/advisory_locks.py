"""PostgreSQL's advisory locks, held until the transaction ends. SQLite has one writer at a time and needs none."""

from __future__ import annotations

from django.db import connection


def hold_shared(lock: int) -> None:
    """Take a lock that others may share; wait while someone has it alone."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [lock])


def try_exclusive(lock: int) -> bool:
    """Take a lock alone, unless somebody has it: return False then. Never waits."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock])
        return bool(cursor.fetchone()[0])
