"""What every import does around its writing: telling how far it is, and leaving the database tidy."""

from __future__ import annotations

from django.db import connection

from wiki.pages.models import Changeset

IMPORTED, MERGED = "import", "merged"
"""Tags of versions that an import made: as the source has it, or merged with what people wrote."""


def finish_import(changeset: Changeset) -> None:
    """Drop a changeset in which nothing was written; let the database look at its new rows.

    Without ANALYZE, SQLite picks a bad index after many inserts.
    """
    if not changeset.versions.exists():
        changeset.delete()
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
