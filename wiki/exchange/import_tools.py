"""Tags and final steps shared by the imports."""

from __future__ import annotations

from django.db import connection

from wiki.pages.models import Changeset

IMPORTED, MERGED = "import", "merged"
"""Tags of versions written by an import: each has IMPORTED; MERGED as well when local edits were merged in."""


def finish_import(changeset: Changeset) -> None:
    """Delete an empty changeset, or run ANALYZE so that the query planner knows the new rows.

    Without ANALYZE, SQLite picks a bad index after many inserts.
    """
    if not changeset.versions.exists():
        changeset.delete()
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
