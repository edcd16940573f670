"""`manage.py import_archive FILE [--into PLACE] [--title TITLE] [--by NAME]`: import the archive of a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wiki.accounts.models import User
from wiki.errors import TitleTaken, WikiError
from wiki.exchange.archive.importer import ImportTarget, import_archive
from wiki.pages.error_middleware import message_for


class Command(BaseCommand):
    """Import the archive of a page."""

    help = "Take a page in from an archive (zip), with its history, authors, pictures and licence."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file and the target page."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--into", metavar="PLACE", default="", help="the place that the page is to live in")
        parser.add_argument("--title", default="", help="another title (by default the archive's own)")
        parser.add_argument("--by", metavar="NAME", help="the account that imports (by default none)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the archive and print the result. Raises CommandError."""
        by = User.objects.filter(username=options["by"]).first() if options["by"] else None
        if options["by"] and by is None:
            raise CommandError(f"There is no account called «{options['by']}».")

        def on_step(step: str) -> None:
            if options["verbosity"]:
                self.stderr.write(f"{step} ...")

        try:
            with options["file"].open("rb") as file:
                result = import_archive(file, by, ImportTarget(options["title"], options["into"]), on_step)
        except TitleTaken as error:
            raise CommandError(f"{message_for(error)} (--into, --title)") from error
        except WikiError as error:
            raise CommandError(message_for(error)) from error
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        for old, new in result.renamed.items():
            self.stdout.write(f"Picture «{old}» is another one here: taken in as «{new}».")
        for name in result.cleaned:
            self.stdout.write(f"Picture «{name}» held hidden data, which was taken out.")
        self.stdout.write(
            f"«{result.page.full_title}»: {result.versions} versions, {result.pictures} pictures, {result.digest}"
        )
