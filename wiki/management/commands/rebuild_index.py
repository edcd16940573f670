"""`manage.py rebuild_index`: build the search index anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from wiki.search import index_updates
from wiki.search.engine.index_directory import IndexBusy


class Command(BaseCommand):
    """Beside the old index, which answers until the new one takes its place."""

    help = "Build the search index anew beside the old one, which answers meanwhile."

    def handle(self, *args: Any, **options: Any) -> None:
        """Build with a progress bar."""
        try:
            with tqdm(total=index_updates.count_objects(), unit="object", disable=None) as bar:
                count = index_updates.rebuild(bar.update)
        except IndexBusy as error:
            raise CommandError("The index is being written to by another process: try again in a moment.") from error
        self.stdout.write(f"{count} objects indexed.")
