"""What every import does around its writing: telling how far it is, and leaving the database tidy."""

from __future__ import annotations

from django.db import connection

from wiki.pages.models import Batch

IMPORTED, MERGED = "import", "merged"
"""Tags of versions that an import made: as the source has it, or merged with what people wrote."""


def settle(batch: Batch) -> None:
    """Drop a batch in which nothing was written; let the database look at its new rows.

    Without ANALYZE, SQLite picks a bad index after many inserts.
    """
    if not batch.versions.exists():
        batch.delete()
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
