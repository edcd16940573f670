"""`manage.py rebuild`: rebuild all derived data from the versions."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from wiki.discussions import post_writer
from wiki.linked_data import triple_updates
from wiki.pages.models import WikiPage
from wiki.pages.writing import rebuild_derived, rederivation


class Command(BaseCommand):
    """Rebuild links, rendered pages and page columns from the versions, and posts, while the wiki stays in use."""

    help = "Derive links, rendered pages and page columns again from the versions."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild with a progress bar."""
        with tqdm(total=WikiPage.objects.count(), unit="page", disable=None) as bar:
            count = rebuild_derived.rebuild(bar.update)
        post_writer.render_again()
        rederivation.record_as_current()
        triple_updates.request_new_store()
        self.stdout.write(f"{count} pages derived again from their history.")
