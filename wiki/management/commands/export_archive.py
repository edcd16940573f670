"""`manage.py export_archive "Full title" -o FILE`: a page with its history, pictures and licences."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from wiki.errors import WikiError
from wiki.exchange.archive.exporter import Export
from wiki.pages import page_lookup
from wiki.pages.error_middleware import message_for


@contextmanager
def _bar(export: Export, verbosity: int) -> Iterator[None]:
    """Show the progress of an export."""
    with tqdm(total=export.steps, unit=" versions", disable=verbosity == 0) as bar:

        def on_progress(done: int) -> None:
            bar.update(done)

        export.progress = on_progress
        yield


class Command(BaseCommand):
    """Write the archive of a page into a file."""

    help = "Write a page, with its history, pictures, authors and licences, into an archive (zip)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the title and the output file."""
        parser.add_argument("title", help="full title of the page, as in its address")
        parser.add_argument("-o", "--output", metavar="FILE", help="default: the title as a file name, here")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export the page under a temporary file name, so that a failed export leaves no partial archive."""
        try:
            page = page_lookup.find(options["title"], AnonymousUser())
            if page is None:
                raise CommandError(f"There is no page called «{options['title']}».")
            export = Export(page)
            target = Path(options["output"] or export.file_name)
            unfinished = target.with_name(f"{target.name}.part")
            try:
                with unfinished.open("wb") as file, _bar(export, options["verbosity"]):
                    file.writelines(export)
                os.replace(unfinished, target)
            finally:
                unfinished.unlink(missing_ok=True)
        except WikiError as error:
            raise CommandError(message_for(error)) from error
        except OSError as error:
            raise CommandError(f"The archive cannot be written: {error}") from error
        self.stdout.write(f"{target}: {export.size} bytes, {export.exported.last.number} versions, {export.digest}")
