"""`manage.py rebuild_index`: rebuild the search index."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from wiki.search import index_updates
from wiki.search.engine.index_directory import IndexBusy


class Command(BaseCommand):
    """Build a new index beside the old one, which stays in use until the new one is complete."""

    help = "Build the search index anew beside the old one, which answers meanwhile."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild with a progress bar. Raises CommandError if another process holds the index lock."""
        try:
            with tqdm(total=index_updates.count_objects(), unit="object", disable=None) as bar:
                count = index_updates.rebuild(bar.update)
        except IndexBusy as error:
            raise CommandError("The index is being written to by another process: try again in a moment.") from error
        self.stdout.write(f"{count} objects indexed.")
