"""Writes of versions that are not committed yet, seen by other transactions; PostgreSQL only.

A version may be committed after another one with a greater primary key, so that the greatest key does not show whether
anything was written. Each writing transaction therefore holds a shared advisory lock from before its first key is
assigned until it is committed, and a state is the greatest key together with the transactions that hold the lock.
A lock is released after the commit is visible: what a query finds neither in the locks nor in the keys will get a
greater key. On SQLite, which has one writer at a time, there is nothing to mark.
"""

from __future__ import annotations

from django.db import connection

from wiki.pages.writing import advisory_locks

LOCK_ID = 7_230_109
OPEN_WRITES = (
    "COALESCE((SELECT string_agg(virtualtransaction, ' ') FROM pg_locks WHERE locktype = 'advisory'"  # noqa: S608
    f" AND classid = 0 AND objid = {LOCK_ID} AND objsubid = 1"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())), '')"
)
"""SQL expression: the virtual transaction ids of the open writes, separated by spaces."""


OTHER_WRITES = OPEN_WRITES.replace("AND objsubid = 1", "AND objsubid = 1 AND pid <> pg_backend_pid()")
"""SQL expression: those of other connections."""


def mark() -> None:
    """Mark the current transaction as a write of versions, until it ends; before the versions get primary keys."""
    advisory_locks.hold_shared(LOCK_ID)


def sql() -> str:
    """Return the SQL expression of the open writes in this database."""
    return OPEN_WRITES if connection.vendor == "postgresql" else "''"


def read_last_version() -> tuple[int, frozenset[str]]:
    """Return the greatest primary key of versions, and the open writes of other connections. One query.

    All versions up to the key are committed once none of these writes is open any more.
    """
    writes = OTHER_WRITES if connection.vendor == "postgresql" else "''"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT (SELECT MAX(id) FROM wiki_pageversion), {writes}")  # noqa: S608  no values in it
        last_version, open_writes = cursor.fetchone()
    return last_version or 0, frozenset(open_writes.split())
